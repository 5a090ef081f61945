"""Padding of texts of different length: padded positions become 0."""

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

    The relevance of a text position passes unchanged; that of a padded position is dropped. After a ReLU a padded 0
    never exceeds the value of a word in a maximum over time, so a text has the same output alone and in a padded batch.

    Parameters
    ----------
    padding : int
        The token of a position that is not part of the text.
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
        """Whether each position is part of the text: booleans (n, t, 1)."""
        return np.asarray(tokens != self.padding)[..., None]
