"""Pooling by the largest entry of each window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.layers.pooling.window_pooling import ONE, Pool, WindowSum
from lrp.layers.rule_checks import linear_rule
from lrp.layers.winners import to_winners
from lrp.rules import LinearRule, Propagation, Rule, Ties, Winner, distribute, winner


@dataclass(frozen=True, eq=False)
class MaxPool(Pool):
    """y_q = the largest input in window q, channel by channel

    Source: Bach et al. 2015, max-pooling

    x (n, *spatial, c) -> (n, *windows, c). Rules: `winner` (all to the largest input; ties in equal parts or to the
    first), or any table rule on the sum over the window: `zero` is the proportional x_i / sum x_i of deep Taylor
    decomposition, `flat` the uniform one. The pullback sends a tie's gradient to the first, as the frameworks do.

    Parameters
    ----------
    size, stride, padding, ceil
        See Pool: the windows.
    """

    accepted: ClassVar[str] = f"winner, {Pool.accepted}"
    rules: ClassVar[tuple[type[Rule], ...]] = (Winner, LinearRule)
    default_rule: ClassVar[Rule | None] = winner()

    def linear(self, x: Array) -> WindowSum:
        return WindowSum(self.windows, arrays.cast(ONE, arrays.dtype_name(x)))

    def compute(self, *xs: Array) -> Array:
        padded = self._padded(xs[0])
        (_, first), *others = self.windows.taps(xs[0].shape[1:-1])
        y = padded[first].copy()
        for _, tap in others:
            np.maximum(y, padded[tap], out=y)
        return y

    def propagate(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        (x,) = xs
        if isinstance(rule, Winner):
            ties = rule.ties
            return to_winners(rule, R, y, lambda R: (self._to_winners(R, x, y, ties),))
        linear = self.linear(x)
        return distribute(linear_rule(rule, self), linear, x, linear.apply(linear.weight, x), R)

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        return (self._to_winners(g, xs[0], y, Ties.FIRST),)

    def _to_winners(self, R: Array, x: Array, y: Array, ties: Ties) -> Array:
        """R to the winners of each window; windows that overlap add up."""
        padded, spatial = self._padded(x), x.shape[1:-1]
        taps = [tap for _, tap in self.windows.taps(spatial)]
        wins = [padded[tap] == y for tap in taps]
        if ties is Ties.SHARE:
            count = np.zeros(y.shape, np.min_scalar_type(len(wins)))
            for win in wins:
                count += win
            R = R / arrays.cast(count, arrays.dtype_name(R))
        elif ties is Ties.FIRST:
            left = np.ones(y.shape, dtype=bool)
            for win in wins:
                win &= left
                left &= ~win
        result = self.windows.empty(x)
        apart = all(step >= length for step, length in zip(self.windows.stride, self.windows.size, strict=True))
        for tap, win in zip(taps, wins, strict=True):
            if apart:
                np.multiply(R, win, out=result[tap])
            else:
                result[tap] += R * win
        return self.windows.cropped(result, spatial)

    def _padded(self, x: Array) -> Array:
        """x with padding that never wins."""
        lowest = x.min() - 1 if arrays.is_exact(x) else -np.inf
        return self.windows.padded(x, lowest)
