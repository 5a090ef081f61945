"""Occlusion: how much the score falls when a window of the picture is covered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import SettingError, ShapeError
from lrp.graph import Network
from lrp.layers import per_axis
from lrp.methods.perturbation.shared_forward import SharedForward
from lrp.methods.result import Attribution
from lrp.methods.score import Score, numbers, picked, score, single_input
from lrp.methods.tools import Patch, Size, cut, layout

CHUNK = 256  # changed copies a forward pass


def occlusion(
    network: Network, x: Any, target: Any = None, window: Any = 1, stride: Any = None, value: Any = 0.0
) -> Attribution:
    """R_p = mean over the windows q that cover p of [S_c(x) - S_c(x with q := value)] / |q|

    Source: Zeiler and Fergus 2014, occlusion; windows that overlap averaged, a window's share equal over its |q| pixels

    window: its lengths in pixels, one number or one an axis; stride: their distance, by default the window's lengths;
    a last window ends at the border. value: a number, one a channel, or an array like x. All channels of a pixel are
    covered at once; of vectors (n, d) each entry alone (window 1). Window 1 is the sensitivity-1 of Ancona et al.
    """
    name = single_input(network, "occlusion")
    found = score(network, x, target)
    at = layout(network, name)
    picture = at.last(found.inputs[name])
    cover = covering(value, picture)
    if picture.ndim == 2:
        relevance = _entries(found, picture, cover)
        return Attribution("occlusion", found.form({name: relevance}), found.target, found.value, {"window": 1})
    spatial = tuple(picture.shape[1:-1])
    size, steps = window_lengths(window, stride, spatial)
    shared = SharedForward(network, at.own(picture))
    corners = window_corners(spatial, size, steps)
    mean = WindowMean(picture, size)
    for rows, corner in variants(len(picture), corners):
        logits = shared.variants(Patch(corner, cut(cover, rows, corner, size)), rows)
        fall = found.value[rows] - picked(logits, found.target[rows])
        mean.add(rows, corner, fall / np.prod(size))
    relevance = arrays.cast(at.own(mean.value()), network.dtype)
    settings = {"window": list(size), "stride": list(steps)}
    return Attribution("occlusion", found.form({name: relevance}), found.target, found.value, settings)


def covering(value: Any, picture: Array) -> Array:
    """What covers: of the picture's shape, channels-last."""
    given = numbers(value, "value").astype(picture.dtype)
    try:
        return np.broadcast_to(given, picture.shape)
    except ValueError:
        raise ShapeError(
            f"value: expected a number, one a channel, or an array that broadcasts to {picture.shape}, got shape"
            f" {given.shape}"
        ) from None


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


def _entries(found: Score, x: Array, cover: Array) -> Array:
    """The fall of the score when each entry of a vector alone is covered: (n, d)."""
    relevance = arrays.zeros(x.shape, x)
    for i in range(x.shape[1]):
        changed = x.copy()
        changed[:, i] = cover[:, i]
        relevance[:, i] = found.value - found.at({found.network.inputs[0]: changed}).value
    return relevance
