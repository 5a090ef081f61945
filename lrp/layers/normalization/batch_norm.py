"""Batch normalisation at inference: an affine map of each channel."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from lrp import arrays
from lrp.arrays import Array, Number
from lrp.errors import SettingError, ShapeError
from lrp.layers.base import Layer, Shape, as_weight
from lrp.layers.dense import check_bias
from lrp.layers.rule_checks import linear_rule
from lrp.rules import Identity, LinearRule, Propagation, Rule, all_to_inputs, distribute


@dataclass(frozen=True)
class ChannelScale:
    """z_c = w_c x_c + b_c on the last axis: the linear map of batch normalisation."""

    weight: Array
    bias: Array | None

    def apply(self, weight: Array, x: Any) -> Array:
        """(n, ..., c) * (c,) -> (n, ..., c)"""
        return np.asarray(x * weight)

    def adjoint(self, weight: Array, s: Array, shape: tuple[int, ...]) -> Array:
        """The same product: the map is diagonal."""
        return np.asarray(s * weight)


@dataclass(frozen=True, eq=False)
class BatchNorm(Layer):
    """y_c = gamma_c (x_c - mean_c) / sqrt(variance_c + epsilon) + beta_c, with the stored mean and variance

    Source: Ioffe and Szegedy 2015, inference

    x (n, ..., c). Takes any table rule on the affine map

        y_c = w_c x_c + b_c,   w = gamma / sqrt(variance + epsilon),   b = beta - mean w

    or `identity`. In exact arithmetic w and b are their float64 values as Fractions: the root is not rational.

    Parameters
    ----------
    mean, variance : Array
        The stored statistics, (c,).
    gamma, beta : Array or None
        (c,); None: 1 and 0.
    epsilon : number
        Added to the variance, in its unit.
    """

    rules: ClassVar[tuple[type[Rule], ...]] = (LinearRule, Identity)
    default_rule: ClassVar[Rule | None] = None

    mean: Array
    variance: Array
    gamma: Array | None = None
    beta: Array | None = None
    epsilon: Number = 1e-3

    def __post_init__(self) -> None:
        mean = as_weight(self.mean, "BatchNorm mean")
        if mean.ndim != 1:
            raise ShapeError(f"BatchNorm: expected a mean of shape (channels,), got {mean.shape}")
        object.__setattr__(self, "mean", mean)
        for name in ("variance", "gamma", "beta"):
            value = getattr(self, name)
            object.__setattr__(self, name, check_bias(value, len(mean), f"BatchNorm {name}"))
        if (self.variance + arrays.scalar(self.epsilon, self.variance) <= 0).any():
            raise SettingError(
                "BatchNorm: expected variance + epsilon > 0, got a number that is not; is the order of the weights"
                " right?"
            )

    @cached_property
    def linear(self) -> ChannelScale:
        """The affine map, w and b of each channel, in the arithmetic of the weights."""
        dtype = arrays.dtype_name(self.mean)
        mean, variance = (arrays.cast(v, "float64") for v in (self.mean, self.variance))
        weight = 1 / np.sqrt(variance + float(self.epsilon))
        if self.gamma is not None:
            weight = weight * arrays.cast(self.gamma, "float64")
        bias = -mean * weight
        if self.beta is not None:
            bias = bias + arrays.cast(self.beta, "float64")
        return ChannelScale(arrays.cast(weight, dtype), arrays.cast(bias, dtype))

    def compute(self, *xs: Array) -> Array:
        return xs[0] * self.linear.weight + self.linear.bias

    def propagate(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        if isinstance(rule, Identity):
            return all_to_inputs(R)
        return distribute(linear_rule(rule, self), self.linear, xs[0], y, R)

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        return (g * self.linear.weight,)

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        if not shape or shape[-1] != len(self.mean):
            raise ShapeError(
                f"expected {len(self.mean)} channels on the last axis, got {shape} per sample; are the channels last?"
            )
        return shape
