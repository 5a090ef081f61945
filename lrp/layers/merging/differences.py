"""More layers with several inputs: difference, largest, smallest."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import RuleError, ShapeError
from lrp.layers.base import Layer, Shape
from lrp.layers.merging.sums_and_products import Add, common_shape, unbroadcast
from lrp.rules import Rule, Ties, Winner, engine, winner
from lrp.rules.engine import Propagation


@dataclass(frozen=True, eq=False)
class Subtract(Add):
    """z = x_1 - x_2, entry by entry; a table rule divides relevance as for a dense layer with weights 1 and -1

    Source: Bach et al. 2015, Eq. (56)
    """

    def factors(self, count: int) -> list[Any]:
        return [1, -1]

    def output_shape(self, *shapes: Shape) -> Shape:
        if len(shapes) != 2:
            raise ShapeError(f"Subtract: expected two inputs, got {len(shapes)}")
        return super().output_shape(*shapes)


@dataclass(frozen=True, eq=False)
class Extremum(Layer):
    """The base of Maximum and Minimum: one input wins at each entry, and the winner takes all."""

    rules: ClassVar[tuple[type[Rule], ...]] = (Winner,)
    default_rule: ClassVar[Rule | None] = winner()

    @abstractmethod
    def best(self, a: Array, b: Array) -> Array:
        """The winner of two, entry by entry."""

    def compute(self, *xs: Array) -> Array:
        y = xs[0]
        for x in xs[1:]:
            y = self.best(y, x)
        return y

    def distribute(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        if not isinstance(rule, Winner):
            raise RuleError(f"{type(self).__name__}: expected the rule winner, got {rule.text()!r}")
        return engine.all_to_inputs(*self._to_winners(R, xs, y, rule.ties))

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        return self._to_winners(g, xs, y, Ties.FIRST)

    def _to_winners(self, R: Array, xs: tuple[Array, ...], y: Array, ties: Ties) -> tuple[Array, ...]:
        wins = np.stack([np.broadcast_to(x == y, y.shape) for x in xs])
        if ties is Ties.FIRST:
            wins = wins & (np.cumsum(wins, axis=0) == 1)
        share = R / arrays.cast(wins.sum(axis=0), arrays.dtype_name(R))
        return tuple(unbroadcast(share * won, x.shape) for won, x in zip(wins, xs, strict=True))

    def output_shape(self, *shapes: Shape) -> Shape:
        return common_shape(shapes, type(self).__name__)


@dataclass(frozen=True, eq=False)
class Maximum(Extremum):
    """y = max(x_1, ..., x_m), entry by entry: max-pooling over the inputs

    Source: Bach et al. 2015, max-pooling
    """

    def best(self, a: Array, b: Array) -> Array:
        return np.maximum(a, b)


@dataclass(frozen=True, eq=False)
class Minimum(Extremum):
    """y = min(x_1, ..., x_m), entry by entry: -max(-x_1, ..., -x_m)

    Source: Bach et al. 2015, max-pooling
    """

    def best(self, a: Array, b: Array) -> Array:
        return np.minimum(a, b)
