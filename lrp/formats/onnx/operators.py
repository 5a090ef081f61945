"""ONNX operators that become layers with weights or windows: convolution, products, pooling, normalisation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from lrp.formats.build import Tensor
from lrp.formats.build import operations as op
from lrp.formats.onnx.constant_folding import axes_of
from lrp.formats.onnx.reader_context import Operator, Reader, Scope, Value
from lrp.layers import LRN, Conv, Dense, Embedding, Softmax
from lrp.layers.activations import LogSoftmax
from lrp.layers.attention import MatMul
from lrp.layers.normalization import GroupNorm, LayerNorm


def _windows(s: Scope, node: Operator, x: Tensor, size: Sequence[int]) -> dict[str, Any]:
    """stride, padding and dilation, auto_pad resolved."""
    axes = len(size)
    op.spatial_axes(s.builder, node.name, x, axes)
    stride = [int(v) for v in node.get("strides", [1] * axes)]
    dilation = [int(v) for v in node.get("dilations", [1] * axes)]
    pads = [int(v) for v in node.get("pads", [0] * 2 * axes)]
    if not len(stride) == len(dilation) == axes or len(pads) != 2 * axes or min(stride + dilation + [*size]) < 1:
        raise s.fail(node, f"expected strides, dilations and pads for {axes} axes, got {stride}, {dilation} and {pads}")
    padding: Any = list(zip(pads[:axes], pads[axes:]))
    automatic = node.get("auto_pad", "NOTSET")
    if automatic == "SAME_UPPER":
        padding = "same"
    elif automatic == "SAME_LOWER":
        padding = []
        for i, (k, t, d) in enumerate(zip(size, stride, dilation)):
            length = op.known(s.builder, node.name, x, i + 2)
            missing = max((-(-length // t) - 1) * t + (k - 1) * d + 1 - length, 0)
            padding.append((missing - missing // 2, missing // 2))
    elif automatic == "VALID":
        padding = "valid"
    elif automatic != "NOTSET":
        raise s.fail(node, f"auto_pad {automatic} is not known")
    return {"stride": stride, "padding": padding, "dilation": dilation}


def _conv(s: Scope, node: Operator, xs: list[Value | None]) -> Tensor:
    x, weight = s.tensor(node, xs[0]), s.constant(node, xs[1], "the kernel")
    bias = s.optional(node, xs, 2, "the bias")
    geometry = _windows(s, node, x, weight.shape[2:])
    return op.conv(s.builder, node.name, x, weight, bias, groups=int(node.get("group", 1)), **geometry)


def _conv_transpose(s: Scope, node: Operator, xs: list[Value | None]) -> Tensor:
    x, weight = s.tensor(node, xs[0]), s.constant(node, xs[1], "the kernel")
    axes = weight.ndim - 2
    if node.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID") or node.get("output_shape") is not None:
        raise s.fail(node, "padding given by auto_pad or output_shape is not read; export with pads")
    geometry = _windows(s, node, x, weight.shape[2:])
    padding = [(0, 0)] * axes if geometry["padding"] == "valid" else geometry["padding"]
    extra = [int(v) for v in node.get("output_padding", [0] * axes)]
    return op.conv_transpose(
        s.builder,
        node.name,
        x,
        weight,
        s.optional(node, xs, 2, "the bias"),
        **(geometry | {"padding": padding, "extra": extra, "groups": int(node.get("group", 1))}),
    )


def _gemm(s: Scope, node: Operator, xs: list[Value | None]) -> Tensor:
    """alpha A B + beta C, A and B transposed on demand."""
    x, weight = s.tensor(node, xs[0]), s.constant(node, xs[1], "B")
    if node.get("transA", 0) or x.rank != 2 or weight.ndim != 2:
        raise s.fail(node, f"expected rows (n, features) times a constant matrix, got {x.shape} and {weight.shape}")
    weight = (weight.T if node.get("transB", 0) else weight) * float(node.get("alpha", 1.0))
    bias = s.optional(node, xs, 2, "C")
    if bias is not None:
        bias = bias * float(node.get("beta", 1.0))
        if bias.size not in (1, weight.shape[1]) or bias.ndim > 1 and bias.shape[0] != 1:
            raise s.fail(node, f"expected one number an output in C, got shape {bias.shape}")
        bias = np.broadcast_to(bias.ravel(), weight.shape[1:]).copy()
    return s.builder.dense(node.name, x, weight, bias)


def _matmul(s: Scope, node: Operator, xs: list[Value | None]) -> Tensor:
    """x W with a constant matrix is a dense layer; of two computed values, their product over the last two axes."""
    if isinstance(xs[0], Tensor) and isinstance(xs[1], Tensor):
        a, b = s.builder.plain(xs[0]), s.builder.plain(xs[1])
        return s.builder.add(node.name, MatMul(), a, b, axes=tuple(range(a.rank)))
    weight = s.constant(node, xs[1], "the matrix on the right")
    if weight.ndim != 2:
        raise s.fail(node, f"expected a constant matrix, got shape {weight.shape}")
    return s.builder.dense(node.name, s.tensor(node, xs[0]), weight, None)


def with_bias(s: Scope, node: Operator, x: Tensor, numbers: Any) -> Tensor | None:
    """x + numbers where x comes from a kernel without bias: that layer with this bias; else None."""
    below = s.builder.node(x)
    if not isinstance(below.layer, (Dense, Conv)) or below.layer.bias is not None:
        return None
    bias = s.builder.constant(node.name, x, numbers)
    if bias.shape != below.layer.weight.shape[-1:]:
        return None
    sources = [Tensor(name, x.shape, x.axes) for name in below.inputs]
    return s.builder.add(below.name, replace(below.layer, bias=bias), *sources, axes=x.axes)


def _batch_norm(s: Scope, node: Operator, xs: list[Value | None]) -> Tensor:
    if node.get("training_mode", 0) or any(node.used[1:]) or not node.get("spatial", 1):
        raise s.fail(node, "statistics of the batch at hand are not read; export the model in its evaluation mode")
    names = ("gamma", "beta", "mean", "variance")
    arrays = {name: s.constant(node, xs[i + 1], name) for i, name in enumerate(names)}
    return op.batch_norm(
        s.builder, node.name, s.tensor(node, xs[0]), epsilon=float(node.get("epsilon", 1e-5)), **arrays
    )


def _pool(s: Scope, node: Operator, xs: list[Value | None]) -> Tensor:
    x, size = s.tensor(node, xs[0]), [int(k) for k in node.get("kernel_shape", [])]
    if not size or any(node.used[1:]):
        raise s.fail(node, "expected a kernel_shape, and the positions of the largest entries not to be used")
    geometry = _windows(s, node, x, size)
    if set(geometry.pop("dilation")) != {1}:
        raise s.fail(node, "pooling with dilation is not read")
    geometry |= {"size": size, "ceil": bool(node.get("ceil_mode", 0))}
    if node.kind == "MaxPool":
        return op.max_pool(s.builder, node.name, x, **geometry)
    counted = bool(node.get("count_include_pad", 0))
    return op.average_pool(s.builder, node.name, x, count_padding=counted, **geometry)


def _global_pool(s: Scope, node: Operator, xs: list[Value | None]) -> Tensor:
    return op.global_pool(s.builder, node.name, s.tensor(node, xs[0]), node.kind == "GlobalMaxPool")


def _reduce(s: Scope, node: Operator, xs: list[Value | None]) -> Tensor:
    """Mean, sum or largest over axes of a sample."""
    x = s.tensor(node, xs[0])
    given = axes_of(xs, node.attributes)
    axes = sorted(s.axis(node, a, x) for a in (given or []))
    if not axes:
        raise s.fail(node, "expected the axes to reduce, got none (the samples' axis cannot be reduced)")
    keep = bool(node.get("keepdims", 1))
    if node.kind == "ReduceMax":
        if axes != list(range(2, x.rank)):
            raise s.fail(node, f"expected all axes behind the channels, got {axes} of {x.shape}")
        return op.global_pool(s.builder, node.name, x, largest=True, keep=keep)
    if node.kind == "ReduceMean":
        return op.mean(s.builder, node.name, x, axes, keep)
    count = np.prod([op.known(s.builder, node.name, x, a) for a in axes])
    mean = op.mean(s.builder, f"{node.name}_mean", x, axes, keep)
    return op.affine(s.builder, node.name, mean, np.array(float(count)))


def _softmax(s: Scope, node: Operator, xs: list[Value | None]) -> Tensor:
    """Before operator set 13 over all axes from `axis` on, and axis 1 by default."""
    x = s.tensor(node, xs[0])
    axis = s.axis(node, int(node.get("axis", -1 if node.opset >= 13 else 1)), x)
    if node.opset < 13 and axis != x.rank - 1:
        behind = x.shape[axis + 1 :]
        if set(behind) != {1}:
            raise s.fail(
                node, f"over the axes {axis} to {x.rank - 1} at once is not read; export with operator set 13 or later"
            )
    return op.softmax(s.builder, node.name, x, axis, Softmax if node.kind == "Softmax" else LogSoftmax)


def _lrn(s: Scope, node: Operator, xs: list[Value | None]) -> Tensor:
    numbers = (float(node.get(name, default)) for name, default in (("alpha", 1e-4), ("beta", 0.75), ("bias", 1.0)))
    alpha, beta, k = numbers
    size = int(node.get("size", 0))
    layer = s.builder.make(node.name, LRN, size=size, alpha=alpha, beta=beta, k=k)
    return s.builder.add(node.name, layer, s.builder.last(s.tensor(node, xs[0])))


def _layer_norm(s: Scope, node: Operator, xs: list[Value | None]) -> Tensor:
    x = s.builder.plain(s.tensor(node, xs[0]))
    if any(node.used[1:]):
        raise s.fail(node, "its statistics as outputs are not read")
    axis = s.axis(node, int(node.get("axis", -1)), x)
    shape = tuple(op.known(s.builder, node.name, x, a) for a in range(axis, x.rank))
    arrays = [s.optional(node, xs, i, "its weights") for i in (1, 2)]
    gamma, beta = (None if a is None else np.broadcast_to(a, shape).copy() for a in arrays)
    layer = s.builder.make(
        node.name, LayerNorm, ndim=len(shape), gamma=gamma, beta=beta, epsilon=float(node.get("epsilon", 1e-5))
    )
    return s.builder.add(node.name, layer, x)


def _group_norm(s: Scope, node: Operator, xs: list[Value | None]) -> Tensor:
    """GroupNormalization, and InstanceNormalization: a group for each channel."""
    x = s.tensor(node, xs[0])
    channels = op.known(s.builder, node.name, x, 1)
    groups = channels if node.kind == "InstanceNormalization" else int(node.get("num_groups", 1))
    gamma, beta = (s.constant(node, xs[i], "its weights") for i in (1, 2))
    if len(gamma) == groups != channels:  # operator set 18 had one number a group
        gamma, beta = (np.repeat(a, channels // groups) for a in (gamma, beta))
    layer = s.builder.make(
        node.name, GroupNorm, groups=groups, gamma=gamma, beta=beta, epsilon=float(node.get("epsilon", 1e-5))
    )
    return s.builder.add(node.name, layer, s.builder.last(x))


def embedding(s: Scope, node: Operator, table: Any, tokens: Tensor) -> Tensor:
    """Rows of a constant table, picked by token numbers."""
    x = s.builder.plain(tokens)
    layer = s.builder.make(node.name, Embedding, weight=table)
    return s.builder.add(node.name, layer, x, axes=tuple(range(x.rank + 1)))


OPERATORS: dict[str, Reader] = {
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "Gemm": _gemm,
    "MatMul": _matmul,
    "BatchNormalization": _batch_norm,
    "MaxPool": _pool,
    "AveragePool": _pool,
    "GlobalAveragePool": _global_pool,
    "GlobalMaxPool": _global_pool,
    "ReduceMean": _reduce,
    "ReduceSum": _reduce,
    "ReduceMax": _reduce,
    "Softmax": _softmax,
    "LogSoftmax": _softmax,
    "LRN": _lrn,
    "LayerNormalization": _layer_norm,
    "GroupNormalization": _group_norm,
    "InstanceNormalization": _group_norm,
}
