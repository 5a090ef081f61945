"""The spatial pyramid: which descriptors lie in which cell of which grid over the picture.

A pyramid is a tuple of grids (rows, columns): ((1, 1), (3, 1), (2, 2)) is the whole picture, three horizontal
strips and four quarters, 8 cells. Cells are counted grid by grid, each row by row. A position is (x, y) in [0, 1],
x to the right and y down; a position on an inner edge belongs to the cell on the right or below.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.errors import InputError, SettingError, ShapeError

Pyramid = tuple[tuple[int, int], ...]
WHOLE: Pyramid = ((1, 1),)


def as_pyramid(value: Any) -> Pyramid:
    """The pyramid as a tuple of pairs of positive numbers."""
    try:
        pyramid = tuple((int(rows), int(columns)) for rows, columns in value)
    except (TypeError, ValueError):
        pyramid = ()
    if not pyramid or min(min(grid) for grid in pyramid) < 1:
        raise SettingError(f"pyramid: expected pairs (rows, columns) such as ((1, 1), (3, 1), (2, 2)), got {value!r}")
    return pyramid


def cell_count(pyramid: Pyramid) -> int:
    """The number of cells of all grids."""
    return sum(rows * columns for rows, columns in pyramid)


def members(pyramid: Pyramid, positions: Array | None, count: int) -> Array:
    """Which of one picture's `count` descriptors lie in which cell: booleans (cells, L).

    positions (L, 2), or None where every grid is one cell.
    """
    if positions is None:
        if cell_count(pyramid) != len(pyramid):
            raise ShapeError(
                f"pyramid {pyramid}: expected the positions of the descriptors as a second input, got descriptors "
                "alone; pass (x, y) in [0, 1] for each"
            )
        return np.ones((len(pyramid), count), dtype=bool)
    if positions.shape != (count, 2):
        raise ShapeError(
            f"pyramid: expected positions of shape {(count, 2)}, one (x, y) per descriptor, got {positions.shape}"
        )
    inside = (positions >= 0) & (positions <= 1)  # False for NaN
    if not inside.all():
        index = int(np.argmin(inside.all(axis=1)))
        raise InputError(
            f"pyramid: expected positions (x, y) between 0 and 1, got {tuple(positions[index])} for descriptor "
            f"{index}; divide pixel positions by the picture's width and height"
        )
    cells = []
    for rows, columns in pyramid:
        row = np.minimum((positions[:, 1] * rows).astype(int), rows - 1)
        column = np.minimum((positions[:, 0] * columns).astype(int), columns - 1)
        cells.append(np.arange(rows * columns)[:, None] == row * columns + column)
    return np.concatenate(cells)


def atoms(member: Array) -> list[tuple[Any, Array]]:
    """Sets of descriptors that lie in the same cells: (which descriptors, in which cells) for each such set.

    member (cells, L) from `members`. What is a sum over descriptors is computed once for each atom and added up
    over the cells, however many grids there are.
    """
    keys, where = np.unique(np.packbits(member, axis=0), axis=1, return_inverse=True)
    if keys.shape[1] == 1:
        return [(slice(None), np.flatnonzero(member[:, 0]))]
    rows = [np.flatnonzero(where.ravel() == number) for number in range(keys.shape[1])]
    return [(one, np.flatnonzero(member[:, one[0]])) for one in rows]
