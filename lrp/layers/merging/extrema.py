"""The largest or the smallest of the inputs, entry by entry."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import RuleError
from lrp.layers.base import Layer, Shape
from lrp.layers.merging.broadcasting import common_shape, unbroadcast
from lrp.layers.winners import to_winners
from lrp.rules import Propagation, Rule, Ties, Winner, winner


@dataclass(frozen=True, eq=False)
class Extremum(Layer):
    """The base of Maximum and Minimum: at each entry one input wins. Takes the rule `winner`, with its ties and eps.

    The pullback sends the gradient of a tie to the first winner, as the frameworks do.
    """

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

    def propagate(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        if not isinstance(rule, Winner):
            raise RuleError(f"{type(self).__name__}: expected the rule winner, got {rule.text()!r}")
        ties = rule.ties
        return to_winners(rule, R, y, lambda R: self._to_winners(R, xs, y, ties))

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        return self._to_winners(g, xs, y, Ties.FIRST)

    def _to_winners(self, R: Array, xs: tuple[Array, ...], y: Array, ties: Ties) -> tuple[Array, ...]:
        wins = np.stack([np.broadcast_to(x == y, y.shape) for x in xs])
        if ties is Ties.FIRST:
            wins = wins & (np.cumsum(wins, axis=0) == 1)
        if ties is not Ties.ALL:
            R = R / arrays.cast(wins.sum(axis=0), arrays.dtype_name(R))
        return tuple(unbroadcast(R * won, x.shape) for won, x in zip(wins, xs, strict=True))

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
