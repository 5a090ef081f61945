"""Dense SIFT as a layer: a picture in, one descriptor for every frame of every bin size out.

The descriptor is a histogram of gradient orientations in B x B spatial bins, weighted by the gradient's size:

    h[i, j, o] = sum over pixels of window_i(y) window_j(x) r_o(y, x)
    descriptor = n(min(n(h), 0.2))

with the windows of `sift_grid` and the orientation maps r_o and normalisation n of `sift_histogram`. Order of the
entries: i (y) slowest, then j (x), then the orientation. VLFeat uses polynomial approximations of atan2 and of the
square root; here both are exact, so descriptors differ by up to 2e-2 of their norm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import SettingError, ShapeError
from lrp.layers.base import Layer, Shape
from lrp.layers.local_features.sift_grid import Grid, grid
from lrp.layers.local_features.sift_histogram import (
    check_picture,
    normalized,
    normalized_pullback,
    orientation_maps,
    orientation_pullback,
)
from lrp.rules import Propagation, Rule, Uniform, all_to_inputs, uniform, with_dropped


class Frames(NamedTuple):
    """The L frames of one picture, as dense SIFT describes them."""

    frames: Array  # (L, 2) the centre (x, y) in pixels, a multiple of 1/2
    descriptors: Array  # (L, B * B * T)
    norms: Array  # (L,) the mean of the histogram per pixel of the frame before normalisation: its contrast
    supports: Array  # (L, 4) x first, y first, x last, y last of the pixels it depends on, both ends included


@dataclass(frozen=True, eq=False)
class SiftGrid(Layer):
    """The settings of dense SIFT, for descriptors and positions."""

    bin_sizes: tuple[int, ...] = (4, 6, 8, 10)
    steps: tuple[int, ...] | int = 4
    window_size: float = 2.0
    flat_window: bool = False
    spatial_bins: int = 4
    orientations: int = 8
    colour_weights: tuple[float, ...] = (1.0,)

    def __post_init__(self) -> None:
        sizes = tuple(int(b) for b in np.atleast_1d(self.bin_sizes))
        steps = tuple(int(s) for s in np.atleast_1d(self.steps))
        steps = steps * len(sizes) if len(steps) == 1 else steps
        numbers = (*sizes, *steps, self.spatial_bins, self.orientations, self.window_size)
        if not sizes or len(sizes) != len(steps) or min(numbers) <= 0:
            raise SettingError(
                f"dense SIFT: expected positive bin sizes and one step, or one step for each of them, got bin sizes "
                f"{sizes}, steps {steps}, {self.spatial_bins} spatial bins, {self.orientations} orientations, "
                f"window size {self.window_size}"
            )
        object.__setattr__(self, "colour_weights", tuple(float(w) for w in self.colour_weights))
        object.__setattr__(self, "bin_sizes", sizes)
        object.__setattr__(self, "steps", steps)

    def grids(self, height: int, width: int) -> list[Grid]:
        """One grid per bin size, in their order."""
        return [
            grid(height, width, size, step, self.spatial_bins, self.window_size, self.flat_window)
            for size, step in zip(self.bin_sizes, np.atleast_1d(self.steps))
        ]

    def frames_of(self, shape: Shape) -> int | None:
        """The number of frames of a picture of shape (h, w, channels), None if the picture has no fixed size."""
        channels = len(self.colour_weights)
        if len(shape) != 3 or shape[2] != channels:
            raise ShapeError(
                f"expected pictures of shape (h, w, {channels}) per sample, got {shape}; colour_weights has one "
                "number per channel"
            )
        height, width = shape[:2]
        return None if height is None or width is None else sum(g.count for g in self.grids(height, width))


@dataclass(frozen=True, eq=False)
class DenseSIFT(SiftGrid):
    """Descriptors of all frames: x (n, h, w, channels) -> (n, L, B*B*T), bin size by bin size, each row by row.

    The relevance of a descriptor goes to the pixels it depends on in equal parts:

        R_p = sum_{l: p in area(l)} R_l / |area(l)|,   R_l = the sum over the descriptor's entries

    Source: Lapuschkin et al. 2016, pixels of a local descriptor

    area(l) is the part of the descriptor's support inside the picture, so nothing is lost at the border. Every pixel of
    the support counts alike, and so does every channel of a pixel; the paper has no finer rule.

    Parameters
    ----------
    bin_sizes : tuple of int
        The sizes of a spatial bin in pixels; one grid of frames for each.
    steps : int or tuple of int
        The distance of neighbouring frames in pixels; one number, or one per bin size.
    window_size : float
        The standard deviation of the Gaussian window, in bins.
    flat_window : bool
        Whether each bin is weighted by the mean of the Gaussian window instead.
    spatial_bins, orientations : int
        B bins per axis and T orientations.
    colour_weights : tuple of float
        The grey value is the sum of weight times channel: one weight per channel of the picture.
    """

    rules: ClassVar[tuple[type[Rule], ...]] = (Uniform,)
    default_rule: ClassVar[Rule | None] = uniform()

    def compute(self, *xs: Array) -> Array:
        (x,) = xs
        pictures = np.stack([np.concatenate([normalized(h) for h in self.histograms(one)]) for one in x])
        return pictures.astype(x.dtype)

    def describe(self, picture: Array) -> Frames:
        """Frames, descriptors, norms and supports of one picture, (h, w) where it is grey, else (h, w, channels)."""
        picture = np.asarray(picture)
        picture = picture[..., None] if picture.ndim == 2 else picture
        histograms = self.histograms(picture)
        grids = self.grids(*picture.shape[:2])
        areas = [((self.spatial_bins - 1) * size + 1) ** 2 for size in self.bin_sizes]
        return Frames(
            np.concatenate([g.centres() for g in grids]),
            np.concatenate([normalized(h) for h in histograms]),
            np.concatenate([h.sum(axis=1) / area for h, area in zip(histograms, areas)]),
            np.concatenate([g.supports() for g in grids]),
        )

    def histograms(self, picture: Array) -> list[Array]:
        """The histograms before normalisation of one picture (h, w, channels), one array (L, B*B*T) per bin size."""
        maps = orientation_maps(self.grey(picture), self.orientations)
        return [self._sampled(g, maps) for g in self.grids(*picture.shape[:2])]

    def grey(self, picture: Array) -> Array:
        """The checked picture (h, w, channels) as float64 grey values (h, w)."""
        self.frames_of(picture.shape)
        check_picture(picture)
        return picture.astype(np.float64) @ np.array(self.colour_weights)

    def _sampled(self, where: Grid, maps: Array) -> Array:
        """Bins of all frames of one grid from maps (h, w, T): (L, B*B*T)."""
        (h, w, t), b = maps.shape, self.spatial_bins
        rows, columns = len(where.y.origins), len(where.x.origins)
        down = (where.y.matrix() @ maps.reshape(h, w * t)).reshape(rows * b, w, t)
        across = where.x.matrix() @ down.transpose(1, 0, 2).reshape(w, -1)  # (columns*b, rows*b*t)
        bins = across.reshape(columns, b, rows, b, t).transpose(2, 0, 3, 1, 4)  # row, column, i, j, orientation
        return np.ascontiguousarray(bins).reshape(where.count, b * b * t)

    def _sampled_adjoint(self, where: Grid, g: Array, shape: tuple[int, ...]) -> Array:
        """The transpose of _sampled: (L, B*B*T) -> (h, w, T)."""
        (h, w, t), b = shape, self.spatial_bins
        rows, columns = len(where.y.origins), len(where.x.origins)
        bins = g.reshape(rows, columns, b, b, t).transpose(1, 3, 0, 2, 4).reshape(columns * b, -1)
        across = (where.x.matrix().T @ bins).reshape(w, rows * b, t).transpose(1, 0, 2).reshape(rows * b, -1)
        return np.asarray(where.y.matrix().T @ across).reshape(h, w, t)

    def propagate(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        (x,) = xs
        height, width = x.shape[1:3]
        R_l = R.sum(axis=2)  # (n, L)
        pixels = arrays.zeros((len(R), height, width), R)
        first = 0
        for g in self.grids(height, width):
            on_y, on_x = (axis.covered().astype(R.dtype) for axis in (g.y, g.x))
            area = on_y.sum(axis=1)[:, None] * on_x.sum(axis=1)
            each = R_l[:, first : first + g.count].reshape(len(R), *area.shape) / area
            pixels = pixels + (on_y.T @ each) @ on_x
            first += g.count
        each_channel = pixels[..., None] / x.shape[3]
        return all_to_inputs(np.repeat(each_channel, x.shape[3], axis=3))

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        return (np.stack([self._pullback(g_one, one) for g_one, one in zip(g, xs[0])]).astype(g.dtype),)

    def _pullback(self, g: Array, picture: Array) -> Array:
        """The gradient with respect to one picture (h, w, channels)."""
        histograms = self.histograms(picture)
        grids = self.grids(*picture.shape[:2])
        shape = (*picture.shape[:2], self.orientations)
        ends = np.cumsum([len(h) for h in histograms])[:-1]
        to_maps = sum(
            (
                self._sampled_adjoint(where, normalized_pullback(part, h), shape)
                for where, part, h in zip(grids, np.split(g.astype(np.float64), ends), histograms)
            ),
            np.zeros(shape),
        )
        return orientation_pullback(to_maps, self.grey(picture))[..., None] * np.array(self.colour_weights)

    def output_shape(self, *shapes: Shape) -> Shape:
        return (self.frames_of(shapes[0]), self.spatial_bins**2 * self.orientations)


@dataclass(frozen=True, eq=False)
class SiftPositions(SiftGrid):
    """Where the frames of a DenseSIFT layer with the same settings lie: x (n, h, w, channels) -> (n, L, 2).

    (x, y) = ((column + 1/2) / width, (row + 1/2) / height) of the frame's centre, in (0, 1). Depends on the
    size of the picture only: the gradient is 0, and relevance that reaches it is dropped.

    Parameters
    ----------
    bin_sizes, steps, window_size, flat_window, spatial_bins, orientations, colour_weights
        Those of the DenseSIFT layer.
    """

    def compute(self, *xs: Array) -> Array:
        (x,) = xs
        n, height, width = x.shape[:3]
        self.frames_of(x.shape[1:])
        centres = np.concatenate([g.centres() for g in self.grids(height, width)])
        doubled = (2 * centres + 1).astype(int)  # whole numbers, so that Fractions stay exact
        size = np.array([2 * width, 2 * height])
        one = (arrays.ones((1, 1), x) * doubled) / size
        return np.repeat(one[None], n, axis=0)

    def propagate(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        return with_dropped(R, arrays.zeros(xs[0].shape, R))

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        return (arrays.zeros(xs[0].shape, g),)

    def output_shape(self, *shapes: Shape) -> Shape:
        return (self.frames_of(shapes[0]), 2)
