"""PyTorch's modules by name, their settings with PyTorch's own defaults, for the architecture JSON."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.formats import operations as op
from lrp.formats.architecture import Assembly, Entry, EntryReader
from lrp.formats.layout import Tensor
from lrp.layers import (
    ELU,
    GELU,
    Dropout,
    Embedding,
    Layer,
    LeakyReLU,
    Linear,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from lrp.layers.activation_more import (
    CELU,
    SELU,
    HardShrink,
    HardSigmoid,
    HardSiLU,
    HardTanh,
    LogSigmoid,
    Mish,
    SoftShrink,
    Softsign,
    TanhShrink,
    Threshold,
)
from lrp.layers.gru import GRU
from lrp.layers.layer_norm import GroupNorm, LayerNorm
from lrp.layers.log_softmax import LogSoftmax
from lrp.layers.lstm import LSTM
from lrp.layers.merge_more import Maximum, Minimum, Subtract
from lrp.layers.recurrent import SimpleRNN


def single(entry: Entry, xs: list[Tensor]) -> Tensor:
    """The only input."""
    if len(xs) != 1:
        raise entry.fail(f"expected one input, got {len(xs)}")
    return xs[0]


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


def _batch_norm(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
    return op.batch_norm(
        a.builder,
        e.name,
        single(e, xs),
        mean=a.need(e, "running_mean", 1),
        variance=a.need(e, "running_var", 1),
        gamma=a.may(e, "weight"),
        beta=a.may(e, "bias"),
        epsilon=e.number("eps", 1e-5),
    )


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


def activation(kind: type[Layer], **named: tuple[str, float]) -> EntryReader:
    """An activation; named: argument of our layer -> (setting of the framework, its default)."""

    def read(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
        arguments = {ours: e.number(theirs, default) for ours, (theirs, default) in named.items()}
        e.asked.add("inplace")
        return a.builder.add(e.name, a.builder.make(e.name, kind, **arguments), single(e, xs))

    return read


def _prelu(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
    x, slopes = single(e, xs), a.need(e, "weight", 1)
    e.asked.add("num_parameters")
    return op.prelu(a.builder, e.name, x, slopes.reshape(-1, *(1,) * (x.rank - 2)))


def _gelu(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
    word = e.text("approximate", "none")
    if word not in ("none", "tanh"):
        raise e.fail(f"expected approximate to be 'none' or 'tanh', got {word!r}")
    return a.builder.add(e.name, GELU(word == "tanh"), single(e, xs))


def _softplus(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
    """log(1 + exp(x)); torch's cut to x above 20 differs from it by less than 3e-9."""
    if e.number("beta", 1.0) != 1.0 or e.number("threshold", 20.0) < 20.0:
        raise e.fail("expected beta 1 and a threshold of at least 20")
    return a.builder.add(e.name, Softplus(), single(e, xs))


