"""Pooling by a linear map of each window: the sum and the mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.layers.pooling.window_pooling import ONE, Pool, WindowSum
from lrp.layers.rule_checks import linear_rule
from lrp.rules import LinearRule, Propagation, Rule, distribute


@dataclass(frozen=True, eq=False)
class LinearPool(Pool):
    """A pooling layer that is a linear map; any table rule divides its relevance."""

    rules: ClassVar[tuple[type[Rule], ...]] = (LinearRule,)
    default_rule: ClassVar[Rule | None] = None

    def compute(self, *xs: Array) -> Array:
        linear = self.linear(xs[0])
        return linear.apply(linear.weight, xs[0])

    def propagate(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        return distribute(linear_rule(rule, self), self.linear(xs[0]), xs[0], y, R)

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        linear = self.linear(xs[0])
        return (linear.adjoint(linear.weight, g, xs[0].shape),)


@dataclass(frozen=True, eq=False)
class SumPool(LinearPool):
    """z_q = sum of the inputs in window q, channel by channel

    Source: Bach et al. 2015, sum-pooling

    x (n, *spatial, c) -> (n, *windows, c). The sum is not divided by anything (one toolbox divides it by sqrt(h w)).

    Parameters
    ----------
    size, stride, padding, ceil
        See Pool: the windows.
    """

    def linear(self, x: Array) -> WindowSum:
        return WindowSum(self.windows, arrays.cast(ONE, arrays.dtype_name(x)))


@dataclass(frozen=True, eq=False)
class AvgPool(LinearPool):
    """z_q = mean of the inputs in window q, channel by channel

    Source: Bach et al. 2015, average pooling

    x (n, *spatial, c) -> (n, *windows, c). flat and w_square read every weight of the mean as 1/N.

    Parameters
    ----------
    size, stride, padding, ceil
        See Pool: the windows.
    count_padding : bool
        Whether the divisor counts the stated padding too (Caffe, and torch by default) or only entries of the picture
        (Keras). What ceil adds beyond the padding never counts.
    """

    count_padding: bool = False

    def linear(self, x: Array) -> WindowSum:
        windows, spatial = self.windows, x.shape[1:-1]
        counted = arrays.ones((1, *spatial, 1), x)
        if self.count_padding:
            pads = windows.pads(spatial)
            counted = np.pad(counted, ((0, 0), *pads, (0, 0)), constant_values=arrays.scalar(1, x))
            rows = zip(windows.reach(spatial), pads, strict=True)
            over = [(0, after - stated) for (_, after), (_, stated) in rows]
            counted = np.pad(counted, ((0, 0), *over, (0, 0)), constant_values=arrays.scalar(0, x))
        else:
            counted = windows.padded(counted)
        divisor = sum(counted[tap] for _, tap in windows.taps(spatial))
        return WindowSum(windows, arrays.cast(ONE, arrays.dtype_name(x)), np.asarray(divisor))
