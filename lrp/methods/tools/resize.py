"""Bilinear interpolation as one matrix per axis, whose transpose is the adjoint."""

from __future__ import annotations

import numpy as np

from lrp.arrays import Array


def interpolation(length: int, wanted: int) -> Array:
    """(wanted, length): the linear interpolation between the centres of `length` cells at those of `wanted` cells.

        place of cell i: (i + 1/2) length / wanted - 1/2, not beyond the outermost centres

    Rows sum to 1.
    """
    place = np.clip((np.arange(wanted) + 0.5) * length / wanted - 0.5, 0, length - 1)
    below = np.minimum(place.astype(int), max(length - 2, 0))
    part = place - below
    matrix = np.zeros((wanted, length))
    rows = np.arange(wanted)
    matrix[rows, below] += 1 - part
    matrix[rows, np.minimum(below + 1, length - 1)] += part
    return matrix


def nearest(length: int, wanted: int) -> Array:
    """(wanted, length): each of `wanted` cells copies the one of `length` cells that its centre lies in."""
    matrix = np.zeros((wanted, length))
    matrix[np.arange(wanted), ((np.arange(wanted) + 0.5) * length / wanted).astype(int)] = 1
    return matrix


def along_axes(matrices: list[Array], x: Array) -> Array:
    """Each matrix on its spatial axis: (n, *spatial, c) -> (n, *wanted, c)."""
    for axis, matrix in enumerate(matrices, start=1):
        x = np.moveaxis(np.tensordot(matrix.astype(x.dtype), x, axes=(1, axis)), 0, axis)
    return x


def resize(x: Array, wanted: tuple[int, ...]) -> Array:
    """Bilinear: (n, *spatial, c) -> (n, *wanted, c)."""
    return along_axes([interpolation(n, m) for n, m in zip(x.shape[1:-1], wanted, strict=True)], x)
