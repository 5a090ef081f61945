"""The regions of a picture, and the order in which they are replaced."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from math import prod

import numpy as np

from lrp.arrays import Array
from lrp.errors import SettingError
from lrp.layers import per_axis
from lrp.methods.tools import Size


class Order(Enum):
    """The order in which regions are replaced, by their relevance.

    Examples
    --------
    >>> Order("morf") is Order.MORF
    True
    """

    MORF = "morf"  # most relevant first
    LERF = "lerf"  # least relevant (most negative) first
    SMALLEST = "smallest"  # nearest to zero first
    RANDOM = "random"  # the heatmap plays no part


@dataclass(frozen=True)
class Grid:
    """Regions of equal size that do not overlap; the pixels left over are divided between the borders and never
    changed.
    """

    size: Size
    spatial: Size

    @property
    def counts(self) -> Size:
        """The number of regions along each axis."""
        return tuple(n // k for n, k in zip(self.spatial, self.size, strict=True))

    def __len__(self) -> int:
        """The number of regions."""
        return prod(self.counts)

    @property
    def margin(self) -> Size:
        """The pixels left over before the first region, along each axis."""
        return tuple((n % k) // 2 for n, k in zip(self.spatial, self.size, strict=True))

    def corners(self) -> Array:
        """(regions, axes) in row-major order."""
        index = np.stack(np.unravel_index(np.arange(len(self)), self.counts), axis=-1)
        return np.asarray(index * np.array(self.size) + np.array(self.margin))

    def scores(self, maps: Array) -> Array:
        """The sum of the heatmap over each region: (n, *spatial) -> (n, regions)."""
        inner = tuple(slice(m, m + k * c) for m, k, c in zip(self.margin, self.size, self.counts, strict=True))
        blocks = maps[(slice(None), *inner)]
        for axis, (k, c) in enumerate(zip(self.size, self.counts, strict=True), start=1):
            blocks = blocks.reshape(*blocks.shape[:axis], c, k, *blocks.shape[axis + 1 :]).sum(axis=axis + 1)
        return blocks.reshape(len(maps), -1)


def grid(size: int | Size, spatial: Size) -> Grid:
    """The regions of a picture; SettingError if the picture is smaller than one region."""
    lengths = per_axis(size, len(spatial), "region size")
    if any(k > n for k, n in zip(lengths, spatial, strict=True)):
        raise SettingError(f"region size: expected lengths of at most the picture's {spatial}, got {lengths}")
    return Grid(lengths, tuple(spatial))


def ranked(scores: Array, order: Order, ties: Array) -> Array:
    """(regions,) the region numbers of one picture in their order. Regions of equal score are ordered by `ties`, random
    numbers: otherwise a heatmap with a large area of zeros would be judged by the numbering of the regions.
    """
    key = {Order.MORF: -scores, Order.LERF: scores, Order.SMALLEST: np.abs(scores), Order.RANDOM: 0 * scores}[order]
    return np.lexsort((ties, key))


def as_order(order: Order | str) -> Order:
    """The order from its text; an Order stays. SettingError for an unknown one."""
    try:
        return Order(order)
    except ValueError:
        raise SettingError(f"order: expected one of {[o.value for o in Order]}, got {order!r}") from None
