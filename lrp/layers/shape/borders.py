"""Entries added or cut off at the borders of the spatial axes: ZeroPad, Crop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import SettingError, ShapeError
from lrp.layers.base import IndexingLayer, Shape
from lrp.layers.windows import Pairs, check_padding
from lrp.rules import Propagation, Rule, with_dropped


def _pairs(value: Any, subject: str) -> Pairs:
    """(before, after) for each spatial axis, as many as the value has entries."""
    if not isinstance(value, (tuple, list, np.ndarray)):
        raise SettingError(
            f"{subject}: expected (before, after) for each spatial axis, got {value!r}; write ((1, 1), (1, 1)) "
            "for a picture"
        )
    pairs = check_padding(value, len(value), subject)
    return pairs if not isinstance(pairs, str) else ()


def _inner(pairs: Pairs, spatial: tuple[int, ...]) -> tuple[slice, ...]:
    """The slice of each axis without `before` entries at the start and `after` at the end."""
    rows = zip(pairs, spatial, strict=True)
    return (slice(None), *(slice(before, length - after) for (before, after), length in rows))


@dataclass(frozen=True, eq=False)
class ZeroPad(IndexingLayer):
    """Zeros around the spatial axes. The relevance of the padding is dropped.

    Parameters
    ----------
    padding : pairs
        (before, after) for each spatial axis: how many zeros are added.
    """

    padding: Any

    def __post_init__(self) -> None:
        object.__setattr__(self, "padding", _pairs(self.padding, "ZeroPad padding"))

    def compute(self, *xs: Array) -> Array:
        x = xs[0]
        return np.pad(x, ((0, 0), *self.padding, (0, 0)), constant_values=arrays.scalar(0, x))

    def propagate(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        inside = _inner(self.padding, R.shape[1:-1])
        outside = R.copy()
        outside[inside] = arrays.scalar(0, R)
        return with_dropped(outside, R[inside])

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        return (g[_inner(self.padding, g.shape[1:-1])],)

    def output_shape(self, *shapes: Shape) -> Shape:
        return _lengthened(shapes[0], self.padding, 1)


@dataclass(frozen=True, eq=False)
class Crop(IndexingLayer):
    """The spatial axes without `before` entries at the start and `after` at the end.

    Parameters
    ----------
    cropping : pairs
        (before, after) for each spatial axis: how many entries are cut off.
    """

    cropping: Any

    def __post_init__(self) -> None:
        object.__setattr__(self, "cropping", _pairs(self.cropping, "Crop cropping"))

    def compute(self, *xs: Array) -> Array:
        return xs[0][_inner(self.cropping, xs[0].shape[1:-1])]

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        return (np.pad(g, ((0, 0), *self.cropping, (0, 0)), constant_values=arrays.scalar(0, g)),)

    def output_shape(self, *shapes: Shape) -> Shape:
        return _lengthened(shapes[0], self.cropping, -1)


def _lengthened(shape: Shape, pairs: Pairs, sign: int) -> Shape:
    """The shape with each spatial axis longer (or shorter) by its pair."""
    if len(shape) != len(pairs) + 1:
        raise ShapeError(f"expected inputs of {len(pairs)} spatial axes and channels last, got {shape} per sample")
    spatial = tuple(n if n is None else n + sign * sum(pair) for n, pair in zip(shape[:-1], pairs, strict=True))
    if any(n is not None and n < 1 for n in spatial):
        raise ShapeError(f"expected spatial axes longer than what is cut off, {pairs}, got {shape} per sample")
    return (*spatial, shape[-1])
