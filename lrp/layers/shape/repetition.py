"""Entries repeated: UpSample along the spatial axes, RepeatVector along a new one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.errors import SettingError, ShapeError
from lrp.layers.base import IndexingLayer, Shape
from lrp.layers.windows import per_axis


@dataclass(frozen=True, eq=False)
class UpSample(IndexingLayer):
    """Each entry repeated `size` times along each spatial axis (nearest neighbour); its relevance is their sum.

    Parameters
    ----------
    size : int or tuple of int
        The number of copies along each spatial axis; a single integer is used for both axes of a picture.
    """

    size: Any = (2, 2)

    def __post_init__(self) -> None:
        size = self.size if isinstance(self.size, (tuple, list)) else (self.size, self.size)
        object.__setattr__(self, "size", per_axis(size, len(size), "UpSample size"))

    def compute(self, *xs: Array) -> Array:
        y = xs[0]
        for axis, times in enumerate(self.size, start=1):
            y = np.repeat(y, times, axis=axis)
        return y

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        for axis, times in enumerate(self.size, start=1):
            g = g.reshape(*g.shape[:axis], -1, times, *g.shape[axis + 1 :]).sum(axis=axis + 1)
        return (g,)

    def output_shape(self, *shapes: Shape) -> Shape:
        return enlarged_shape(shapes[0], self.size)


def enlarged_shape(shape: Shape, size: tuple[int, ...]) -> Shape:
    """The shape with each spatial axis `size` times as long; ShapeError for another number of spatial axes."""
    if len(shape) != len(size) + 1:
        raise ShapeError(
            f"expected inputs of {len(size)} spatial axes and channels last, got {shape} per sample; size has one "
            "number per spatial axis"
        )
    return (*(n if n is None else n * k for n, k in zip(shape, size)), shape[-1])


@dataclass(frozen=True, eq=False)
class RepeatVector(IndexingLayer):
    """A vector n times: (n, d) -> (n, times, d); its relevance is the sum over the copies.

    Parameters
    ----------
    times : int
        The number of copies.
    """

    times: int

    def __post_init__(self) -> None:
        if not isinstance(self.times, int) or self.times < 1:
            raise SettingError(f"RepeatVector: expected a number of at least 1, got {self.times!r}")

    def compute(self, *xs: Array) -> Array:
        return np.repeat(xs[0][:, None], self.times, axis=1)

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        return (g.sum(axis=1),)

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        return (self.times, *shape)
