"""Windows of a picture: their lengths, their positions, and the mean of an amount over the windows on each pixel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.errors import SettingError
from lrp.layers import per_axis
from lrp.methods.tools import Size

CHUNK = 256  # changed copies per forward pass


def window_lengths(window: Any, stride: Any, spatial: Size) -> tuple[Size, Size]:
    """(size, stride) of the windows; SettingError where one does not fit into the picture."""
    size = per_axis(window, len(spatial), "window")
    steps = size if stride is None else per_axis(stride, len(spatial), "stride")
    if any(k > n for k, n in zip(size, spatial, strict=True)):
        raise SettingError(f"window: expected lengths of at most the picture's {spatial}, got {size}")
    if any(s > k for s, k in zip(steps, size, strict=True)):
        raise SettingError(
            f"stride: expected at most the window's lengths {size}, so that none is left out, got {steps}"
        )
    return size, steps


def window_corners(spatial: Size, size: Size, stride: Size) -> Array:
    """(windows, axes): every `stride` from 0, and a last one that ends at the border."""
    starts = []
    for n, k, s in zip(spatial, size, stride, strict=True):
        places = list(range(0, n - k + 1, s))
        starts.append(places if places[-1] == n - k else [*places, n - k])
    return np.stack(np.meshgrid(*starts, indexing="ij"), axis=-1).reshape(-1, len(spatial))


def variants(samples: int, corners: Array) -> Iterator[tuple[Array, Array]]:
    """(rows, corners) of all samples with all windows, in chunks."""
    rows = np.repeat(np.arange(samples), len(corners))
    places = np.tile(corners, (samples, 1))
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK], places[start : start + CHUNK]


class WindowMean:
    """For each pixel the mean over the windows that cover it: (n, *spatial, 1)."""

    def __init__(self, picture: Array, size: Size) -> None:
        self.size = size
        self.total = np.zeros((*picture.shape[:-1], 1))
        self.count = np.zeros((*picture.shape[:-1], 1))

    def add(self, rows: Array, corners: Array, amounts: Array) -> None:
        """One amount for each window."""
        for row, corner, amount in zip(rows, corners, amounts, strict=True):
            box = (slice(row, row + 1), *(slice(c, c + k) for c, k in zip(corner, self.size, strict=True)))
            self.total[box] += amount
            self.count[box] += 1

    def value(self) -> Array:
        """The means."""
        return np.asarray(self.total / self.count)
