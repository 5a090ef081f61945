"""Caffe's layers that work entry by entry, each as a chain of layers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lrp.formats.build import Tensor
from lrp.formats.caffe.net import CaffeLayer
from lrp.formats.caffe.reader_context import Context, LayerReader
from lrp.formats.container import Message
from lrp.layers import (
    ELU,
    Affine,
    Layer,
    LeakyReLU,
    PReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softplus,
    Tanh,
)
from lrp.layers.activations import Abs, Exponential, HardTanh, Log, Power


def _elementwise(context: Context, layer: CaffeLayer, xs: list[Tensor]) -> list[Tensor]:
    """The activations: a chain of layers for each."""
    y = context.one(layer, xs)
    chain = ACTIVATIONS[layer.kind](context, layer, y)
    for index, one in enumerate(chain):
        y = context.builder.add(layer.name if index == len(chain) - 1 else f"{layer.name}_{index}", one, y)
    return [y]


def _relu(context: Context, layer: CaffeLayer, x: Tensor) -> list[Layer]:
    slope = layer.settings("relu_param", "negative_slope").number("negative_slope", 0.0)
    return [LeakyReLU(slope) if slope else ReLU()]


def _prelu(context: Context, layer: CaffeLayer, x: Tensor) -> list[Layer]:
    """PReLU: one slope a channel, or one for all with channel_shared."""
    m = layer.settings("prelu_param", "filler", "channel_shared")
    count = 1 if m.flag("channel_shared", False) else context.length(layer, x, 1)
    slopes = context.blob(layer, 0, (count,)).reshape(count, *(1,) * (x.rank - 2))
    return [PReLU(context.builder.constant(layer.name, x, slopes))]


def _elu(context: Context, layer: CaffeLayer, x: Tensor) -> list[Layer]:
    return [ELU(layer.settings("elu_param", "alpha").number("alpha", 1.0))]


def _clip(context: Context, layer: CaffeLayer, x: Tensor) -> list[Layer]:
    m = layer.settings("clip_param", "min", "max")
    return [HardTanh(m.number("min", 0.0), m.number("max", 0.0))]


def _swish(context: Context, layer: CaffeLayer, x: Tensor) -> list[Layer]:
    """x sigmoid(beta x) = SiLU(beta x) / beta"""
    beta = layer.settings("swish_param", "beta").number("beta", 1.0)
    if beta == 0:
        return [Affine(np.array(0.5))]
    return [SiLU()] if beta == 1 else [Affine(np.array(beta)), SiLU(), Affine(np.array(1 / beta))]


def _inner(m: Message, factor: float) -> list[Layer]:
    """factor (shift + scale x), left out where it is x."""
    scale, shift = factor * m.number("scale", 1.0), factor * m.number("shift", 0.0)
    return [] if (scale, shift) == (1.0, 0.0) else [Affine(np.array(scale), np.array(shift) if shift else None)]


def _base(context: Context, layer: CaffeLayer, m: Message) -> float:
    """log(base), with base -1 for e."""
    base = m.number("base", -1.0)
    if base != -1.0 and (base <= 0 or base == 1):
        raise context.fail(layer, f"expected a base above 0 and not 1, or -1 for e, got {base}")
    return 1.0 if base == -1.0 else math.log(base)


def _exp(context: Context, layer: CaffeLayer, x: Tensor) -> list[Layer]:
    """base^(shift + scale x)"""
    m = layer.settings("exp_param", "base", "scale", "shift")
    return [*_inner(m, _base(context, layer, m)), Exponential()]


def _log(context: Context, layer: CaffeLayer, x: Tensor) -> list[Layer]:
    """log_base(shift + scale x)"""
    m = layer.settings("log_param", "base", "scale", "shift")
    base = _base(context, layer, m)
    return [*_inner(m, 1.0), Log(), *([] if base == 1.0 else [Affine(np.array(1 / base))])]


def _power(context: Context, layer: CaffeLayer, x: Tensor) -> list[Layer]:
    """(shift + scale x)^power"""
    m = layer.settings("power_param", "power", "scale", "shift")
    power = m.number("power", 1.0)
    if power == 1.0:
        return _inner(m, 1.0) or [Affine(np.array(1.0))]
    return [Power(power, m.number("scale", 1.0), m.number("shift", 0.0))]


ACTIVATIONS: dict[str, Any] = {
    "ReLU": _relu,
    "PReLU": _prelu,
    "ELU": _elu,
    "Clip": _clip,
    "Swish": _swish,
    "Exp": _exp,
    "Log": _log,
    "Power": _power,
    "ReLU6": lambda context, layer, x: [ReLU(6.0)],
    "Sigmoid": lambda context, layer, x: [Sigmoid()],
    "TanH": lambda context, layer, x: [Tanh()],
    "BNLL": lambda context, layer, x: [Softplus()],
    "AbsVal": lambda context, layer, x: [Abs()],
}

ELEMENTWISE: dict[str, LayerReader] = {kind: _elementwise for kind in ACTIVATIONS}
