"""The panels of a figure, one class for each kind of data: pictures, heatmaps, signals, tables."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from textwrap import wrap
from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.pictures.colours import COLOUR_MAPS, colours, over_grey
from lrp.pictures.extras import require
from lrp.pictures.style import Style

TITLE_WIDTH = 32  # characters of a line of a title; a longer line takes two, and what is left is cut
SCALE_STEPS = 511  # colours of a colour bar
CLIPPED = "{} of {} beyond the scale"


@dataclass(frozen=True, eq=False)
class Panel(ABC):
    """One pair of axes of a figure."""

    title: str

    @property
    def relevance(self) -> Array | None:
        """What the colour scale is for; None for a panel without relevance."""
        return None

    @abstractmethod
    def draw(self, figure: Any, axis: Any, limit: float, style: Style) -> None:
        """Draw on the matplotlib axes; limit: the |R| of the strongest colour."""

    def write_title(self, axis: Any, style: Style) -> None:
        """The title, its lines wrapped to the width of a panel."""
        lines = [part for line in self.title.split("\n") for part in wrap(line, TITLE_WIDTH)[:2] or [""]]
        axis.set_title("\n".join(lines), fontsize=style.font)


@dataclass(frozen=True, eq=False)
class Picture(Panel):
    """Numbers from 0 (black) to 1 (white): (h, w) grey or (h, w, 3) RGB."""

    values: Array = field(repr=False)

    def draw(self, figure: Any, axis: Any, limit: float, style: Style) -> None:
        frame(axis)
        aspect = "equal" if min(self.values.shape[:2]) > 1 else "auto"
        axis.imshow(self.values, cmap="gray", vmin=0, vmax=1, interpolation="nearest", aspect=aspect)
        self.write_title(axis, style)


@dataclass(frozen=True, eq=False)
class Heatmap(Panel):
    """Relevance (h, w) as colours; picture: the input (h, w[, 3]) from 0 to 1, for an overlay."""

    R: Array = field(repr=False)
    picture: Array | None = field(default=None, repr=False)

    @property
    def relevance(self) -> Array:
        return self.R

    def draw(self, figure: Any, axis: Any, limit: float, style: Style) -> None:
        frame(axis)
        stops = COLOUR_MAPS[style.colours]
        grey = None if self.picture is None else self.picture.mean(axis=-1) if self.picture.ndim == 3 else self.picture
        if style.overlay > 0 and grey is not None and grey.shape == self.R.shape:
            shown = over_grey(self.R, limit, grey, style.overlay, stops)
            bar = partial(over_grey, picture=np.full(SCALE_STEPS, 0.5), strength=style.overlay, stops=stops)
        else:
            shown, bar = colours(self.R, limit, stops), partial(colours, stops=stops)
        aspect = "equal" if min(self.R.shape) > 1 else "auto"
        axis.imshow(shown, interpolation="nearest", aspect=aspect)
        levels = limit * np.linspace(0, 1, style.contours + 2)[1:-1]
        if style.contours and min(self.R.shape) > 1 and np.abs(self.R).max() > levels[0]:
            axis.contour(self.R, [*-levels[::-1], *levels], colors="0.25", linewidths=0.5)
        colour_bar(figure, axis, self.R, limit, style, bar)
        say_clipped(axis, self.R, limit, style)
        self.write_title(axis, style)


@dataclass(frozen=True, eq=False)
class Signal(Panel):
    """A signal x (t,) as a line before a background with the colours of its relevance (t,)."""

    R: Array = field(repr=False)
    x: Array = field(repr=False)

    @property
    def relevance(self) -> Array:
        return self.R

    def draw(self, figure: Any, axis: Any, limit: float, style: Style) -> None:
        length = len(self.R)
        low, high = float(self.x.min()), float(self.x.max())
        margin = 0.08 * (high - low) or 1.0
        extent = (-0.5, length - 0.5, low - margin, high + margin)
        shown = colours(self.R[np.newaxis], limit, COLOUR_MAPS[style.colours])
        axis.imshow(shown, aspect="auto", interpolation="nearest", extent=extent)
        axis.plot(np.arange(length), self.x, color="0.1", linewidth=1.0)
        axis.set(xlim=extent[:2], ylim=extent[2:])
        axis.tick_params(labelsize=0.75 * style.font)
        colour_bar(figure, axis, self.R, limit, style, partial(colours, stops=COLOUR_MAPS[style.colours]))
        say_clipped(axis, self.R, limit, style)
        self.write_title(axis, style)


@dataclass(frozen=True, eq=False)
class Bars(Panel):
    """The relevance (d,) of a table's features as horizontal bars, the strongest `most` of them, largest |R| first."""

    R: Array = field(repr=False)
    names: tuple[str, ...] = ()
    most: int = 20

    @property
    def relevance(self) -> Array:
        return self.R

    def draw(self, figure: Any, axis: Any, limit: float, style: Style) -> None:
        order = np.argsort(-np.abs(self.R), kind="stable")[: self.most]
        names = [self.names[i] if i < len(self.names) else f"x{i}" for i in order]
        places = -np.arange(len(order))
        axis.barh(places, self.R[order], color=colours(self.R[order], limit, COLOUR_MAPS[style.colours]) / 255.0,
                  edgecolor="0.4", linewidth=0.4)  # fmt: skip
        axis.axvline(0, color="0.3", linewidth=0.6)
        axis.set_yticks(places, [name if len(name) <= 24 else name[:21] + "..." for name in names])
        axis.tick_params(labelsize=0.75 * style.font)
        if len(order) < len(self.R):
            rest = float(self.R.sum() - self.R[order].sum())
            axis.set_xlabel(f"and {len(self.R) - len(order)} more, sum {rest:.3g}", fontsize=0.75 * style.font)
        self.write_title(axis, style)


def frame(axis: Any) -> None:
    """No ticks and a thin frame."""
    axis.set(xticks=[], yticks=[])
    for side in axis.spines.values():
        side.set(color="0.75", linewidth=0.6)


def colour_bar(
    figure: Any, axis: Any, R: Array, limit: float, style: Style, to_colours: Callable[[Array, float], Array]
) -> None:
    """The scale beside an axis: from -limit to limit, or the half that occurs where all of R has one sign.

    to_colours(R, limit): the colours of the panel.
    """
    low, high = (-limit if R.min(initial=0) < 0 else 0.0), (limit if R.max(initial=0) > 0 else 0.0)
    low = -limit if low == high else low
    table = to_colours(np.linspace(low, high, SCALE_STEPS), limit) / 255
    maps = require("matplotlib.colors", "matplotlib")
    scale = require("matplotlib.cm", "matplotlib").ScalarMappable(maps.Normalize(low, high), maps.ListedColormap(table))
    bar = figure.colorbar(scale, ax=axis, shrink=0.78, aspect=22, pad=0.02)
    ticks = sorted({low, 0.0, high})
    bar.set_ticks(ticks, labels=["0" if tick == 0 else f"{tick:+.3g}" for tick in ticks])
    bar.ax.tick_params(labelsize=0.78 * style.font, length=2)
    bar.outline.set(linewidth=0.4, color="0.6")


def say_clipped(axis: Any, R: Array, limit: float, style: Style) -> None:
    """Below the axes: how many entries have the last colour because they lie beyond the scale."""
    clipped = int((np.abs(R) > limit * (1 + 1e-12)).sum())
    if clipped:
        axis.set_xlabel(CLIPPED.format(clipped, R.size), fontsize=0.75 * style.font)
