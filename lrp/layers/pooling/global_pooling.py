"""Pooling over all spatial axes at once: the sum, the mean, the largest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import ShapeError
from lrp.layers.base import Layer, Shape
from lrp.layers.pooling.window_pooling import ONE
from lrp.layers.rule_checks import linear_rule
from lrp.layers.winners import to_winners
from lrp.rules import LinearRule, Propagation, Rule, Ties, Winner, distribute, winner


@dataclass(frozen=True)
class GlobalSum:
    """z = weight * sum over the spatial axes: (n, *spatial, c) -> (n, 1, ..., c); the weight is one number."""

    weight: Array
    bias: None = None

    def apply(self, weight: Array, x: Any) -> Array:
        """(n, *spatial, c) -> (n, *ones, c)"""
        return np.asarray(weight * x.sum(axis=tuple(range(1, x.ndim - 1)), keepdims=True))

    def adjoint(self, weight: Array, s: Array, shape: tuple[int, ...]) -> Array:
        """(n, *ones, c) -> (n, *spatial, c)"""
        return np.broadcast_to(weight * s, shape)


@dataclass(frozen=True, eq=False)
class GlobalPool(Layer):
    """The base: x (n, *spatial, c) -> (n, c), or (n, 1, ..., 1, c) with keepdims."""

    keepdims: bool = False

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        if len(shape) < 2:
            raise ShapeError(f"expected spatial axes and channels last, got {shape} per sample")
        return (*(1,) * (len(shape) - 1), shape[-1]) if self.keepdims else (shape[-1],)

    def _shaped(self, y: Array) -> Array:
        return y if self.keepdims else y.reshape(len(y), y.shape[-1])

    def _kept(self, y: Array, x: Array) -> Array:
        return y.reshape(len(y), *(1,) * (x.ndim - 2), y.shape[-1])


@dataclass(frozen=True, eq=False)
class GlobalSumPool(GlobalPool):
    """z_c = sum of all positions of channel c

    Source: Bach et al. 2015, sum-pooling

    Parameters
    ----------
    keepdims : bool
        Whether the spatial axes stay, with length 1.
    """

    rules: ClassVar[tuple[type[Rule], ...]] = (LinearRule,)
    default_rule: ClassVar[Rule | None] = None

    def linear(self, x: Array) -> GlobalSum:
        """The linear map on x, in the arithmetic of x."""
        return GlobalSum(arrays.cast(ONE, arrays.dtype_name(x)))

    def compute(self, *xs: Array) -> Array:
        linear = self.linear(xs[0])
        return self._shaped(linear.apply(linear.weight, xs[0]))

    def propagate(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        (x,) = xs
        return distribute(linear_rule(rule, self), self.linear(x), x, self._kept(y, x), self._kept(R, x))

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        linear = self.linear(xs[0])
        return (linear.adjoint(linear.weight, self._kept(g, xs[0]), xs[0].shape),)


@dataclass(frozen=True, eq=False)
class GlobalAvgPool(GlobalSumPool):
    """z_c = mean of all positions of channel c

    Source: Bach et al. 2015, average pooling

    Parameters
    ----------
    keepdims : bool
        Whether the spatial axes stay, with length 1.
    """

    def linear(self, x: Array) -> GlobalSum:
        count = int(np.prod(x.shape[1:-1]))
        return GlobalSum(np.asarray(arrays.scalar(1, x) / arrays.scalar(count, x)))


@dataclass(frozen=True, eq=False)
class GlobalMaxPool(GlobalPool):
    """y_c = the largest position of channel c: max over time for texts

    Source: Arras et al. 2016, max-pooling over time

    Rules: `winner`, or any table rule on the sum over all positions.

    Parameters
    ----------
    keepdims : bool
        Whether the spatial axes stay, with length 1.
    """

    rules: ClassVar[tuple[type[Rule], ...]] = (Winner, LinearRule)
    default_rule: ClassVar[Rule | None] = winner()

    def compute(self, *xs: Array) -> Array:
        return self._shaped(xs[0].max(axis=tuple(range(1, xs[0].ndim - 1)), keepdims=True))

    def propagate(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        (x,) = xs
        if isinstance(rule, Winner):
            ties = rule.ties
            return to_winners(rule, R, y, lambda R: (self._to_winners(R, x, y, ties),))
        linear = GlobalSum(arrays.cast(ONE, arrays.dtype_name(x)))
        return distribute(linear_rule(rule, self), linear, x, linear.apply(linear.weight, x), self._kept(R, x))

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        return (self._to_winners(g, xs[0], y, Ties.FIRST),)

    def _to_winners(self, R: Array, x: Array, y: Array, ties: Ties) -> Array:
        wins = (x == self._kept(y, x)).reshape(len(x), -1, x.shape[-1])
        if ties is Ties.FIRST:
            wins = wins & (np.cumsum(wins, axis=1) == 1)
        R = R.reshape(len(x), 1, x.shape[-1])
        if ties is Ties.ALL:
            return np.asarray(wins * R).reshape(x.shape)
        count = wins.sum(axis=1, keepdims=True)
        return np.asarray(wins * (R / arrays.cast(count, arrays.dtype_name(R)))).reshape(x.shape)
