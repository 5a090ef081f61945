"""Keras layers without a spatial structure: dense, embedding, and those that only move entries."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from math import prod
from typing import Any

import numpy as np

from lrp.formats.container import quoted
from lrp.formats.keras import fields
from lrp.formats.keras.activations import activate, single
from lrp.formats.keras.build import UNSURE, Builder, Translator, Value, flat
from lrp.formats.keras.config import Call, Spec
from lrp.formats.keras.fields import refuse
from lrp.layers import Add, Affine, Dense, Dropout, Embedding, Flatten, Linear, Multiply, Permute, Reshape, Sigmoid
from lrp.layers.merging import Maximum
from lrp.layers.shape import FeatureMask, Masking, RepeatVector, TokenMask


def as_bias(b: Builder, spec: Spec, size: int) -> Any:
    """The bias array, or None where the layer has none."""
    return b.array(spec, "bias", (size,)) if fields.flag(spec, "use_bias", True) else None


def reject_quantized(b: Builder, spec: Spec) -> None:
    """Layers whose arithmetic is not that of their weights: activations are quantised as they run."""
    policy = spec.config.get("dtype")
    name = policy.get("class_name") if isinstance(policy, dict) else policy
    quantized = isinstance(name, str) and ("quantized" in name.lower() or name in ("int8", "int4", "float8"))
    if quantized or spec.config.get("quantization_config") or spec.config.get("quantization_mode"):
        refuse(spec, "it is quantised: its activations are rounded as it runs; save the model before quantize()")


def _dense(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    x = single(spec, call)
    reject_quantized(b, spec)
    units = fields.integer(spec, "units", high=1 << 31)
    inputs = x.shape[-1] if x.shape else None
    if inputs is None:
        inputs = b.held_shape(spec, "kernel")[0]

    def make() -> Dense:
        kernel = b.array(spec, "kernel", (int(inputs), units))
        rank = spec.config.get("lora_rank")
        if rank and b.has(spec, "lora_kernel_a"):
            rank = fields.integer(spec, "lora_rank")
            alpha = fields.number(spec, "lora_alpha", rank)
            low, high = b.array(spec, "lora_kernel_a", (int(inputs), rank)), b.array(
                spec, "lora_kernel_b", (rank, units)
            )
            kernel = kernel + alpha / rank * (low.astype(np.float64) @ high.astype(np.float64))
        return Dense(kernel, as_bias(b, spec, units))

    node = b.add(spec, name, b.once(spec, "", make), b.native(spec, x))
    return activate(b, spec, b.new(node, mask=x.mask), name, spec.config.get("activation"))


def _einsum_dense(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    """Where the equation multiplies the last axis by a matrix: a dense layer."""
    x = single(spec, call)
    reject_quantized(b, spec)
    equation = str(fields.value(spec, "equation"))
    found = re.fullmatch(r"(\w+|\.\.\.)(\w),(\w)(\w)->(\w+|\.\.\.)(\w)", equation)
    bias_axes = spec.config.get("bias_axes")
    inputs = x.shape[-1]
    same = found and found[1] == found[5] and found[2] == found[3] and found[4] == found[6] not in found[1] + found[2]
    if not found or not same or inputs is None or bias_axes not in (None, found[6]):
        refuse(
            spec, f"equation: expected one such as 'abc,cd->abd' with a bias on the last axis, got {quoted(equation)}"
        )
    units = b.held_shape(spec, "kernel")[-1]

    def make() -> Dense:
        bias = b.array(spec, "bias", (units,)) if bias_axes else None
        return Dense(b.array(spec, "kernel", (int(inputs or 0), units)), bias)

    node = b.add(spec, name, b.once(spec, "", make), b.native(spec, x))
    return activate(b, spec, b.new(node, mask=x.mask), name, spec.config.get("activation"))


def _embedding(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    x = single(spec, call)
    reject_quantized(b, spec)
    size = (fields.integer(spec, "input_dim", high=1 << 31), fields.integer(spec, "output_dim", high=1 << 31))
    if x.origin is not None:
        b.tokens.add(x.origin)
    node = b.native(spec, x)
    mask = None
    if fields.flag(spec, "mask_zero"):
        mask = b.add(spec, f"{name}/mask", TokenMask(0), node)
    layer = b.once(spec, "", lambda: Embedding(b.array(spec, "embeddings", size)))
    return b.new(b.add(spec, name, layer, node), mask=mask)


def _masking(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    node, blank = b.native(spec, single(spec, call)), fields.number(spec, "mask_value", 0.0)
    mask = b.add(spec, f"{name}/mask", FeatureMask(blank), node)
    return b.new(b.add(spec, name, Masking(), node, mask), mask=mask)


def _identity(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    x = single(spec, call)
    return replace(b.each(spec, x, name, Linear()), origin=x.origin)


def _dropout(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    x = single(spec, call)
    return replace(b.each(spec, x, name, Dropout(fields.number(spec, "rate", 0.0))), origin=x.origin)


def _flatten(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    """Keras from 2.1.6 on flattens a channels-first tensor in the order of channels last, if data_format is set."""
    x = single(spec, call)
    order = fields.choice(spec, "data_format", ("channels_first", "channels_last"), "channels_last")
    node = b.moved(spec, x) if order == "channels_first" and len(x.shape) > 1 else b.native(spec, x)
    if not x.shape:
        node = b.add(spec, f"{name}/row", Reshape((1,)), node)
    return replace(b.new(b.add(spec, name, Flatten(), node), mask=UNSURE if x.mask else None), origin=x.origin)


def _reshape(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    x = single(spec, call)
    target = fields.value(spec, "target_shape")
    if not isinstance(target, list) or not all(n is None or (fields.is_integer(n) and n >= -1) for n in target):
        refuse(spec, f"target_shape: expected a list of lengths, got {quoted(target)}")
    return replace(reshaped(b, spec, x, name, target), origin=x.origin)


def reshaped(b: Builder, spec: Spec, x: Value, name: str, target: list[Any]) -> Value:
    """x in another shape; one free length (-1 or None) follows from the others."""
    shape = tuple(-1 if n is None else int(n) for n in target)
    if shape.count(-1) == 1 and None not in x.shape:
        rest = prod(n for n in shape if n != -1)
        total = prod(int(n) for n in x.shape if n is not None)
        shape = tuple(total // rest if n == -1 and rest else n for n in shape)
    node = b.add(spec, name, b.once(spec, f"shape {shape}", lambda: Reshape(shape)), b.native(spec, x))
    return b.new(node, mask=UNSURE if x.mask else None)


def _permute(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    x = single(spec, call)
    dims = fields.value(spec, "dims")
    if not isinstance(dims, list) or not all(map(fields.is_integer, dims)):
        refuse(spec, f"dims: expected a list of axes, got {quoted(dims)}")
    node = b.add(spec, name, b.once(spec, "", lambda: Permute(tuple(dims))), b.native(spec, x))
    return replace(b.new(node, mask=UNSURE if x.mask else None), origin=x.origin)


def _repeat(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    x = single(spec, call)
    times = fields.integer(spec, "n")
    return b.new(b.add(spec, name, b.once(spec, "", lambda: RepeatVector(times)), b.native(spec, x)))


def _maxout(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    """The largest of several dense layers, entry by entry."""
    x = single(spec, call)
    units, count = fields.integer(spec, "units"), fields.integer(spec, "nb_feature")
    inputs = b.held_shape(spec, "W")[1] if len(b.held_shape(spec, "W")) == 3 else 0
    kernel = b.array(spec, "W", (count, inputs, units))
    bias = b.array(spec, "b", (count, units)) if fields.flag(spec, "use_bias", True) else [None] * count
    parts = []
    for k in range(count):
        layer = b.once(spec, f"part {k}", partial(Dense, kernel[k], bias[k]))
        parts.append(b.add(spec, f"{name}/{k}", layer, b.native(spec, x)))
    return b.new(b.add(spec, name, Maximum(), *parts))


def _highway(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    """y = t f(x W + b) + (1 - t) x with the gate t = sigmoid(x W_carry + b_carry)"""
    x = single(spec, call)
    node, size = b.native(spec, x), x.shape[-1]
    if size is None:
        refuse(spec, "expected an input of a fixed length")
    biased = fields.flag(spec, "use_bias", True)

    def dense(which: str) -> Dense:
        return Dense(b.array(spec, f"W{which}", (size, size)), b.array(spec, f"b{which}", (size,)) if biased else None)

    gate = b.add(spec, f"{name}/gate", b.once(spec, "gate", lambda: dense("_carry")), node)
    gate = b.add(spec, f"{name}/gate/sigmoid", Sigmoid(), gate)
    carry = b.add(spec, f"{name}/carry", Affine(np.array(-1.0), np.array(1.0)), gate)
    signal = b.new(b.add(spec, f"{name}/transform", b.once(spec, "", lambda: dense("")), node))
    signal = activate(b, spec, signal, f"{name}/transform", spec.config.get("activation"))
    through = b.add(spec, f"{name}/through", Multiply(), b.native(spec, signal), gate)
    past = b.add(spec, f"{name}/past", Multiply(), node, carry)
    return b.new(b.add(spec, name, Add(), through, past))


def values(call: Call) -> list[Value]:
    """All tensors among the positional arguments."""
    return [x for x in flat(call.args) if isinstance(x, Value)]


AUGMENTATIONS = (
    "RandomFlip", "RandomRotation", "RandomTranslation", "RandomZoom", "RandomContrast", "RandomBrightness",
    "RandomHue", "RandomSaturation", "RandomShear", "RandomPerspective", "RandomInvert", "RandomGrayscale",
    "RandomPosterization", "RandomSharpness", "RandomGaussianBlur", "RandomColorJitter", "RandomColorDegeneration",
    "RandomErasing",
)  # fmt: skip
# layers that do nothing at inference
IDENTITIES = (
    "ActivityRegularization", "Identity", "GaussianNoise", "GaussianDropout", "AlphaDropout", *AUGMENTATIONS,
)  # fmt: skip
TABLE: dict[str, Translator] = {
    "Dense": _dense,
    "EinsumDense": _einsum_dense,
    "Embedding": _embedding,
    "Masking": _masking,
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Permute": _permute,
    "RepeatVector": _repeat,
    "Keras1MaxoutDense": _maxout,
    "Keras1Highway": _highway,
    "Dropout": _dropout,
    **{f"SpatialDropout{d}D": _dropout for d in (1, 2, 3)},
    **{kind: _identity for kind in IDENTITIES},
}
