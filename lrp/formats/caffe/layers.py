"""Caffe's layers that compute: convolution, pooling, normalisation, inner products, activations.

Each function takes (context, layer, bottoms) and returns the tops. Defaults are those of caffe.proto.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lrp.formats.build import Tensor
from lrp.formats.caffe.activations import ELEMENTWISE
from lrp.formats.caffe.net import CaffeLayer
from lrp.formats.caffe.reader_context import Context, LayerReader
from lrp.formats.container import Message
from lrp.layers import (
    LRN,
    Affine,
    AvgPool,
    BatchNorm,
    Conv,
    Dropout,
    Embedding,
    GlobalAvgPool,
    GlobalMaxPool,
    Layer,
    MaxPool,
    Softmax,
)
from lrp.layers.convolution import ConvTranspose

FILLERS = ("weight_filler", "bias_filler", "filler")


def _spatial(
    context: Context, layer: CaffeLayer, m: Message, names: tuple[str, str, str], axes: int, default: int
) -> Any:
    """A setting with one number for each spatial axis: repeated, or by its _h and _w fields."""
    whole, by_h, by_w = names
    values = m.integers(whole)
    if by_h and (by_h in m or by_w in m):
        if values or axes != 2:
            raise m.fail(whole, f"given either as {whole} or as {by_h} and {by_w}, for pictures")
        values = [m.integer(by_h, default), m.integer(by_w, default)]
    if not values:
        values = [default]
    if len(values) not in (1, axes) or min(values) < 0:
        raise m.fail(whole, f"one number, or one for each of {axes} spatial axes")
    return tuple(values * axes if len(values) == 1 else values)


def _kernel(context: Context, layer: CaffeLayer, m: Message, axes: int) -> tuple[Any, Any, Any]:
    """(size, stride, padding) of a convolution or pooling."""
    size = _spatial(context, layer, m, ("kernel_size", "kernel_h", "kernel_w"), axes, 0)
    stride = _spatial(context, layer, m, ("stride", "stride_h", "stride_w"), axes, 1)
    pad = _spatial(context, layer, m, ("pad", "pad_h", "pad_w"), axes, 0)
    if min(size) < 1 or min(stride) < 1:
        raise context.fail(layer, f"expected a kernel and a stride of at least 1, got {size} and {stride}")
    return size, stride, pad


def _convolution(context: Context, layer: CaffeLayer, xs: list[Tensor]) -> list[Tensor]:
    """Convolution, blob 0 (out, in/group, *kernel), Deconvolution, blob 0 (in, out/group, *kernel); blob 1 (out)."""
    m = layer.settings(
        "convolution_param",
        *(
            "num_output",
            "bias_term",
            "pad",
            "kernel_size",
            "stride",
            "dilation",
            "pad_h",
            "pad_w",
            "kernel_h",
            "kernel_w",
        ),
        *("stride_h", "stride_w", "group", "axis", "force_nd_im2col", *FILLERS),
    )
    transposed = layer.kind == "Deconvolution"
    tops, made = [], None
    for x in xs:
        axes = x.rank - 2
        if axes < 1 or context.axis(layer, m.integer("axis", 1), x) != 1:
            raise context.fail(layer, f"expected channels on axis 1 and spatial axes behind them, got shape {x.shape}")
        size, stride, pad = _kernel(context, layer, m, axes)
        dilation = _spatial(context, layer, m, ("dilation", "", ""), axes, 1)
        group, out, channels = m.integer("group", 1), m.integer("num_output", 0), context.length(layer, x, 1)
        if group < 1 or out < 1 or channels % group or out % group:
            raise context.fail(layer, f"expected a group that divides {channels} and {out} channels, got {group}")
        shape = (channels, out // group, *size) if transposed else (out, channels // group, *size)
        weight = context.blob(layer, 0, shape).transpose(*range(2, axes + 2), 1, 0)
        bias = context.blob(layer, 1, (out,)) if m.flag("bias_term", True) else None
        common: dict[str, Any] = {"stride": stride, "padding": pad, "dilation": dilation, "groups": group}
        kind: type[Layer] = ConvTranspose if transposed else Conv
        made = made or context.builder.make(layer.name, kind, weight=weight, bias=bias, **common)
        tops.append(context.builder.add(layer.name, made, context.builder.last(x)))
    return tops


def _inner_product(context: Context, layer: CaffeLayer, xs: list[Tensor]) -> list[Tensor]:
    """InnerProduct: the axes from `axis` on in one row, C, H, W; blob 0 (out, in), or (in, out) with transpose."""
    m = layer.settings("inner_product_param", "num_output", "bias_term", "axis", "transpose", *FILLERS)
    x, out = context.one(layer, xs), m.integer("num_output", 0)
    axis = context.axis(layer, m.integer("axis", 1), x)
    count = math.prod(context.length(layer, x, i) for i in range(axis, x.rank))
    if axis < x.rank - 1:
        before = tuple(context.length(layer, x, i) for i in range(1, axis))
        x = context.builder.reshaped(f"{layer.name}_flat", x, (*before, count))
    transposed = m.flag("transpose", False)
    weight = context.blob(layer, 0, (count, out) if transposed else (out, count))
    bias = context.blob(layer, 1, (out,)) if m.flag("bias_term", True) else None
    return [context.builder.dense(layer.name, x, weight if transposed else weight.T, bias)]


def _pooling(context: Context, layer: CaffeLayer, xs: list[Tensor]) -> list[Tensor]:
    """Pooling rounds up; MAX ignores padding, AVE counts it, but not what hangs over the padded picture."""
    m = layer.settings(
        "pooling_param",
        *("pool", "pad", "pad_h", "pad_w", "kernel_size", "kernel_h", "kernel_w", "stride", "stride_h", "stride_w"),
        *("global_pooling", "round_mode", "ceil_mode"),
    )
    x = context.one(layer, xs)
    method = m.choice("pool", "MAX", "MAX", "AVE", "STOCHASTIC")
    if method == "STOCHASTIC":
        raise context.fail(layer, "stochastic pooling is not read")
    last = context.builder.last(x)
    if x.rank != 4:
        raise context.fail(layer, f"expected pictures (n, c, h, w), got shape {x.shape}")
    if m.flag("global_pooling", False):
        if any(name in m for name in ("kernel_size", "kernel_h", "kernel_w")):
            raise context.fail(layer, "expected no kernel size with global pooling")
        whole = GlobalMaxPool(keepdims=True) if method == "MAX" else GlobalAvgPool(keepdims=True)
        return [context.builder.add(layer.name, whole, last)]
    size, stride, pad = _kernel(context, layer, m, 2)
    ceil = m.choice("round_mode", "CEIL", "CEIL", "FLOOR") == "CEIL" and m.flag("ceil_mode", True)
    for axis, (k, step) in enumerate(zip(size, stride, strict=True), start=2):
        length = context.length(layer, x, axis)
        if ceil and not any(pad) and -(-(length - k) // step) * step >= length > k:
            raise context.fail(layer, f"its last window lies outside of the picture {x.shape}, where it has no value")
    common = {"size": size, "stride": stride, "padding": pad, "ceil": ceil}
    if method == "AVE":
        common["count_padding"] = True
    pool = context.builder.make(layer.name, MaxPool if method == "MAX" else AvgPool, **common)
    return [context.builder.add(layer.name, pool, last)]


def _lrn(context: Context, layer: CaffeLayer, xs: list[Tensor]) -> list[Tensor]:
    """LRN over the channels, or within each; there k is 1 whatever the prototxt says."""
    m = layer.settings("lrn_param", "local_size", "alpha", "beta", "norm_region", "k")
    within = m.choice("norm_region", "ACROSS_CHANNELS", "ACROSS_CHANNELS", "WITHIN_CHANNEL") == "WITHIN_CHANNEL"
    size = m.integer("local_size", 5)
    if size % 2 == 0:
        raise context.fail(layer, f"expected an odd local_size, got {size}")
    lrn = context.builder.make(
        layer.name,
        LRN,
        size=size,
        alpha=m.number("alpha", 1.0),
        beta=m.number("beta", 0.75),
        k=1.0 if within else m.number("k", 1.0),
        within_channel=within,
    )
    return [context.builder.add(layer.name, lrn, context.builder.last(context.one(layer, xs)))]


def _batch_norm(context: Context, layer: CaffeLayer, xs: list[Tensor]) -> list[Tensor]:
    """BatchNorm: blobs mean s, variance s and s, without gamma and beta; with s = 0 mean and variance are 0."""
    m = layer.settings("batch_norm_param", "use_global_stats", "moving_average_fraction", "eps")
    if not m.flag("use_global_stats", True):
        raise context.fail(
            layer, "use_global_stats: false normalises by the batch at hand; only stored statistics are read"
        )
    x = context.one(layer, xs)
    channels = context.length(layer, x, 1)
    s = float(context.blob(layer, 2, (1,))[0])
    factor = 0.0 if s == 0 else 1 / s
    norm = context.builder.make(
        layer.name,
        BatchNorm,
        mean=context.blob(layer, 0, (channels,)) * factor,
        variance=context.blob(layer, 1, (channels,)) * factor,
        epsilon=m.number("eps", 1e-5),
    )
    return [context.builder.add(layer.name, norm, context.builder.last(x))]


def _dropout(context: Context, layer: CaffeLayer, xs: list[Tensor]) -> list[Tensor]:
    """Dropout: the identity at test time; with scale_train: false (some forks) the test scales by 1 - ratio."""
    m = layer.settings("dropout_param", "dropout_ratio", "scale_train")
    ratio = m.number("dropout_ratio", 0.5)
    kind: Layer = Dropout(ratio) if m.flag("scale_train", True) else Affine(np.array(1 - ratio))
    return [context.builder.add(layer.name, kind, context.one(layer, xs))]


def _softmax(context: Context, layer: CaffeLayer, xs: list[Tensor]) -> list[Tensor]:
    m = layer.settings("softmax_param", "axis")
    x = context.builder.plain(context.one(layer, xs))
    axis = context.axis(layer, m.integer("axis", 1), x)
    return [context.builder.add(layer.name, Softmax(-1 if axis == x.rank - 1 else axis), x)]


def _embed(context: Context, layer: CaffeLayer, xs: list[Tensor]) -> list[Tensor]:
    """Embed: blob 0 (input_dim, num_output), blob 1 (num_output)."""
    m = layer.settings("embed_param", "num_output", "input_dim", "bias_term", *FILLERS)
    x, out = context.builder.plain(context.one(layer, xs)), m.integer("num_output", 0)
    embedding = context.builder.make(
        layer.name, Embedding, weight=context.blob(layer, 0, (m.integer("input_dim", 0), out))
    )
    y = context.builder.add(layer.name, embedding, x, axes=tuple(range(x.rank + 1)))
    if not m.flag("bias_term", True):
        return [y]
    bias = context.builder.make(layer.name, Affine, weight=np.ones(()), bias=context.blob(layer, 1, (out,)))
    return [context.builder.add(f"{layer.name}_bias", bias, y)]


LAYERS: dict[str, LayerReader] = {
    "Convolution": _convolution,
    "Deconvolution": _convolution,
    "InnerProduct": _inner_product,
    "Pooling": _pooling,
    "LRN": _lrn,
    "BatchNorm": _batch_norm,
    "Dropout": _dropout,
    "Softmax": _softmax,
    "Embed": _embed,
    **ELEMENTWISE,
}
