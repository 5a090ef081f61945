"""Pooling over sliding windows: the sum, the mean, the largest."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import RuleError, SettingError, ShapeError
from lrp.layers.base import Layer, Shape
from lrp.layers.windows import Padding, Windows, check_padding, per_axis
from lrp.rules import LinearRule, Rule, Stabilizer, Ties, Winner, engine, winner
from lrp.rules.engine import Propagation

ONE = np.ones(())  # the weight of every input of a pooling window, cast to the arithmetic of x where it is used


@dataclass(frozen=True)
class WindowSum:
    """z_q = weight * sum of the inputs in window q / divisor_q: the linear map of every pooling layer.

    The weight is one number (shape ()), so that a rule can read it as w, w^2 or 1; divisor (*windows, 1) or None.
    """

    windows: Windows
    weight: Array
    divisor: Array | None = None
    bias: None = None

    def apply(self, weight: Array, x: Any) -> Array:
        """(n, *spatial, c) -> (n, *windows, c), one axis after the other: a sum over a box is one of sums over lines"""
        z = self.windows.padded(x)
        for axis, (first, *others) in enumerate(self.windows.slices(x.shape[1:-1]), 1):
            before, z = z, z[at(axis, first)].copy()
            for tap in others:
                z += before[at(axis, tap)]
        return np.asarray(weight * z if self.divisor is None else weight * z / self.divisor)

    def adjoint(self, weight: Array, s: Array, shape: tuple[int, ...]) -> Array:
        """(n, *windows, c) -> (n, *spatial, c)"""
        s = np.asarray(weight * s if self.divisor is None else weight * s / self.divisor)
        lengths = self.windows.padded_spatial(shape[1:-1])
        for axis, taps in enumerate(self.windows.slices(shape[1:-1]), 1):
            above, s = s, arrays.zeros((*s.shape[:axis], lengths[axis - 1], *s.shape[axis + 1 :]), s)
            for tap in taps:
                s[at(axis, tap)] += above
        return self.windows.cropped(s, shape[1:-1])


def at(axis: int, entries: slice) -> tuple[slice, ...]:
    """The index that picks these entries of an axis."""
    return (*(slice(None),) * axis, entries)


@dataclass(frozen=True, eq=False)
class Pool(Layer):
    """The base of the pooling layers: their windows, and the linear map that sums over them.

    size: one integer for each spatial axis (a single one stands for both axes of a picture); stride None: the size.
    padding "valid", "same" or (before, after) pairs; ceil: windows may hang over the end (see `Windows`).
    """

    size: Any = (2, 2)
    stride: Any = None
    padding: Padding | Any = "valid"
    ceil: bool = False

    def __post_init__(self) -> None:
        name = type(self).__name__
        size = self.size if isinstance(self.size, (tuple, list)) else (self.size, self.size)
        stride = size if self.stride is None else self.stride
        padding = check_padding(self.padding, len(size), f"{name} padding")
        size = per_axis(size, len(size), f"{name} size")
        if not isinstance(padding, str) and any(max(pair) >= k for pair, k in zip(padding, size, strict=True)):
            raise SettingError(f"{name}: expected padding smaller than the window {size}, got {padding}")
        object.__setattr__(self, "size", size)
        object.__setattr__(self, "stride", per_axis(stride, len(size), f"{name} stride"))
        object.__setattr__(self, "padding", padding)

    @cached_property
    def windows(self) -> Windows:
        """Where the windows come to lie."""
        return Windows(self.size, self.stride, self.padding, ceil=self.ceil)

    @abstractmethod
    def linear(self, x: Array) -> WindowSum:
        """The sum (or mean) over the windows of x, in the arithmetic of x."""

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        if len(shape) != len(self.size) + 1:
            raise ShapeError(
                f"expected inputs of {len(self.size)} spatial axes and channels last, got {shape} a sample"
            )
        return (*self.windows.output_shape(shape[:-1], type(self).__name__), shape[-1])


@dataclass(frozen=True, eq=False)
class LinearPool(Pool):
    """A pooling layer that is a linear map; any table rule divides its relevance."""

    rules: ClassVar[tuple[type[Rule], ...]] = (LinearRule,)
    default_rule: ClassVar[Rule | None] = None

    def compute(self, *xs: Array) -> Array:
        linear = self.linear(xs[0])
        return linear.apply(linear.weight, xs[0])

    def distribute(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        return engine.distribute(linear_rule(rule, self), self.linear(xs[0]), xs[0], y, R)

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        linear = self.linear(xs[0])
        return (linear.adjoint(linear.weight, g, xs[0].shape),)


@dataclass(frozen=True, eq=False)
class SumPool(LinearPool):
    """z_q = sum of the inputs in window q, channel by channel

    Source: Bach et al. 2015, sum-pooling

    x (n, *spatial, c) -> (n, *windows, c). Does not divide by anything (one toolbox divides by sqrt(h w) here).
    """

    def linear(self, x: Array) -> WindowSum:
        return WindowSum(self.windows, arrays.cast(ONE, arrays.dtype_name(x)))


@dataclass(frozen=True, eq=False)
class AvgPool(LinearPool):
    """z_q = mean of the inputs in window q, channel by channel

    Source: Bach et al. 2015, average pooling

    x (n, *spatial, c) -> (n, *windows, c). count_padding: whether stated padding counts in the divisor (Caffe and
    torch by default) or only what lies in the picture (Keras); what ceil mode hangs over never counts.
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


@dataclass(frozen=True, eq=False)
class MaxPool(Pool):
    """y_q = the largest input in window q, channel by channel

    Source: Bach et al. 2015, max-pooling

    x (n, *spatial, c) -> (n, *windows, c). Rules: `winner` (all to the largest input; ties in equal parts or to the
    first), or any table rule on the sum over the window: `zero` is the proportional x_i / sum x_i of deep Taylor
    decomposition, `flat` the uniform one. The pullback sends a tie's gradient to the first, as the frameworks do.
    """

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

    def distribute(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        (x,) = xs
        if isinstance(rule, Winner):
            return to_winners(rule, R, y, lambda R: self._to_winners(R, x, y, rule.ties))
        linear = self.linear(x)
        return engine.distribute(linear_rule(rule, self), linear, x, linear.apply(linear.weight, x), R)

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


def to_winners(rule: Winner, R: Array, y: Array, route: Callable[[Array], Array]) -> Propagation:
    """The share of a winner rule, whose `route` brings relevance to the winners."""
    if not rule.eps:
        return (
            engine.all_to_inputs(route(R)) if rule.ties is not Ties.ALL else engine.difference_as_dropped(R, route(R))
        )
    shift = Stabilizer(rule.eps).shift(y)
    s = R / (y + shift)
    share, to_shift = engine.difference_as_dropped(s * y, route(s * y)), s * shift
    return replace(share, stabilizer=arrays.sum_per_sample(to_shift), gross=share.gross + arrays.sum_abs(to_shift))


def linear_rule(rule: Rule, layer: Layer) -> LinearRule:
    """The rule, known to have a table."""
    if not isinstance(rule, LinearRule):
        raise RuleError(f"{type(layer).__name__}: expected a rule with a table, got {rule.text()!r}")
    return rule
