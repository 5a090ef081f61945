"""Upsampling by interpolation between neighbours."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.layers.base import Layer, Shape
from lrp.layers.pooling import ONE
from lrp.layers.rule_checks import keeps_losses, linear_rule
from lrp.layers.shape.repetition import enlarged_shape
from lrp.layers.windows import per_axis
from lrp.rules import LinearRule, Propagation, Rule, Term, distribute


@dataclass(frozen=True)
class Interpolation:
    """z = weight * (A_1 x ... x A_D) x, one matrix (larger, smaller) a spatial axis; the weight is one number."""

    weight: Array
    matrices: tuple[Array, ...]
    bias: Array | None = None

    def apply(self, weight: Array, x: Any) -> Array:
        """(n, *spatial, c) -> (n, *larger, c)"""
        return self._along(weight * x, [matrix.T for matrix in self.matrices])

    def adjoint(self, weight: Array, s: Array, shape: tuple[int, ...]) -> Array:
        """(n, *larger, c) -> (n, *spatial, c)"""
        return self._along(weight * s, list(self.matrices))

    def _along(self, x: Array, matrices: list[Array]) -> Array:
        for axis, matrix in enumerate(matrices, start=1):
            x = np.moveaxis(np.moveaxis(x, axis, -1) @ matrix, -1, axis)
        return x


@dataclass(frozen=True, eq=False)
class Interpolate(Layer):
    """Each spatial axis `size` times as long, linear between the two nearest entries, constant beyond the ends.

    Entry i of the larger axis lies at (i + 1/2) / size - 1/2 of the smaller one. Takes the table rules that go by the
    products x w; the weights w are not negative and not stored, so flat, w_square and sink=spread are refused.

    Parameters
    ----------
    size : int or tuple of int
        How many times as long each spatial axis becomes.
    half_pixel : bool
        False: entry i lies at i / size, as in the bilinear resize of TensorFlow 1.
    single : bool
        Whether the value is computed in float32 for any input, as TensorFlow's kernel does even for float64. The
        rounding is counted as the bias of the map.
    """

    rules: ClassVar[tuple[type[Rule], ...]] = (LinearRule,)
    default_rule: ClassVar[Rule | None] = None

    accepted: ClassVar[str] = "a rule with a table other than flat and w_square, with sink=keep"

    size: Any = (2, 2)
    half_pixel: bool = True
    single: bool = False

    def __post_init__(self) -> None:
        size = self.size if isinstance(self.size, (tuple, list)) else (self.size, self.size)
        object.__setattr__(self, "size", per_axis(size, len(size), "Interpolate size"))

    def admits(self, rule: Rule) -> bool:
        weights = {term.weight for group in linear_rule(rule, self).groups for term in group.terms}
        return weights == {Term().weight} and keeps_losses(rule)

    def linear(self, x: Array) -> Interpolation:
        """The linear map on x, in its arithmetic."""
        matrices = [self._matrix(n, k, x) for n, k in zip(x.shape[1:-1], self.size, strict=True)]
        return Interpolation(arrays.cast(ONE, arrays.dtype_name(x)), tuple(matrices))

    def _matrix(self, length: int, size: int, like: Array) -> Array:
        """(length size, length): the weights of the neighbours, in exact quarters of a pixel before they are cast."""
        matrix = arrays.zeros((length * size, length), like)
        for i in range(length * size):
            over = 2 * i + 1 - size if self.half_pixel else 2 * i  # the position times 2 size
            low, rest = divmod(min(max(over, 0), 2 * size * (length - 1)), 2 * size)
            fraction = arrays.scalar(rest, like) / arrays.scalar(2 * size, like)
            matrix[i, low] += arrays.scalar(1, like) - fraction
            if rest:
                matrix[i, low + 1] += fraction
        return matrix

    def compute(self, *xs: Array) -> Array:
        if self.single and not arrays.is_exact(xs[0]):
            return self._in_float32(xs[0])
        linear = self.linear(xs[0])
        return linear.apply(linear.weight, xs[0])

    def _in_float32(self, x: Array) -> Array:
        """The value in float32: a + (b - a) t along the last spatial axis first, positions rounded as well."""
        y, single = x.astype(np.float32), np.float32
        for axis in range(len(self.size), 0, -1):
            length, size = x.shape[axis], self.size[axis - 1]
            half = single(0.5 if self.half_pixel else 0)
            place = (np.arange(length * size, dtype=single) + half) * (single(length) / single(length * size)) - half
            below = np.floor(place)
            low = np.maximum(below, 0).astype(int)
            high = np.minimum(np.ceil(place), length - 1).astype(int)
            t = (place - below).reshape(-1, *(1,) * (x.ndim - axis - 1))
            a, b = np.take(y, low, axis), np.take(y, high, axis)
            y = a + (b - a) * t
        return np.asarray(y.astype(x.dtype))

    def propagate(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        linear = self.linear(xs[0])
        if self.single:  # what float32 rounded is counted as the bias of the map
            linear = replace(linear, bias=y - linear.apply(linear.weight, xs[0]))
        return distribute(linear_rule(rule, self), linear, xs[0], y, R)

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        linear = self.linear(xs[0])
        return (linear.adjoint(linear.weight, g, xs[0].shape),)

    def output_shape(self, *shapes: Shape) -> Shape:
        return enlarged_shape(shapes[0], self.size)
