"""Keras' normalisations and rescalings."""

from __future__ import annotations

from typing import Any

import numpy as np

from lrp.formats.container import quoted
from lrp.formats.keras import fields
from lrp.formats.keras.activations import single
from lrp.formats.keras.build import Builder, Translator, Value
from lrp.formats.keras.config import Call, Spec
from lrp.formats.keras.fields import refuse
from lrp.layers import Affine, BatchNorm, Layer, Permute
from lrp.layers.normalization import GroupNorm, LayerNorm, RMSNorm, UnitNorm


def axes_setting(spec: Spec, rank: int, default: Any) -> tuple[int, ...]:
    """The axes that a layer names, counted from the samples (0), each between 1 and rank - 1, in order."""
    found = fields.value(spec, "axis", default)
    axes = found if isinstance(found, list) else [found]
    if not axes or not all(fields.is_integer(a) and -rank < a < rank and a % rank for a in axes):
        refuse(spec, f"axis: expected axes of a sample from 1 to {rank - 1}, got {quoted(found)}")
    return tuple(sorted({a % rank for a in axes}))


def with_axis_last(b: Builder, spec: Spec, x: Value, name: str, axis: int, layer: Layer) -> Value:
    """A layer that wants one axis of Keras' order to be the last."""
    if axis == x.rank - 1:
        return b.apply(spec, x, name, layer, False, x.mask)
    if axis == 1:
        return b.apply(spec, x, name, layer, True, x.mask)
    order = [a for a in range(1, x.rank) if a != axis] + [axis]
    node = b.add(spec, f"{name}/permute", Permute(tuple(order)), b.native(spec, x))
    node = b.add(spec, name, layer, node)
    inverse = tuple(int(i) + 1 for i in np.argsort(order))
    return b.new(b.add(spec, f"{name}/back", Permute(inverse), node), mask=x.mask)


