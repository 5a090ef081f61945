"""The inputs side by side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrp.arrays import Array
from lrp.errors import SettingError, ShapeError
from lrp.layers.base import IndexingLayer, Shape
from lrp.layers.merging.broadcasting import common_shape


@dataclass(frozen=True, eq=False)
class Concat(IndexingLayer):
    """The inputs side by side along one axis of the sample.

    Parameters
    ----------
    axis : int
        The axis of the array, with the samples as axis 0: -1 the channels, 1 the first spatial axis.
    """

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
