"""The grid of frames of one bin size, its windows and the pixels that each frame depends on.

A frame is a square of B x B spatial bins, `bin_size` pixels from bin centre to bin centre. Along one axis the bin i of
a frame whose first bin centre lies at pixel o reads the pixels p with |p - o - i b| < b, with the weight

    triangle:         1 - |p - o - i b| / b
    Gaussian window:  exp(-1/2 ((p - c) / (b window_size))^2),   c = o + b (B - 1)/2 the centre of the frame
    flat window:      the mean of that Gaussian over the 2 b - 1 pixels of the bin, the same for all of them

Pixels beyond the border count as the border's pixel (padding by continuity). Both windows and the padding are those of
VLFeat's dense SIFT. The weights are separable: one sparse matrix for each axis.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lrp.arrays import Array
from lrp.errors import InputError

if TYPE_CHECKING:
    from scipy import sparse


@dataclass(frozen=True)
class Axis:
    """One axis of the grid: `length` pixels, `bins` bins per frame, a frame every `step` pixels from 0 on."""

    length: int
    bin_size: int
    step: int
    bins: int
    window_size: float
    flat_window: bool

    @property
    def origins(self) -> Array:
        """The pixel of the first bin centre of every frame; all bin centres lie inside the picture. (F,)"""
        return np.arange(0, self.length - (self.bins - 1) * self.bin_size, self.step)

    @property
    def centres(self) -> Array:
        """The centre of every frame in pixels, a multiple of 1/2. (F,)"""
        return self.origins + 0.5 * self.bin_size * (self.bins - 1)

    def window(self, bin_index: int) -> Array:
        """The weights of one bin at the offsets -(b - 1) .. b - 1 from its centre. (2 b - 1,)"""
        b = self.bin_size
        offset = np.arange(-b + 1, b)
        from_centre = offset + b * (bin_index - 0.5 * (self.bins - 1))
        gaussian = np.exp(-0.5 * (from_centre / (b * self.window_size)) ** 2)
        return (1 - np.abs(offset) / b) * (gaussian.mean() if self.flat_window else gaussian)

    def matrix(self) -> sparse.csr_matrix:
        """The map from the pixels of the axis to the bins of all frames, frame by frame: (F * bins, length)."""
        from scipy import sparse  # imported here: networks without SIFT do not need it

        offset = np.arange(-self.bin_size + 1, self.bin_size)
        bin_centres = self.origins[:, None] + self.bin_size * np.arange(self.bins)  # (F, bins)
        pixels = np.clip(bin_centres[..., None] + offset, 0, self.length - 1)  # (F, bins, taps)
        weights = np.broadcast_to(np.array([self.window(i) for i in range(self.bins)]), pixels.shape)
        rows = np.broadcast_to(np.arange(bin_centres.size).reshape(*bin_centres.shape, 1), pixels.shape)
        shape = (bin_centres.size, self.length)
        return sparse.coo_matrix((weights.ravel(), (rows.ravel(), pixels.ravel())), shape=shape).tocsr()

    def support(self) -> Array:
        """First and last pixel that each frame depends on, inside the picture. (F, 2)

        A bin reads up to b - 1 pixels from its centre, and the gradient there one pixel further. (Of the rectangle of
        both axes only the four corners are never read.)
        """
        last = self.origins + (self.bins - 1) * self.bin_size
        reach = self.bin_size
        return np.stack([np.maximum(self.origins - reach, 0), np.minimum(last + reach, self.length - 1)], axis=1)

    def covered(self) -> Array:
        """1 where a frame's support holds the pixel, else 0; integers. (F, length)"""
        low, high = self.support().T[..., None]
        pixel = np.arange(self.length)
        return ((pixel >= low) & (pixel <= high)).astype(int)


@dataclass(frozen=True)
class Grid:
    """The frames of one bin size on a picture: rows from the top, in each row from the left."""

    y: Axis
    x: Axis

    @property
    def count(self) -> int:
        """The number of frames."""
        return len(self.y.origins) * len(self.x.origins)

    def centres(self) -> Array:
        """(x, y) of the frames' centres in pixels. (L, 2)"""
        y, x = np.meshgrid(self.y.centres, self.x.centres, indexing="ij")
        return np.stack([x.ravel(), y.ravel()], axis=1)

    def supports(self) -> Array:
        """(x first, y first, x last, y last) of each frame's pixels, both ends included. (L, 4)"""
        (y0, y1), (x0, x1) = self.y.support().T, self.x.support().T
        grid = [np.repeat(y0, len(x0)), np.tile(x0, len(y0)), np.repeat(y1, len(x1)), np.tile(x1, len(y1))]
        return np.stack([grid[1], grid[0], grid[3], grid[2]], axis=1)


def grid(height: int, width: int, bin_size: int, step: int, bins: int, window_size: float, flat_window: bool) -> Grid:
    """The grid of one bin size; InputError where the picture is too small for a single frame."""
    least = (bins - 1) * bin_size + 1
    if height < max(least, 2) or width < max(least, 2):
        raise InputError(
            f"dense SIFT: expected a picture of at least {least}x{least} pixels for bin size {bin_size}, "
            f"got {height}x{width} (height x width); use a smaller bin size or a larger picture"
        )
    return Grid(
        Axis(height, bin_size, step, bins, window_size, flat_window),
        Axis(width, bin_size, step, bins, window_size, flat_window),
    )
