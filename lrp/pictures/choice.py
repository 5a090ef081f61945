"""Which panel shows one sample's relevance, by its shape."""

from __future__ import annotations

import numpy as np

from lrp.arrays import Array
from lrp.errors import ShapeError
from lrp.pictures.panels import Bars, Heatmap, Panel, Signal
from lrp.pictures.pixels import channel_axis

MOST_BARS = 60  # a longer vector without names is shown as a row of colours
SLICES = 16  # of a volume
FEW_CHANNELS = 4  # of a signal: more are shown as a map


def as_map(relevance: Array, channels: int | None = None) -> Array:
    """One sample's relevance as (h, w): a picture's channels are summed, a vector becomes one row.

    channels: the axis of a picture's channels; None: as `channel_axis` guesses it of an input.

    A volume (d, h, w, c) becomes a mosaic of up to 16 slices, its channels summed. ShapeError for more than four axes:
    such relevance has no picture.
    """
    R = np.asarray(relevance, dtype=np.float64)
    if R.ndim > 4:
        raise ShapeError(
            f"heatmap: expected relevance of at most 4 axes a sample, got shape {R.shape}; save it as HDF5"
        )
    if R.ndim == 4:
        return mosaic(R.sum(axis=-1))
    if R.ndim == 3:
        return np.asarray(R.sum(axis=channel_axis(R.shape) if channels is None else channels))
    return np.atleast_2d(R)


def mosaic(volume: Array, most: int = SLICES) -> Array:
    """Slices of a volume (d, h, w) along its first axis side by side, in rows, with a line of zeros between them."""
    count = min(most, len(volume))
    chosen = np.linspace(0, len(volume) - 1, count).round().astype(int)
    columns = int(np.ceil(np.sqrt(count)))
    height, width = volume.shape[1] + 1, volume.shape[2] + 1
    result = np.zeros((-(-count // columns) * height - 1, columns * width - 1))
    for place, index in enumerate(chosen):
        top, left = place // columns * height, place % columns * width
        result[top : top + volume.shape[1], left : left + volume.shape[2]] = volume[index]
    return result


def relevance_panel(
    relevance: Array,
    title: str,
    x: Array | None = None,
    picture: Array | None = None,
    names: tuple[str, ...] = (),
    channels: int | None = None,
) -> Panel:
    """The panel of one sample's relevance.

    Parameters
    ----------
    relevance : Array
        (h, w, c) or (c, h, w): a heatmap. (t, c) with up to four channels and x: the signal before coloured background.
        (d,): bars with the names of features. (d, h, w, c): slices. Any other: a heatmap.
    title : str
    x : Array, optional
        The sample, of the same shape.
    picture : Array, optional
        The sample as (h, w[, 3]) numbers from 0 to 1, for an overlay.
    names : tuple of str
        The names of features.
    channels : int, optional
        The axis of a picture's channels; None: guessed, as for an input.
    """
    R = np.asarray(relevance, dtype=np.float64)
    if R.ndim == 1 and (names or R.size <= MOST_BARS):
        return Bars(title, R, names)
    if R.ndim == 2 and x is not None and x.shape == R.shape and R.shape[1] <= FEW_CHANNELS < R.shape[0]:
        return Signal(title, R.sum(axis=1), np.asarray(x, dtype=np.float64).mean(axis=1))
    return Heatmap(title, as_map(R, channels), picture)
