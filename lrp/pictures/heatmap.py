"""Heatmaps: relevance as colours, white where it is exactly 0, red where it is positive, blue where it is negative.

The normalisation is symmetric: colours run from -limit to limit, and the limit is part of the result (in the picture's
colour bar, in the file's description, and printed), so that two heatmaps can be compared. By default it is the largest
|R| of the panel; give the same number to several panels to see them on one scale.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.errors import InputError, ShapeError
from lrp.pictures.extras import require
from lrp.pictures.pixels import channel_axis, png

# R / limit -> red, green, blue; 0 is white
STOPS = (
    (-1.0, (5, 38, 89)),
    (-0.6, (32, 107, 178)),
    (-0.25, (150, 198, 226)),
    (0.0, (255, 255, 255)),
    (0.25, (250, 172, 148)),
    (0.6, (208, 46, 44)),
    (1.0, (98, 0, 20)),
)
FORMATS = {"png": "Description", "pdf": "Subject", "svg": "Description"}  # the metadata field of the note
BARE_SIZE = 256  # pixels: a bare heatmap is enlarged by a whole factor to about this


@dataclass(frozen=True)
class Panel:
    """One picture of a figure: (h, w) relevance with its limit, or with limit None (h, w[, 3]) numbers from 0 to 1."""

    values: Array
    title: str
    limit: float | None = None


def as_map(relevance: Array) -> Array:
    """One sample's relevance as (h, w): a picture's channels are summed, a vector becomes one row.

    ShapeError for more than three axes: such relevance has no picture.
    """
    R = np.asarray(relevance, dtype=np.float64)
    if R.ndim > 3:
        raise ShapeError(
            f"heatmap: expected relevance of at most 3 axes a sample, got shape {R.shape}; save it as HDF5"
        )
    if R.ndim == 3:
        return np.asarray(R.sum(axis=channel_axis(R.shape)))
    return np.atleast_2d(R)


def limit_of(R: Array) -> float:
    """The largest |R|: the end of the colour scale; 1 where all of R is 0."""
    largest = float(np.abs(R).max(initial=0))
    if not np.isfinite(largest):
        raise InputError("heatmap: expected finite relevance, got NaN or infinity; ledger.check() names the node")
    return largest or 1.0


def colours(R: Array, limit: float) -> Array:
    """Relevance (...) -> uint8 RGB (..., 3). 0 is exactly white; beyond +-limit the last colour stays."""
    if not limit > 0:
        raise InputError(f"heatmap: expected a limit > 0, got {limit:g}")
    positions = [stop[0] for stop in STOPS]
    channels = [np.interp(np.asarray(R) / limit, positions, [stop[1][c] for stop in STOPS]) for c in range(3)]
    return np.round(np.stack(channels, axis=-1)).astype(np.uint8)


def bare(R: Array, limit: float, note: str = "") -> bytes:
    """A PNG of the heatmap (h, w) alone, each entry a square of pixels."""
    factor = max(1, round(BARE_SIZE / max(R.shape)))
    return png(colours(R, limit).repeat(factor, axis=0).repeat(factor, axis=1), note)


def figure(rows: Sequence[Sequence[Panel]], note: str = "") -> Any:
    """A matplotlib Figure of the panels in rows, with a colour bar beside each heatmap and the note below.

    MissingExtraError without matplotlib.
    """
    columns = max(map(len, rows))
    base = require("matplotlib.figure", "matplotlib").Figure(
        figsize=(max(2.9 * columns, 5.2), 2.75 * len(rows) + 0.45), dpi=130, layout="constrained"
    )
    axes = base.subplots(len(rows), columns, squeeze=False)
    for line, row in zip(axes, rows):
        for axis in line:
            axis.set_axis_off()
        for axis, panel in zip(line, row):
            _draw(base, axis, panel)
    if note:
        base.supxlabel(note, fontsize=7, color="0.35")
    return base


def figure_file(rows: Sequence[Sequence[Panel]], note: str = "", kind: str = "png") -> bytes:
    """The figure as a file of this kind, one of FORMATS; the note is also stored in the file's metadata."""
    if kind not in FORMATS:
        raise InputError(f"heatmap: expected one of the formats {', '.join(FORMATS)}, got {kind!r}")
    stream = io.BytesIO()
    figure(rows, note).savefig(stream, format=kind, metadata={FORMATS[kind]: note})
    return stream.getvalue()


def _draw(base: Any, axis: Any, panel: Panel) -> None:
    """One panel on its axes."""
    axis.set_axis_on()
    axis.set(xticks=[], yticks=[])
    axis.set_title(panel.title, fontsize=9)
    aspect = "equal" if min(panel.values.shape[:2]) > 1 else "auto"
    for side in axis.spines.values():
        side.set(color="0.75", linewidth=0.6)
    if panel.limit is None:
        axis.imshow(panel.values, cmap="gray", vmin=0, vmax=1, interpolation="nearest", aspect=aspect)
        return
    shown = axis.imshow(colours(panel.values, panel.limit), interpolation="nearest", aspect=aspect)
    scale = require("matplotlib.cm", "matplotlib").ScalarMappable(
        require("matplotlib.colors", "matplotlib").Normalize(-panel.limit, panel.limit), _colour_map()
    )
    bar = base.colorbar(scale, ax=shown.axes, shrink=0.78, aspect=22, pad=0.02)
    bar.set_ticks([-panel.limit, 0, panel.limit], labels=[f"{-panel.limit:.3g}", "0", f"+{panel.limit:.3g}"])
    bar.ax.tick_params(labelsize=7, length=2)
    bar.outline.set(linewidth=0.4, color="0.6")


def _colour_map() -> Any:
    """The same colours for the colour bar."""
    table = colours(np.linspace(-1, 1, 511), 1.0) / 255
    return require("matplotlib.colors", "matplotlib").ListedColormap(table)
