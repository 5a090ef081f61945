"""Heatmaps made comparable: channels summed, pooled to few pixels, each of norm 1."""

from __future__ import annotations

import numpy as np

from lrp.arrays import Array
from lrp.errors import ShapeError


def comparable(relevance: Array, side: int = 20) -> Array:
    """Relevance (n, c, h, w) or (n, h, w) as rows (n, side * side) of norm 1.

    Channels are summed and pixels averaged over side x side cells, each cell over the pixels whose centres
    lie in it; a picture smaller than the grid keeps its pixels. A heatmap of zeros stays zero. ShapeError for other
    axes.
    """
    R = np.asarray(relevance, dtype=np.float64)
    if R.ndim == 4:
        R = R.sum(axis=1)
    if R.ndim != 3:
        raise ShapeError(f"spray: expected heatmaps (n, h, w) or (n, c, h, w), got shape {np.shape(relevance)}")
    R = _pooled(_pooled(R, side, 1), side, 2).reshape(len(R), -1)
    norms = np.linalg.norm(R, axis=1, keepdims=True)
    return np.divide(R, norms, out=np.zeros_like(R), where=norms > 0)


def _pooled(R: Array, side: int, axis: int) -> Array:
    """Means over `side` cells of one axis."""
    length = R.shape[axis]
    if length <= side:
        return R
    cell = ((np.arange(length) + 0.5) * side / length).astype(int)
    starts = np.searchsorted(cell, np.arange(side))
    counts = np.bincount(cell, minlength=side)
    shape = [1] * R.ndim
    shape[axis] = side
    return np.asarray(np.add.reduceat(R, starts, axis=axis) / counts.reshape(shape))
