"""What every measure returns: numbers, one a picture, and the curves that they summarise."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.errors import ShapeError
from lrp.views import Panel, Series, draw_panels


@dataclass(frozen=True, eq=False)
class Curve:
    """values (n, k): for each picture a number at each of the k places x. NaN: not defined for that picture.

    x: numbers, or texts (names of layers).
    """

    x: tuple[float, ...] | tuple[str, ...]
    values: Array
    x_label: str = ""
    y_label: str = ""

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[1] != len(self.x):
            raise ShapeError(f"curve: expected values of shape (n, {len(self.x)}), got {self.values.shape}")

    def mean(self) -> Array:
        """(k,) over the pictures for which it is defined; NaN where for none."""
        return mean(self.values)

    def standard_error(self) -> Array:
        """(k,) of the mean; NaN for fewer than two pictures."""
        return standard_error(self.values)


@dataclass(frozen=True, eq=False)
class Measurement:
    """One measure of one method on n pictures. numbers: (n,) by name; curves by name; settings: how it was measured."""

    measure: str
    numbers: Mapping[str, Array]
    curves: Mapping[str, Curve]
    settings: dict[str, Any] = field(default_factory=dict)

    def mean(self, name: str) -> float:
        """The mean of a number over the pictures for which it is defined."""
        return float(mean(self.numbers[name][:, None])[0])

    def standard_error(self, name: str) -> float:
        """The standard error of that mean."""
        return float(standard_error(self.numbers[name][:, None])[0])

    def plot(self, path: str | os.PathLike[str]) -> None:
        """The curves' means with a band of one standard error, as a picture file."""
        plot({"": self}, path)


def mean(values: Array) -> Array:
    """(n, k) -> (k,), NaN left out; NaN where nothing is left."""
    count = (~np.isnan(values)).sum(axis=0)
    return np.where(count > 0, np.nansum(values, axis=0) / np.maximum(count, 1), np.nan)


def standard_error(values: Array) -> Array:
    """(n, k) -> (k,): deviation / root n of what is not NaN; NaN for fewer than two."""
    count = (~np.isnan(values)).sum(axis=0)
    squares = np.nansum((values - mean(values)) ** 2, axis=0)
    return np.where(count > 1, np.sqrt(squares / np.maximum(count - 1, 1) / np.maximum(count, 1)), np.nan)


def plot(measurements: Mapping[str, Measurement], path: str | os.PathLike[str]) -> None:
    """One panel a curve, one line a method: measurements by the method's name."""
    first = next(iter(measurements.values()))
    panels = []
    for name, curve in first.curves.items():
        lines = {}
        for method, measurement in measurements.items():
            here = measurement.curves[name]
            lines[method or name] = Series(here.x, here.mean(), here.standard_error())
        panels.append(Panel(name, curve.x_label, curve.y_label, lines))
    draw_panels(panels, path)


def table(measurements: Mapping[str, Measurement]) -> str:
    """One row a method: each number's mean and standard error."""
    names = list(next(iter(measurements.values())).numbers)
    rows = [["method", *names]]
    for method, found in measurements.items():
        rows.append([method, *(f"{found.mean(name):.5g} +- {found.standard_error(name):.2g}" for name in names)])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)
