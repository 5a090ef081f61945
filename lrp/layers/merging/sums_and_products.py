"""Layers with several inputs: sum, mean, concatenation, product."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import RuleError, SettingError, ShapeError
from lrp.layers.base import IndexingLayer, Layer, Shape
from lrp.layers.pooling import linear_rule
from lrp.rules import LinearRule, Rule, Signal, Uniform, engine, zero
from lrp.rules.engine import Propagation


@dataclass(frozen=True)
class WeightedSum:
    """z = sum_i w_i x_i over m arrays of one shape, stacked on a last axis: (n, ..., m) -> (n, ...)."""

    weight: Array
    bias: None = None

    def apply(self, weight: Array, x: Any) -> Array:
        """(n, ..., m) @ (m,) -> (n, ...)"""
        return np.asarray(x @ weight)

    def adjoint(self, weight: Array, s: Array, shape: tuple[int, ...]) -> Array:
        """(n, ...) -> (n, ..., m)"""
        return np.asarray(s[..., None] * weight)


def common_shape(shapes: tuple[Shape, ...], name: str) -> Shape:
    """The shape that the inputs of an elementwise merge broadcast to (a length of 1 is repeated)."""
    if len(shapes) < 1 or len({len(shape) for shape in shapes}) != 1:
        raise ShapeError(f"{name}: expected inputs with equally many axes, got {list(shapes)}")
    result = []
    for lengths in zip(*shapes, strict=True):
        fixed = {n for n in lengths if n is not None and n != 1}
        if len(fixed) > 1:
            raise ShapeError(f"{name}: expected inputs of one shape, got {list(shapes)}")
        result.append(None if None in lengths and not fixed else max(fixed, default=1))
    return tuple(result)


def unbroadcast(part: Array, shape: tuple[int, ...]) -> Array:
    """The transpose of broadcasting: sums over the axes along which an input was repeated."""
    axes = tuple(i for i, (n, m) in enumerate(zip(part.shape, shape, strict=True)) if n != m)
    return part.sum(axis=axes, keepdims=True) if axes else part


@dataclass(frozen=True, eq=False)
class Add(Layer):
    """z = x_1 + ... + x_m, entry by entry; a table rule divides relevance as for a dense layer with weights 1

    Source: Bach et al. 2015, Eq. (56)
    """

    rules: ClassVar[tuple[type[Rule], ...]] = (LinearRule,)
    default_rule: ClassVar[Rule | None] = None

    def factors(self, count: int) -> list[Any]:
        """The weight of each input, as an exact number."""
        return [1] * count

    def linear(self, xs: tuple[Array, ...]) -> WeightedSum:
        """The weighted sum of the stacked inputs, in their arithmetic."""
        weights = [arrays.scalar(w, xs[0]) for w in self.factors(len(xs))]
        return WeightedSum(np.array(weights, dtype=xs[0].dtype))

    def compute(self, *xs: Array) -> Array:
        weights = self.linear(xs).weight
        y = weights[0] * xs[0]
        for w, x in zip(weights[1:], xs[1:], strict=True):
            y = y + w * x
        return y

    def distribute(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        stacked = np.stack(np.broadcast_arrays(*xs), axis=-1)
        share = engine.distribute(linear_rule(rule, self), self.linear(xs), stacked, y, R)
        each = np.moveaxis(share.parts[0], -1, 0)
        parts = tuple(unbroadcast(part, x.shape) for part, x in zip(each, xs, strict=True))
        return Propagation(parts, share.bias, share.stabilizer, share.dropped, share.gross)

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        weights = self.linear(xs).weight
        return tuple(unbroadcast(w * g, x.shape) for w, x in zip(weights, xs, strict=True))

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
class Concat(IndexingLayer):
    """The inputs side by side along one axis of the sample: -1 the channels, 1 the first spatial axis."""

    axis: int = -1

    def __post_init__(self) -> None:
        if self.axis == 0:
            raise SettingError("Concat: expected an axis of the sample, got 0, the axis of the samples")

    def compute(self, *xs: Array) -> Array:
        return np.concatenate(xs, axis=self.axis)

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        ends = np.cumsum([x.shape[self.axis] for x in xs])[:-1]
        return tuple(np.split(g, ends, axis=self.axis))

    def output_shape(self, *shapes: Shape) -> Shape:
        axis = self.axis - 1 if self.axis > 0 else self.axis
        ranks = {len(shape) for shape in shapes}
        if len(ranks) != 1 or not -min(ranks) <= axis < min(ranks):
            raise ShapeError(
                f"Concat: expected inputs with equally many axes and an axis {self.axis}, got {list(shapes)}"
            )
        axis %= min(ranks)
        rest = common_shape(tuple((*s[:axis], *s[axis + 1 :]) for s in shapes), "Concat") if min(ranks) > 1 else ()
        lengths = [shape[axis] for shape in shapes]
        joined = None if None in lengths else sum(n for n in lengths if n is not None)
        return (*rest[:axis], joined, *rest[axis:])


@dataclass(frozen=True, eq=False)
class Multiply(Layer):
    """y = x_1 x_2 ... x_m, entry by entry. Rules: `uniform` (R/m to each factor), `signal` (all to one, none to gates).

    Source: Arras et al. 2017, signal-take-all; Achtibat et al. 2024, uniform rule

    Also `zero`, x_i dy/dx_i R / y = R to each factor, as gradient x input has it: it multiplies relevance by m, and the
    ledger shows a negative dropped.
    """

    rules: ClassVar[tuple[type[Rule], ...]] = (Uniform, Signal, LinearRule)
    default_rule: ClassVar[Rule | None] = None

    def accepts(self, rule: Rule) -> bool:
        return rule == zero() if isinstance(rule, LinearRule) else super().accepts(rule)

    def compute(self, *xs: Array) -> Array:
        y = xs[0]
        for x in xs[1:]:
            y = y * x
        return y

    def distribute(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        if isinstance(rule, Signal):
            if not 0 <= rule.index < len(xs):
                raise RuleError(f"signal: expected the number of one of {len(xs)} inputs, got {rule.index}")
            nothing = arrays.zeros(R.shape, R)
            parts = [R if i == rule.index else nothing for i in range(len(xs))]
        elif isinstance(rule, LinearRule):
            return engine.difference_as_dropped(R, *(unbroadcast(R, x.shape) for x in xs))
        else:
            parts = [R / arrays.scalar(len(xs), R)] * len(xs)
        return engine.all_to_inputs(*(unbroadcast(part, x.shape) for part, x in zip(parts, xs, strict=True)))

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        others = [g * self.compute(*(arrays.ones((1,) * g.ndim, g), *xs[:i], *xs[i + 1 :])) for i in range(len(xs))]
        return tuple(unbroadcast(part, x.shape) for part, x in zip(others, xs, strict=True))

    def output_shape(self, *shapes: Shape) -> Shape:
        return common_shape(shapes, "Multiply")
