"""Boxes of equal size at different places of a batch of channels-last arrays: cutting them out and pasting them in."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from lrp.arrays import Array

Size = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Patch:
    """New values of a box of each of m arrays: corner (m, axes) whole numbers, values (m, *size, c)."""

    corner: Array
    values: Array

    @property
    def size(self) -> Size:
        """The box's lengths."""
        return tuple(self.values.shape[1:-1])


def covered_fraction(size: Size, spatial: Size) -> float:
    """The fraction of the array that a box covers."""
    return prod(size) / prod(spatial)


def _places(corner: Array, size: Size) -> list[Array]:
    """The absolute positions of each box along each axis: arrays (m, size_k)."""
    return [corner[:, k, None] + np.arange(length) for k, length in enumerate(size)]


def _grid(places: list[Array]) -> tuple[Array, ...]:
    """Arrays (m, size_k) made to broadcast against each other: (m, 1, .., size_k, .., 1)."""
    axes = len(places)
    return tuple(p.reshape(len(p), *(1,) * k, -1, *(1,) * (axes - 1 - k)) for k, p in enumerate(places))


def cut(base: Array, rows: Array, corner: Array, size: Size, fill: Any = 0) -> Array:
    """The boxes out of base (n, *spatial, c), one for each of `rows`; positions outside the array are `fill`."""
    places = _places(corner, size)
    spatial = base.shape[1:-1]
    clipped = [np.clip(p, 0, n - 1) for p, n in zip(places, spatial, strict=True)]
    result = base[(rows.reshape(-1, *(1,) * len(size)), *_grid(clipped))]
    inside = [p == q for p, q in zip(places, clipped, strict=True)]
    if all(i.all() for i in inside):
        return result
    keep = np.logical_and.reduce(np.broadcast_arrays(*_grid(inside)))
    return np.where(keep[..., None], result, base.dtype.type(fill))


def overlay(crop: Array, corner: Array, patch: Patch) -> Array:
    """The crops (boxes at `corner`) with what the patch changes of them; the crops themselves are overwritten."""
    offset = patch.corner - corner
    size = crop.shape[1:-1]
    if (offset == offset[0]).all():
        to, source = [slice(None)], [slice(None)]
        for o, n, m in zip(offset[0], size, patch.size, strict=True):
            to.append(slice(max(o, 0), max(min(o + m, n), 0)))
            source.append(slice(max(-o, 0), max(min(m, n - o), 0)))
        crop[tuple(to)] = patch.values[tuple(source)]
        return crop
    relative = [p - patch.corner[:, k, None] for k, p in enumerate(_places(corner, size))]
    clipped = [np.clip(p, 0, n - 1) for p, n in zip(relative, patch.size, strict=True)]
    rows = np.arange(len(crop)).reshape(-1, *(1,) * len(size))
    new = patch.values[(rows, *_grid(clipped))]
    inside = [p == q for p, q in zip(relative, clipped, strict=True)]
    keep = np.logical_and.reduce(np.broadcast_arrays(*_grid(inside)))
    np.copyto(crop, new, where=keep[..., None])
    return crop


def paste(base: Array, rows: Array, patch: Patch) -> None:
    """Write each box into its row of base, in place; the boxes lie inside."""
    places = _places(patch.corner, patch.size)
    base[(rows.reshape(-1, *(1,) * len(places)), *_grid(places))] = patch.values


def clamp(corner: Array, size: Size, spatial: Size) -> Array:
    """Corners moved inward so that the boxes lie inside."""
    return np.clip(corner, 0, np.array(spatial) - np.array(size))
