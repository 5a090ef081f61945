"""Weighted sums of the inputs, entry by entry: Add, Average, Subtract, WeightedAdd."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from lrp import arrays
from lrp.arrays import Array, Number
from lrp.errors import SettingError, ShapeError
from lrp.layers.base import Layer, Shape
from lrp.layers.merging.broadcasting import common_shape, unbroadcast
from lrp.layers.rule_checks import linear_rule
from lrp.layers.sums import StackedSum, distribute_sum
from lrp.rules import LinearRule, Propagation, Rule


@dataclass(frozen=True, eq=False)
class Add(Layer):
    """z = x_1 + ... + x_m, entry by entry; a table rule divides relevance as for a dense layer with weights 1

    Source: Bach et al. 2015, Eq. (56)

    The inputs have equally many axes; an axis of length 1 is repeated, and its relevance is the sum over the copies.
    """

    rules: ClassVar[tuple[type[Rule], ...]] = (LinearRule,)
    default_rule: ClassVar[Rule | None] = None

    def factors(self, count: int) -> list[Any]:
        """The weight of each of `count` inputs, as an exact number."""
        return [1] * count

    def weights_of(self, xs: tuple[Array, ...]) -> Array:
        """The weights w_i in the arithmetic of the inputs: (m,)."""
        return np.array([arrays.scalar(w, xs[0]) for w in self.factors(len(xs))], dtype=xs[0].dtype)

    def linear(self, xs: tuple[Array, ...]) -> StackedSum:
        """The linear map of the inputs stacked on a last axis."""
        return StackedSum(self.weights_of(xs))

    def compute(self, *xs: Array) -> Array:
        w = self.weights_of(xs)
        z = w[0] * xs[0]
        for w_i, x_i in zip(w[1:], xs[1:], strict=True):
            z = z + w_i * x_i
        return z

    def propagate(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        divided = distribute_sum(linear_rule(rule, self), self.weights_of(xs), xs, y, R)
        parts = tuple(unbroadcast(part, x.shape) for part, x in zip(divided.parts, xs, strict=True))
        return replace(divided, parts=parts)

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        return tuple(unbroadcast(w_i * g, x_i.shape) for w_i, x_i in zip(self.weights_of(xs), xs, strict=True))

    def output_shape(self, *shapes: Shape) -> Shape:
        return common_shape(shapes, type(self).__name__)


@dataclass(frozen=True, eq=False)
class Average(Add):
    """z = (x_1 + ... + x_m) / m, entry by entry

    Source: Bach et al. 2015, Eq. (56)
    """

    def factors(self, count: int) -> list[Any]:
        return [arrays.rational(1) / count] * count


@dataclass(frozen=True, eq=False)
class Subtract(Add):
    """z = x_1 - x_2, entry by entry; a table rule divides relevance as for a dense layer with weights 1 and -1

    Source: Bach et al. 2015, Eq. (56)
    """

    def factors(self, count: int) -> list[Any]:
        return [1, -1]

    def output_shape(self, *shapes: Shape) -> Shape:
        if len(shapes) != 2:
            raise ShapeError(f"Subtract: expected two inputs, got {len(shapes)}; use WeightedAdd for another number")
        return super().output_shape(*shapes)


@dataclass(frozen=True, eq=False)
class WeightedAdd(Add):
    """z = c_1 x_1 + ... + c_m x_m, entry by entry: a dense layer with the coefficients for weights

    Source: Bach et al. 2015, the linear layer

    Parameters
    ----------
    coefficients : tuple of numbers
        c_1 ... c_m, one per input.
    """

    coefficients: tuple[Number, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "coefficients", tuple(self.coefficients))
        if not self.coefficients or not all(isinstance(c, (int, float)) for c in self.coefficients):
            raise SettingError(
                f"WeightedAdd: expected a number for each input, got {self.coefficients}; write (1.0, -0.5) for two"
            )

    def factors(self, count: int) -> list[Any]:
        return list(self.coefficients)

    def output_shape(self, *shapes: Shape) -> Shape:
        if len(shapes) != len(self.coefficients):
            raise ShapeError(
                f"WeightedAdd: expected {len(self.coefficients)} inputs, got {len(shapes)}; there is one coefficient "
                "per input"
            )
        return super().output_shape(*shapes)
