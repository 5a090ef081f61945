"""The check that every training function makes of its descriptors."""

from __future__ import annotations

from typing import Any

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import InputError, ShapeError


def as_descriptors(value: Any, subject: str, least: int) -> Array:
    """The descriptors as float64 (L, D). ShapeError for another shape or dtype, InputError for NaN, infinity, or
    fewer than `least` different descriptors.
    """
    x = np.asarray(value)
    if x.ndim != 2 or x.dtype.kind not in "iuf":
        raise ShapeError(f"{subject}: expected an array of descriptors (L, D), got shape {x.shape} and dtype {x.dtype}")
    x = x.astype(np.float64)
    arrays.check_finite(x, subject)
    distinct = len(x) if len(x) < least else _distinct(x, least)
    if distinct < least:
        raise InputError(
            f"{subject}: expected at least {least} different descriptors, got {distinct}; give more or ask for less"
        )
    return x


def _distinct(x: Array, least: int) -> int:
    """The number of different rows; the first rows alone are counted if they are enough."""
    some = len(np.unique(x[: 4 * least], axis=0))
    return some if some >= least else len(np.unique(x, axis=0))