def _softmax(kind: type[Layer]) -> EntryReader:
    def read(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
        return op.softmax(a.builder, e.name, single(e, xs), axis(e, xs[0], e.integer("dim", -1)), kind)

    return read


def axis(entry: Entry, x: Tensor, number: int) -> int:
    """An axis behind the samples, counted from 0 with the samples or from the end."""
    resolved = number + x.rank if number < 0 else number
    if not 1 <= resolved < x.rank:
        raise entry.fail(f"expected an axis of {x.shape} behind the samples, got {number}")
    return resolved


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
    e.asked.add("inplace")
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
        e.asked.add(name)
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


def _recurrent(kind: type[Layer], order: tuple[int, ...]) -> EntryReader:
    """batch_first modules of one direction: (n, t, d); `last` gives the final state (n, u) instead of all outputs.

    order: torch's gate that stands at each place of ours. Layers are stacked as num_layers says.
    """

    def read(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
        x = a.builder.plain(single(e, xs))
        layers, last, first = e.integer("num_layers", 1), e.flag("last", False), e.flag("batch_first", True)
        if (
            layers < 1
            or layers > 64
            or not first
            or e.flag("bidirectional", False)
            or a.may(e, "weight_hr_l0") is not None
        ):
            raise e.fail("expected 1 to 64 layers of one direction with batch_first and without projection")
        relu = kind is SimpleRNN and e.text("nonlinearity", "tanh") == "relu"
        for k in range(layers):
            kernel, recurrent = (_gates(e, a.need(e, f"weight_{part}_l{k}", 2), order) for part in ("ih", "hh"))
            biases = [a.may(e, f"bias_{part}_l{k}") for part in ("ih", "hh")]
            ours = [_gates(e, bias, order) for bias in biases if bias is not None]
            settings: dict[str, Any] = {"output": "last" if last and k == layers - 1 else "sequence"}
            if len(ours) == 2:
                settings["bias"] = np.stack(ours) if kind is GRU else ours[0] + ours[1]
            elif kind is GRU:
                settings["bias"] = np.zeros((2, kernel.shape[1]))
            if relu:
                settings["activation"] = "relu"
            layer = a.builder.make(e.name, kind, kernel=kernel, recurrent=recurrent, **settings)
            x = a.builder.add(e.name, layer, x, axes=(0, 1) if settings["output"] == "last" else (0, 1, 2))
        return x

    return read


def _gates(e: Entry, values: Array, order: tuple[int, ...]) -> Array:
    """Rows of gates in torch's order -> columns in this package's."""
    if len(values) % len(order):
        raise e.fail(f"expected {len(order)} gates, got {len(values)} rows")
    blocks = values.reshape(len(order), -1, *values.shape[1:])[list(order)]
    return np.asarray(blocks.reshape(values.shape).T)


ACTIVATIONS: dict[str, EntryReader] = {
    "ReLU": activation(ReLU),
    "ReLU6": activation(ReLU, maximum=("maximum", 6.0)),
    "LeakyReLU": activation(LeakyReLU, alpha=("negative_slope", 0.01)),
    "ELU": activation(ELU, alpha=("alpha", 1.0)),
    "CELU": activation(CELU, alpha=("alpha", 1.0)),
    "SELU": activation(SELU),
    "SiLU": activation(SiLU),
    "Mish": activation(Mish),
    "Sigmoid": activation(Sigmoid),
    "Tanh": activation(Tanh),
    "Softsign": activation(Softsign),
    "LogSigmoid": activation(LogSigmoid),
    "Tanhshrink": activation(TanhShrink),
    "Hardswish": activation(HardSiLU),
    "Hardsigmoid": activation(HardSigmoid, factor=("factor", 1 / 6)),
    "Hardtanh": activation(HardTanh, low=("min_val", -1.0), high=("max_val", 1.0)),
    "Hardshrink": activation(HardShrink, threshold=("lambd", 0.5)),
    "Softshrink": activation(SoftShrink, threshold=("lambd", 0.5)),
    "Threshold": activation(Threshold, threshold=("threshold", 0.0), otherwise=("value", 0.0)),
    "GELU": _gelu,
    "Softplus": _softplus,
    "PReLU": _prelu,
    "Softmax": _softmax(Softmax),
    "LogSoftmax": _softmax(LogSoftmax),
}

MODULES: dict[str, EntryReader] = {
    **ACTIVATIONS,
    "Linear": _linear,
    **{f"Conv{axes}d": _conv(axes) for axes in (1, 2, 3)},
    **{f"ConvTranspose{axes}d": _conv_transpose(axes) for axes in (1, 2, 3)},
    **{f"BatchNorm{axes}d": _batch_norm for axes in (1, 2, 3)},
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
    "LSTM": _recurrent(LSTM, (0, 1, 2, 3)),
    "GRU": _recurrent(GRU, (1, 0, 2)),
    "RNN": _recurrent(SimpleRNN, (0,)),
}