def _batch(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    x = single(spec, call)
    axes = axes_setting(spec, x.rank, -1)
    if len(axes) != 1:
        refuse(spec, f"axis: expected one axis, got {axes}")
    if fields.flag(spec, "renorm"):
        refuse(spec, "batch renormalisation is not read")
    epsilon = fields.positive(spec, "epsilon", 1e-3)
    held = b.held_shape(spec, "moving_mean")
    count = x.shape[axes[0] - 1] if x.shape[axes[0] - 1] is not None else (held[0] if held else 0)
    shape = (int(count or 0),)

    def make() -> BatchNorm:
        gamma = b.array(spec, "gamma", shape) if fields.flag(spec, "scale", True) else None
        beta = b.array(spec, "beta", shape) if fields.flag(spec, "center", True) else None
        mean, variance = b.array(spec, "moving_mean", shape), b.array(spec, "moving_variance", shape)
        deviation = spec.config.get("deviation")  # Keras before 1.0.8 stores a standard deviation under this name
        if deviation == "plain":
            return BatchNorm(mean, (variance.astype(np.float64) + epsilon) ** 2, gamma, beta, 0.0)
        if deviation == "with epsilon":
            return BatchNorm(mean, variance.astype(np.float64) ** 2, gamma, beta, 0.0)
        if (variance < 0).any():
            refuse(spec, "its variance is negative")
        return BatchNorm(mean, variance, gamma, beta, epsilon)

    return with_axis_last(b, spec, x, name, axes[0], b.once(spec, "", make))


def _layer_norm(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    x = single(spec, call)
    axes = axes_setting(spec, x.rank, -1)
    if fields.flag(spec, "rms_scaling"):
        refuse(spec, "rms_scaling is not read")
    if axes != tuple(range(x.rank - len(axes), x.rank)):
        refuse(spec, f"axis: expected the last axes, got {axes}")
    epsilon, shape = fields.positive(spec, "epsilon", 1e-3), x.shape[x.rank - 1 - len(axes) :]
    if None in shape:
        refuse(spec, f"expected fixed lengths on the axes {axes}, got {x.shape} a sample")
    sizes = tuple(int(n) for n in shape if n is not None)

    def make() -> LayerNorm:
        gamma = b.array(spec, "gamma", sizes) if fields.flag(spec, "scale", True) else None
        beta = b.array(spec, "beta", sizes) if fields.flag(spec, "center", True) else None
        return LayerNorm(len(sizes), gamma, beta, epsilon)

    return b.apply(spec, x, name, b.once(spec, "", make), False, x.mask)


def _group_norm(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    x = single(spec, call)
    axes = axes_setting(spec, x.rank, -1)
    if len(axes) != 1:
        refuse(spec, f"axis: expected one axis, got {axes}")
    count = x.shape[axes[0] - 1]
    if count is None:
        refuse(spec, "expected a fixed number of channels")
    groups = fields.value(spec, "groups", 32)
    groups = count if groups == -1 else fields.integer(spec, "groups", 32)
    epsilon, shape = fields.positive(spec, "epsilon", 1e-3), (count,)

    def make() -> GroupNorm:
        gamma = b.array(spec, "gamma", shape) if fields.flag(spec, "scale", True) else None
        beta = b.array(spec, "beta", shape) if fields.flag(spec, "center", True) else None
        return GroupNorm(groups, gamma, beta, epsilon)

    return with_axis_last(b, spec, x, name, axes[0], b.once(spec, "", make))


def _rms_norm(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    x = single(spec, call)
    if axes_setting(spec, x.rank, -1) != (x.rank - 1,) or x.shape[-1] is None:
        refuse(spec, "axis: expected the last one, of a fixed length")
    size, epsilon = (x.shape[-1],), fields.positive(spec, "epsilon", 1e-6)
    layer = b.once(spec, "", lambda: RMSNorm(b.array(spec, "scale", size), epsilon))
    return b.apply(spec, x, name, layer, False, x.mask)


def _unit_norm(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    x = single(spec, call)
    axes = axes_setting(spec, x.rank, -1)
    if len(axes) != 1:
        refuse(spec, f"axis: expected one axis, got {axes}")
    return with_axis_last(b, spec, x, name, axes[0], b.once(spec, "", UnitNorm))


def _rescaling(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    x = single(spec, call)
    scale, offset = (_numbers(spec, key, default) for key, default in (("scale", None), ("offset", 0.0)))
    return b.apply(spec, x, name, b.once(spec, "", lambda: Affine(scale, offset)), False, x.mask)


def _numbers(spec: Spec, key: str, default: Any) -> np.ndarray[Any, Any]:
    """A number or a nested list of them."""
    found = spec.config.get(key, default)
    try:
        values = np.array(found, dtype=np.float64)
    except (ValueError, TypeError):
        values = np.array(np.nan)
    if values.ndim > 8 or not np.isfinite(values).all():
        refuse(spec, f"{key}: expected numbers, got {quoted(found)}")
    return values


def _normalization(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    """y = (x - mean) / max(sqrt(variance), 1e-7), with the statistics stored or stated"""
    x = single(spec, call)
    axis = spec.config.get("axis", -1)
    axes = () if axis is None else axes_setting(spec, x.rank, -1)
    if fields.flag(spec, "invert"):
        refuse(spec, "invert is not read")
    if len(axes) > 1:
        refuse(spec, f"axis: expected one axis or none, got {axes}")
    stated = spec.config.get("mean") is not None

    def make() -> Affine:
        if stated:
            mean, variance = _numbers(spec, "mean", None), _numbers(spec, "variance", None)
        else:
            shape = tuple(int(x.shape[a - 1] or 0) for a in axes)
            mean, variance = b.array(spec, "mean", shape), b.array(spec, "variance", shape)
        weight = 1 / np.maximum(np.sqrt(np.asarray(variance, dtype=np.float64).ravel()), 1e-7)
        bias = -np.asarray(mean, dtype=np.float64).ravel() * weight
        return Affine(weight if axes else weight.reshape(()), bias if axes else bias.reshape(()))

    layer = b.once(spec, "", make)
    return with_axis_last(b, spec, x, name, axes[0], layer) if axes else b.apply(spec, x, name, layer, False, x.mask)


TABLE: dict[str, Translator] = {
    "BatchNormalization": _batch,
    "LayerNormalization": _layer_norm,
    "GroupNormalization": _group_norm,
    "RMSNormalization": _rms_norm,
    "UnitNormalization": _unit_norm,
    "Rescaling": _rescaling,
    "Normalization": _normalization,
}
