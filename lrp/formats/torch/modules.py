"""PyTorch's modules by name, their settings with PyTorch's own defaults, for the architecture JSON."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.formats.build import Assembly, Entry, EntryReader, Tensor
from lrp.formats.build import operations as op
from lrp.formats.torch.activations import ACTIVATIONS, axis, single
from lrp.formats.torch.recurrent import RECURRENT
from lrp.layers import (
    Dropout,
    Embedding,
    Layer,
    Linear,
)
from lrp.layers.merging import Maximum, Minimum, Subtract
from lrp.layers.normalization import GroupNorm, LayerNorm


def _linear(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
    """weight (out, in), on the last axis."""
    return a.builder.dense(e.name, single(e, xs), a.need(e, "weight", 2).T, a.may(e, "bias"))


def _padding(e: Entry, axes: int) -> Any:
    """Numbers, or "valid", or "same" (torch puts the odd one behind, as this package does)."""
    if isinstance(e.settings.get("padding"), str):
        word = e.text("padding")
        if word not in ("same", "valid"):
            raise e.fail(f"expected padding to be 'same', 'valid' or numbers, got {word!r}")
        return word
    return e.spatial("padding", axes, 0)


def _zeros_only(e: Entry) -> None:
    if e.text("padding_mode", "zeros") != "zeros":
        raise e.fail("padding other than with zeros is not read")


def _conv(axes: int) -> EntryReader:
    def read(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
        _zeros_only(e)
        weight = a.need(e, "weight", axes + 2)
        geometry = {
            "stride": e.spatial("stride", axes, 1),
            "padding": _padding(e, axes),
            "dilation": e.spatial("dilation", axes, 1),
            "groups": e.integer("groups", 1),
        }
        return op.conv(a.builder, e.name, single(e, xs), weight, a.may(e, "bias"), **geometry)

    return read


def _conv_transpose(axes: int) -> EntryReader:
    def read(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
        _zeros_only(e)
        weight = a.need(e, "weight", axes + 2)
        geometry = {
            "stride": e.spatial("stride", axes, 1),
            "padding": e.spatial("padding", axes, 0),
            "extra": e.spatial("output_padding", axes, 0),
            "dilation": e.spatial("dilation", axes, 1),
            "groups": e.integer("groups", 1),
        }
        return op.conv_transpose(a.builder, e.name, single(e, xs), weight, a.may(e, "bias"), **geometry)

    return read


def batch_norm(mean: str, variance: str, gamma: str, beta: str, epsilon: float) -> EntryReader:
    """Batch normalisation with stored statistics; the arguments: names of the arrays, and the default of eps."""

    def read(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
        return op.batch_norm(
            a.builder,
            e.name,
            single(e, xs),
            mean=a.need(e, mean, 1),
            variance=a.need(e, variance, 1),
            gamma=a.may(e, gamma),
            beta=a.may(e, beta),
            epsilon=e.number("eps", epsilon),
        )

    return read


def _pool(axes: int, largest: bool) -> EntryReader:
    def read(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
        size = e.spatial("kernel_size", axes, None)
        geometry: dict[str, Any] = {
            "size": size,
            "stride": e.spatial("stride", axes, size),
            "padding": e.spatial("padding", axes, 0),
            "ceil": e.flag("ceil_mode", False),
        }
        op.spatial_axes(a.builder, e.name, single(e, xs), axes)
        if any(2 * p > k for p, k in zip(geometry["padding"], size, strict=True)):
            raise e.fail(f"expected padding of at most half the window {size}, got {geometry['padding']}")
        if largest:
            if set(e.spatial("dilation", axes, 1)) != {1}:
                raise e.fail("pooling with dilation is not read")
            return op.max_pool(a.builder, e.name, xs[0], **geometry)
        if e.given("divisor_override"):
            raise e.fail("divisor_override is not read")
        return op.average_pool(a.builder, e.name, xs[0], count_padding=e.flag("count_include_pad", True), **geometry)

    return read


def _adaptive(axes: int, largest: bool) -> EntryReader:
    def read(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
        wanted = e.spatial("output_size", axes, None)
        return op.adaptive_pool(a.builder, e.name, single(e, xs), wanted, largest)

    return read


def _flatten(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
    x = single(e, xs)
    first, end = (axis(e, x, e.integer(name, d)) for name, d in (("start_dim", 1), ("end_dim", -1)))
    lengths = [op.known(a.builder, e.name, x, i) for i in range(1, x.rank)]
    shape = (*lengths[: first - 1], math.prod(lengths[first - 1 : end]), *lengths[end:])
    return x if first >= end else a.builder.reshaped(e.name, x, shape)


def _reshape(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
    """shape: one sample's, the samples not counted."""
    return a.builder.reshaped(e.name, single(e, xs), e.integers("shape"))


