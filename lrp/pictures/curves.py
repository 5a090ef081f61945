"""Curves as a figure: one panel a measure, one line a method, a band of one standard error."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np

from lrp.arrays import Array
from lrp.errors import SaveError
from lrp.pictures.extras import require

WIDTH, HEIGHT = 5.0, 3.6  # inches of one panel
MANY = 8  # lines beyond which a legend would hide them
LEGEND = 4.0  # inches of the legend beside the panels
STYLES = ("-", "--", "-.", ":")  # the colours repeat after ten lines, the styles do not


@dataclass(frozen=True, eq=False)
class Series:
    """y over x with its standard error; where x holds texts, they label the ticks."""

    x: Sequence[float] | Sequence[str]
    y: Array
    error: Array | None = None


@dataclass(frozen=True, eq=False)
class CurvePanel:
    """One pair of axes: lines by their legend's text."""

    title: str
    x_label: str
    y_label: str
    lines: Mapping[str, Series]


def draw_panels(panels: Sequence[CurvePanel], path: str | os.PathLike[str] | BinaryIO, columns: int = 2) -> None:
    """Write the panels side by side into a picture file; its suffix tells the kind (.png, .svg, .pdf).

    path: also an open binary file, which gets a PNG. SaveError where the file cannot be written, MissingExtraError
    without matplotlib.
    """
    figures = require("matplotlib.figure", "matplotlib")
    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    figure = figures.Figure(figsize=(WIDTH * columns, HEIGHT * rows), layout="constrained")
    beside: dict[str, Any] = {}  # the lines by name, whose legend is drawn once, beside the panels
    for index, panel in enumerate(panels):
        axes = figure.add_subplot(rows, columns, index + 1)
        for number, (name, line) in enumerate(panel.lines.items()):
            place = np.arange(len(line.x)) if isinstance(line.x[0], str) else np.asarray(line.x, dtype=float)
            (drawn,) = axes.plot(place, line.y, STYLES[number // 10 % len(STYLES)], label=name, linewidth=1.2)
            if line.error is not None:
                low, high = line.y - line.error, line.y + line.error
                axes.fill_between(place, low, high, color=drawn.get_color(), alpha=0.2, linewidth=0)
            if isinstance(line.x[0], str):
                axes.set_xticks(place, line.x, rotation=45, ha="right", fontsize=7)
        axes.set(title=panel.title, xlabel=panel.x_label, ylabel=panel.y_label)
        if len(panel.lines) <= MANY:
            axes.legend(fontsize=8)
        else:
            beside |= dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    if beside:
        figure.set_figwidth(WIDTH * columns + LEGEND)
        figure.legend(beside.values(), beside.keys(), loc="outside right upper", fontsize=8)
    try:
        figure.savefig(path, dpi=110)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SaveError(f"{str(path)!r}: the figure cannot be written: {reason}") from None
