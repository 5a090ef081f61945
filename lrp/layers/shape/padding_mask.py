"""Padding of texts of different length: positions that are not there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import ShapeError
from lrp.layers.base import Layer, Shape
from lrp.rules import Propagation, Rule, with_dropped


@dataclass(frozen=True, eq=False)
class Mask(Layer):
    """y_t = x_t where token_t is not `padding`, else 0: two inputs, x (n, t, c) and the tokens (n, t).

    Relevance of a position that is there passes unchanged; that of a position that is not is dropped, and the
    ledger's line says how much it was. After a ReLU no zero of a mask beats a word's value in a maximum over time, so
    that a text alone and the same text in a padded batch have the same output.
    """

    padding: int = 0

    def compute(self, *xs: Array) -> Array:
        x, tokens = xs
        return np.where(self.present(tokens), x, arrays.scalar(0, x))

    def propagate(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        there = self.present(xs[1])
        zero = arrays.scalar(0, R)
        return with_dropped(np.where(there, zero, R), np.where(there, R, zero), arrays.zeros(xs[1].shape, R))

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        return np.where(self.present(xs[1]), g, arrays.scalar(0, g)), arrays.zeros(xs[1].shape, g)

    def output_shape(self, *shapes: Shape) -> Shape:
        if len(shapes) != 2 or len(shapes[0]) != 2 or len(shapes[1]) != 1:
            raise ShapeError(f"Mask: expected a sequence (t, c) and its tokens (t,), got {list(shapes)}")
        return shapes[0]

    def present(self, tokens: Array) -> Array:
        """(n, t, 1) whether the position holds a token."""
        return np.asarray(tokens != self.padding)[..., None]
