"""The settings of a Keras layer, each checked for its type and range before anything is made of it.

In JSON a bool is no integer and "33" is no list of numbers, whatever Python says; sizes are bounded, since a network
of a few bytes may otherwise demand terabytes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np

from lrp.errors import LoadError
from lrp.formats.container import quoted
from lrp.formats.keras.config import Spec

LARGEST = 1 << 16  # of a kernel, a stride, a padding
MISSING = object()


def refuse(spec: Spec, what: str) -> NoReturn:
    """Raise LoadError about one layer."""
    raise LoadError(f"layer {quoted('/'.join(spec.path))} ({spec.kind}): {what}")


def value(spec: Spec, key: str, default: Any = MISSING) -> Any:
    """The setting as stored, or the default where it is absent (or null, where there is a default)."""
    found = spec.config.get(key)
    if found is None:
        if default is MISSING:
            refuse(spec, f"{key} is missing")
        return default
    return found


def is_integer(number: Any) -> bool:
    """Whether a JSON value is a whole number."""
    return isinstance(number, int) and not isinstance(number, bool)


def integer(spec: Spec, key: str, default: Any = MISSING, low: int = 1, high: int = LARGEST) -> int:
    """A whole number within bounds."""
    found = value(spec, key, default)
    if not is_integer(found) or not low <= found <= high:
        refuse(spec, f"{key}: expected a whole number from {low} to {high}, got {quoted(found)}")
    return int(found)


def integers(
    spec: Spec, key: str, count: int, default: Any = MISSING, low: int = 1, high: int = LARGEST
) -> tuple[int, ...]:
    """`count` whole numbers; a single one is used for all."""
    found = value(spec, key, default)
    values = list(found) if isinstance(found, (list, tuple)) else [found] * count
    if len(values) != count or not all(is_integer(v) and low <= v <= high for v in values):
        refuse(spec, f"{key}: expected {count} whole numbers from {low} to {high}, got {quoted(found)}")
    return tuple(values)


def number(spec: Spec, key: str, default: Any = MISSING) -> float:
    """A finite number."""
    found = value(spec, key, default)
    if isinstance(found, dict):  # Keras 3 may wrap numpy numbers
        found = found.get("config", {}).get("value") if isinstance(found.get("config"), dict) else None
    if isinstance(found, bool) or not isinstance(found, (int, float)) or not math.isfinite(found):
        refuse(spec, f"{key}: expected a number, got {quoted(value(spec, key, default))}")
    return unrounded(float(found))


def unrounded(number: float) -> float:
    """0.7 for 0.699999988079071: tf.keras writes constants that have been rounded to single precision.

    >>> unrounded(0.699999988079071), unrounded(0.7), unrounded(0.25)
    (0.7, 0.7, 0.25)
    """
    with np.errstate(over="ignore"):
        single = np.float32(number)
    return float(str(single)) if float(single) == number else number


def positive(spec: Spec, key: str, default: Any = MISSING) -> float:
    """A finite number that is not negative."""
    found = number(spec, key, default)
    if found < 0:
        refuse(spec, f"{key}: expected a number of at least 0, got {found}")
    return found


def flag(spec: Spec, key: str, default: bool = False) -> bool:
    """True or false."""
    found = value(spec, key, default)
    if not isinstance(found, bool):
        refuse(spec, f"{key}: expected true or false, got {quoted(found)}")
    return bool(found)


def choice(spec: Spec, key: str, options: Sequence[str], default: Any = MISSING) -> str:
    """One of some words."""
    found = value(spec, key, default)
    if not isinstance(found, str) or found not in options:
        refuse(spec, f"{key}: expected one of {', '.join(options)}, got {quoted(found)}")
    return str(found)


def pairs(spec: Spec, key: str, count: int, default: Any = MISSING) -> tuple[tuple[int, int], ...]:
    """(before, after) for each of `count` axes: a number, `count` numbers, or `count` pairs."""
    found = value(spec, key, default)
    if count == 1 and isinstance(found, (list, tuple)) and len(found) == 2 and all(map(is_integer, found)):
        found = [found]
    values = list(found) if isinstance(found, (list, tuple)) else [found] * count
    if len(values) == 4 and count == 2 and all(map(is_integer, values)):
        values = [values[:2], values[2:]]  # Keras 1: top, bottom, left, right
    result = [tuple(v) if isinstance(v, (list, tuple)) else (v, v) for v in values]
    good = all(len(p) == 2 and all(is_integer(n) and 0 <= n <= LARGEST for n in p) for p in result)
    if len(result) != count or not good:
        refuse(spec, f"{key}: expected (before, after) for {count} axes, got {quoted(found)}")
    return tuple((int(a), int(b)) for a, b in result)


def shape(spec: Spec, found: Any, what: str) -> tuple[int | None, ...]:
    """Lengths without the batch, null for a free one."""
    if not isinstance(found, (list, tuple)) or not all(n is None or (is_integer(n) and 0 < n < 1 << 40) for n in found):
        refuse(spec, f"{what}: expected a list of lengths, got {quoted(found)}")
    return tuple(found)
