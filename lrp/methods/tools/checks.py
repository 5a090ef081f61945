"""Settings that are numbers: checked before any work, with one sentence for an error."""

from __future__ import annotations

from math import isfinite
from numbers import Integral, Real
from typing import Any

from lrp.errors import SettingError


def whole(subject: str, value: Any, least: int = 1) -> int:
    """The value as int; SettingError unless it is a whole number of at least `least`.

    >>> whole("steps", 3)
    3
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        raise SettingError(f"{subject}: expected a whole number of at least {least}, got {value!r}")
    return int(value)


def number(subject: str, value: Any, least: float | None = None, above: float | None = None) -> float:
    """The value as float; SettingError unless it is a finite number of at least `least`, or above `above`."""
    bounds = [] if least is None else [f" of at least {least:g}"]
    bounds += [] if above is None else [f" above {above:g}"]
    fits = isinstance(value, Real) and not isinstance(value, bool) and isfinite(value)
    if not fits or (least is not None and value < least) or (above is not None and value <= above):
        raise SettingError(f"{subject}: expected a finite number{''.join(bounds)}, got {value!r}")
    return float(value)
