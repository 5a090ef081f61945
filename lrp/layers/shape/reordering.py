"""The same entries in another shape or order: Reshape, Flatten, Permute."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lrp.arrays import Array
from lrp.errors import SettingError, ShapeError
from lrp.layers.base import IndexingLayer, Shape


@dataclass(frozen=True, eq=False)
class Reshape(IndexingLayer):
    """One sample's entries, in row-major order, in another shape; one length may be -1.

    Parameters
    ----------
    shape : tuple of int
        The new shape of one sample; one length may be -1.
    """

    shape: tuple[int, ...]

    def __post_init__(self) -> None:
        shape = tuple(int(n) for n in self.shape)
        if sum(n == -1 for n in shape) > 1 or any(n < 1 and n != -1 for n in shape):
            raise SettingError(f"Reshape: expected positive lengths, -1 at most once, got {shape}")
        object.__setattr__(self, "shape", shape)

    def compute(self, *xs: Array) -> Array:
        return xs[0].reshape(len(xs[0]), *self.shape)

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        return (g.reshape(xs[0].shape),)

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        if any(n is None for n in shape):
            return tuple(None if n == -1 else n for n in self.shape)
        entries, known = math.prod(n for n in shape if n is not None), math.prod(n for n in self.shape if n != -1)
        if entries % known or (-1 not in self.shape and entries != known):
            raise ShapeError(
                f"expected a shape for the {entries} entries of {shape}, got {self.shape}; write -1 for "
                "one length that follows from the others"
            )
        return tuple(entries // known if n == -1 else n for n in self.shape)


@dataclass(frozen=True, eq=False)
class Flatten(IndexingLayer):
    """One sample's entries in one row: (n, h, w, c) -> (n, h w c), the channel fastest."""

    def compute(self, *xs: Array) -> Array:
        return xs[0].reshape(len(xs[0]), -1)

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        return (g.reshape(xs[0].shape),)

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        return (None,) if None in shape else (math.prod(n for n in shape if n is not None),)


@dataclass(frozen=True, eq=False)
class Permute(IndexingLayer):
    """The axes of a sample in another order, counted from 1: (3, 1, 2) takes (n, a, b, c) to (n, c, a, b).

    Parameters
    ----------
    axes : tuple of int
        The old axis at each new place, counted from 1.
    """

    axes: tuple[int, ...]

    def __post_init__(self) -> None:
        axes = tuple(int(a) for a in self.axes)
        if sorted(axes) != list(range(1, len(axes) + 1)):
            raise SettingError(f"Permute: expected each of 1..{len(axes)} once, got {axes}")
        object.__setattr__(self, "axes", axes)

    def compute(self, *xs: Array) -> Array:
        return xs[0].transpose(0, *self.axes)

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        return (g.transpose(np.argsort((0, *self.axes))),)

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        if len(shape) != len(self.axes):
            raise ShapeError(f"expected samples of {len(self.axes)} axes, got {shape}")
        return tuple(shape[a - 1] for a in self.axes)
