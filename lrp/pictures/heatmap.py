"""Figures of panels in rows, and bare heatmaps.

The normalisation is symmetric: colours run from -limit to limit, and the limit is part of the result (in the picture's
colour bar, in the file's description, and printed), so that two heatmaps can be compared. By default it is the largest
|R| of the row, so that the panels of one sample have one scale (`Style.scale`).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from lrp.arrays import Array
from lrp.errors import InputError
from lrp.pictures.colours import colours, limit_of
from lrp.pictures.extras import require
from lrp.pictures.panels import Panel
from lrp.pictures.pixels import png
from lrp.pictures.style import Scale, Style

FORMATS = {"png": "Description", "pdf": "Subject", "svg": "Description"}  # the metadata field of the note
BARE_SIZE = 256  # pixels: a bare heatmap is enlarged by a whole factor to about this
STANDARD_FONT = 9.0  # points; panels grow with the font


def bare(R: Array, limit: float, note: str = "") -> bytes:
    """A PNG of the heatmap (h, w) alone, each entry a square of pixels."""
    factor = max(1, round(BARE_SIZE / max(R.shape)))
    return png(colours(R, limit).repeat(factor, axis=0).repeat(factor, axis=1), note)


def limits(rows: Sequence[Sequence[Panel]], style: Style, limit: float | None = None) -> list[list[float]]:
    """The |R| of the strongest colour of each panel: `limit`, or by the style's scale and percentile."""
    own = [[0.0 if p.relevance is None else limit_of(p.relevance, style.percentile) for p in row] for row in rows]
    if limit is not None:
        if not limit > 0:
            raise InputError(f"heatmap: expected a limit > 0, got {limit:g}")
        return [[limit] * len(row) for row in own]
    if style.scale is Scale.PANEL:
        return own
    largest = [max(row, default=0.0) for row in own]
    if style.scale is Scale.FIGURE:
        largest = [max(largest)] * len(own)
    return [[end or 1.0] * len(row) for end, row in zip(largest, own)]


def figure(rows: Sequence[Sequence[Panel]], note: str = "", style: Style = Style(), limit: float | None = None) -> Any:
    """A matplotlib Figure of the panels in rows, with a colour bar beside each heatmap and the note below.

    limit: the |R| of the strongest colour in all panels; None: by the style. InputError for a limit that is not
    positive, MissingExtraError without matplotlib.
    """
    ends = limits(rows, style, limit)
    columns = max(map(len, rows))
    grown = 1 + 0.35 * (style.font / STANDARD_FONT - 1)
    base = require("matplotlib.figure", "matplotlib").Figure(
        figsize=(max(2.9 * columns, 5.2) * grown, (3.2 * len(rows) + 0.45) * grown), dpi=130, layout="constrained"
    )
    axes = base.subplots(len(rows), columns, squeeze=False)
    for line, row, line_ends in zip(axes, rows, ends):
        for axis in line[len(row) :]:
            axis.set_axis_off()
        for axis, panel, end in zip(line, row, line_ends):
            panel.draw(base, axis, end, style)
    if note:
        base.supxlabel(note, fontsize=0.78 * style.font, color="0.35")
    return base


def figure_file(
    rows: Sequence[Sequence[Panel]],
    note: str = "",
    kind: str = "png",
    style: Style = Style(),
    limit: float | None = None,
) -> bytes:
    """The figure as a file of this kind, one of FORMATS; the note is also stored in the file's metadata."""
    if kind not in FORMATS:
        raise InputError(f"heatmap: expected one of the formats {', '.join(FORMATS)}, got {kind!r}")
    stream = io.BytesIO()
    figure(rows, note, style, limit).savefig(stream, format=kind, metadata={FORMATS[kind]: note})
    return stream.getvalue()
