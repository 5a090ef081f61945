"""The result of a measure: numbers, one per picture, and the curves that they summarise."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.errors import ShapeError
from lrp.pictures import CurvePanel, Series, draw_panels


@dataclass(frozen=True, eq=False)
class Curve:
    """For each of n pictures a number at each of k places.

    x: the k places, numbers or texts (names of layers). values: (n, k), NaN where a picture has no value.

    Examples
    --------
    >>> import numpy as np
    >>> curve = Curve((0.0, 1.0), np.array([[0.0, 2.0], [0.0, 4.0]]))
    >>> curve.mean().tolist(), curve.standard_error().tolist()
    ([0.0, 3.0], [0.0, 1.0])
    """

    x: tuple[float, ...] | tuple[str, ...]
    values: Array
    x_label: str = ""
    y_label: str = ""

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[1] != len(self.x):
            raise ShapeError(f"curve: expected values of shape (n, {len(self.x)}), got {self.values.shape}")

    def mean(self) -> Array:
        """(k,) mean over the pictures that have a value; NaN where none has."""
        return mean(self.values)

    def standard_error(self) -> Array:
        """(k,) standard error of the mean; NaN for fewer than two values."""
        return standard_error(self.values)


@dataclass(frozen=True, eq=False)
class Measurement:
    """The result of one measure of one method on n pictures.

    measure: its name. numbers: (n,) by name. curves: by name. settings: how it was measured.

    Examples
    --------
    >>> import numpy as np
    >>> found = Measurement("completeness", {"gap": np.array([0.1, 0.3])}, {})
    >>> round(found.mean("gap"), 3), round(found.standard_error("gap"), 3)
    (0.2, 0.1)
    """

    measure: str
    numbers: Mapping[str, Array]
    curves: Mapping[str, Curve]
    settings: dict[str, Any] = field(default_factory=dict)

    def mean(self, name: str) -> float:
        """The mean of a number over the pictures that have a value."""
        return float(mean(self.numbers[name][:, None])[0])

    def standard_error(self, name: str) -> float:
        """The standard error of that mean."""
        return float(standard_error(self.numbers[name][:, None])[0])

    def plot(self, path: str | os.PathLike[str]) -> None:
        """Draw the means of the curves, with a band of one standard error, to a picture file."""
        plot({"": self}, path)


def mean(values: Array) -> Array:
    """(n, k) -> (k,) mean of the values that are not NaN; NaN where there is none."""
    count = (~np.isnan(values)).sum(axis=0)
    return np.where(count > 0, np.nansum(values, axis=0) / np.maximum(count, 1), np.nan)


def standard_error(values: Array) -> Array:
    """(n, k) -> (k,) deviation / sqrt(n) of the values that are not NaN; NaN for fewer than two."""
    count = (~np.isnan(values)).sum(axis=0)
    squares = np.nansum((values - mean(values)) ** 2, axis=0)
    return np.where(count > 1, np.sqrt(squares / np.maximum(count - 1, 1) / np.maximum(count, 1)), np.nan)


def plot(measurements: Mapping[str, Measurement], path: str | os.PathLike[str]) -> None:
    """Draw the curves of several methods: one panel per curve, one line per method with a band of one standard error.

    Parameters
    ----------
    measurements : mapping
        Method's name -> Measurement, all of the same measure.
    path : str or path
        A picture file; its suffix says the format. It is replaced if it exists.

    Raises
    ------
    MissingExtraError
        Without matplotlib.

    Examples
    --------
    >>> import numpy as np, os, tempfile
    >>> curve = Curve((0.0, 1.0), np.array([[0.0, 2.0], [0.0, 4.0]]), "regions", "fall")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     plot({"lrp": Measurement("aopc", {}, {"morf": curve})}, os.path.join(folder, "a.png"))
    ...     os.listdir(folder)
    ['a.png']
    """
    first = next(iter(measurements.values()))
    panels = []
    for name, curve in first.curves.items():
        lines = {}
        for method, measurement in measurements.items():
            here = measurement.curves[name]
            lines[method or name] = Series(here.x, here.mean(), here.standard_error())
        panels.append(CurvePanel(name, curve.x_label, curve.y_label, lines))
    draw_panels(panels, path)


def table(measurements: Mapping[str, Measurement]) -> str:
    """A text table with one row per method: mean +- standard error of each number.

    Parameters
    ----------
    measurements : mapping
        Method's name -> Measurement, all of the same measure.

    Returns
    -------
    str

    Examples
    --------
    >>> import numpy as np
    >>> print(table({"lrp": Measurement("completeness", {"gap": np.array([1.0, 3.0])}, {})}))
    method  gap
    lrp     2 +- 1
    """
    names = list(next(iter(measurements.values())).numbers)
    rows = [["method", *names]]
    for method, found in measurements.items():
        rows.append([method, *(_cell(found, name) for name in names)])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)


def _cell(found: Measurement, name: str) -> str:
    """mean +- standard error; the mean alone where there are too few pictures for an error."""
    error = found.standard_error(name)
    return f"{found.mean(name):.5g}" + ("" if np.isnan(error) else f" +- {error:.2g}")
