"""Dropout, which does nothing at inference."""

from __future__ import annotations

from dataclasses import dataclass

from lrp.arrays import Array
from lrp.layers.base import IndexingLayer, Shape


@dataclass(frozen=True, eq=False)
class Dropout(IndexingLayer):
    """The identity, as at inference: a trained network drops nothing.

    Parameters
    ----------
    rate : float
        The fraction that training drops; it has no effect here.
    """

    rate: float = 0.5

    def compute(self, *xs: Array) -> Array:
        return xs[0]

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        return (g,)

    def output_shape(self, *shapes: Shape) -> Shape:
        return shapes[0]
