"""A part of a sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import SettingError, ShapeError
from lrp.layers.base import IndexingLayer, Shape


@dataclass(frozen=True, eq=False)
class Slice(IndexingLayer):
    """Part of a sample: a slice or one index for each of its leading axes.

    start, stop and step are as in Python, None included; further axes stay whole. Entries that are not in the output
    receive no relevance.

    Parameters
    ----------
    parts : tuple
        For each leading axis (start, stop, step), or an integer, which removes the axis.
    """

    parts: tuple[Any, ...]

    def __post_init__(self) -> None:
        parts = tuple(tuple(part) if isinstance(part, (tuple, list)) else part for part in self.parts)
        for part in parts:
            numbers = part if isinstance(part, tuple) else (part, 1, 1)
            whole = all(n is None or isinstance(n, int) for n in numbers) and numbers[0] is not Ellipsis
            if len(numbers) != 3 or not whole or numbers[2] == 0 or (not isinstance(part, tuple) and part is None):
                raise SettingError(f"Slice: expected (start, stop, step) or a number for each axis, got {part!r}")
        object.__setattr__(self, "parts", parts)

    def index(self) -> tuple[Any, ...]:
        """The index into an array with the samples first."""
        return (slice(None), *(slice(*part) if isinstance(part, tuple) else part for part in self.parts))

    def compute(self, *xs: Array) -> Array:
        return xs[0][self.index()]

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        result = arrays.zeros(xs[0].shape, g)
        result[self.index()] = g
        return (result,)

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        if len(self.parts) > len(shape):
            raise ShapeError(f"Slice: expected samples of at least {len(self.parts)} axes, got {shape}")
        lengths: list[int | None] = []
        for part, n in zip(self.parts, shape):
            if isinstance(part, tuple):
                whole = part in ((None, None, None), (None, None, 1), (None, None, -1))
                lengths.append(n if whole else None if n is None else len(range(*slice(*part).indices(n))))
            elif n is not None and not -n <= part < n:
                raise ShapeError(f"Slice: expected an index into an axis of length {n}, got {part}")
        if 0 in lengths:
            raise ShapeError(f"Slice: nothing is left of {shape} by {self.parts}")
        return (*lengths, *shape[len(self.parts) :])