def _permute(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
    x, dims = single(e, xs), e.integers("dims")
    if sorted(dims) != list(range(x.rank)) or dims[0] != 0:
        raise e.fail(f"expected each of 0..{x.rank - 1} once with 0, the samples, first; got {dims}")
    return a.builder.renamed(x, dims)


def _concat(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
    return op.concat(a.builder, e.name, xs, axis(e, xs[0], e.integer("dim", 1)))


def merge(layer: type[Layer] | None = None) -> EntryReader:
    """An entrywise merge of two or more inputs."""

    def read(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
        if len(xs) < 2:
            raise e.fail(f"expected two or more inputs, got {len(xs)}")
        return op.add(a.builder, e.name, xs, None if layer is None else layer())

    return read


def _multiply(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
    return op.multiply(a.builder, e.name, xs)


def _mean(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
    x = single(e, xs)
    return op.mean(a.builder, e.name, x, [axis(e, x, d) for d in e.integers("dim")], e.flag("keepdim", False))


def _dropout(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
    e.used.add("inplace")
    return a.builder.add(e.name, Dropout(e.number("p", 0.5)), single(e, xs))


def _identity(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
    return a.builder.add(e.name, Linear(), single(e, xs))


def _embedding(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
    x = a.builder.plain(single(e, xs))
    layer = a.builder.make(e.name, Embedding, weight=a.need(e, "weight", 2))
    return a.builder.add(e.name, layer, x, axes=tuple(range(x.rank + 1)))


def _zero_pad(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
    """padding: (left, right, top, bottom ...), from the last axis on, or one number."""
    x = single(e, xs)
    axes = op.spatial_axes(a.builder, e.name, x)
    values = e.spatial("padding", 2 * axes, None)
    pairs = [(values[2 * i], values[2 * i + 1]) for i in range(axes)]
    return op.zero_pad(a.builder, e.name, x, pairs[::-1])


def _upsample(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
    x = single(e, xs)
    axes = op.spatial_axes(a.builder, e.name, x)
    mode = e.text("mode", "nearest")
    linear = {1: "linear", 2: "bilinear", 3: "trilinear"}.get(axes)
    if mode not in ("nearest", linear) or e.flag("align_corners", False):
        raise e.fail(f"expected mode 'nearest' or {linear!r} and align_corners false")
    return op.upsample(a.builder, e.name, x, e.spatial("scale_factor", axes, None), mode != "nearest")


def _pixel_shuffle(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
    return op.depth_to_space(a.builder, e.name, single(e, xs), e.integer("upscale_factor"), depth_first=False)


def _lrn(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
    size = e.integer("size")
    if size % 2 == 0:
        raise e.fail(f"expected an odd size, got {size}")
    numbers = e.number("alpha", 1e-4), e.number("beta", 0.75), e.number("k", 1.0)
    return op.lrn(a.builder, e.name, single(e, xs), size, *numbers)


def _affine(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
    """Scale: x * factor + offset, numbers of the architecture itself (a model that normalises its input)."""
    numbers: list[Array] = []
    for name, default in (("factor", 1.0), ("offset", 0.0)):
        e.used.add(name)
        try:
            value = np.asarray(e.settings.get(name, default), dtype=np.float64)
        except (ValueError, TypeError):
            raise e.fail(f"expected {name} to be a number or one for each channel") from None
        numbers.append(value.reshape(-1, *(1,) * (xs[0].rank - 2)) if value.ndim else value)
    return op.affine(a.builder, e.name, single(e, xs), *numbers)


def _layer_norm(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
    x, shape = a.builder.plain(single(e, xs)), e.integers("normalized_shape")
    arrays = {ours: a.may(e, theirs) for ours, theirs in (("gamma", "weight"), ("beta", "bias"))}
    layer = a.builder.make(e.name, LayerNorm, ndim=len(shape), epsilon=e.number("eps", 1e-5), **arrays)
    if x.shape[x.rank - len(shape) :] != shape:
        raise e.fail(f"expected {shape} on the last axes, got {x.shape}")
    return a.builder.add(e.name, layer, x)


def _group_norm(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
    arrays = {ours: a.may(e, theirs) for ours, theirs in (("gamma", "weight"), ("beta", "bias"))}
    groups, epsilon = e.integer("num_groups"), e.number("eps", 1e-5)
    layer = a.builder.make(e.name, GroupNorm, groups=groups, epsilon=epsilon, **arrays)
    return a.builder.add(e.name, layer, a.builder.last(single(e, xs)))


MODULES: dict[str, EntryReader] = {
    **ACTIVATIONS,
    "Linear": _linear,
    **{f"Conv{axes}d": _conv(axes) for axes in (1, 2, 3)},
    **{f"ConvTranspose{axes}d": _conv_transpose(axes) for axes in (1, 2, 3)},
    **{f"BatchNorm{axes}d": batch_norm("running_mean", "running_var", "weight", "bias", 1e-5) for axes in (1, 2, 3)},
    **{f"MaxPool{axes}d": _pool(axes, True) for axes in (1, 2, 3)},
    **{f"AvgPool{axes}d": _pool(axes, False) for axes in (1, 2, 3)},
    **{f"AdaptiveMaxPool{axes}d": _adaptive(axes, True) for axes in (1, 2, 3)},
    **{f"AdaptiveAvgPool{axes}d": _adaptive(axes, False) for axes in (1, 2, 3)},
    **{f"ZeroPad{axes}d": _zero_pad for axes in (1, 2, 3)},
    **{name: _dropout for name in ("Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout")},
    "Identity": _identity,
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Permute": _permute,
    "Concat": _concat,
    "Add": merge(),
    "Subtract": merge(Subtract),
    "Multiply": _multiply,
    "Maximum": merge(Maximum),
    "Minimum": merge(Minimum),
    "Mean": _mean,
    "Embedding": _embedding,
    "Upsample": _upsample,
    "PixelShuffle": _pixel_shuffle,
    "LocalResponseNorm": _lrn,
    "Scale": _affine,
    "LayerNorm": _layer_norm,
    "GroupNorm": _group_norm,
    **RECURRENT,
}
