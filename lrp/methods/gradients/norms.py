"""One number per pixel from the channels of a signal."""

from __future__ import annotations

from enum import Enum

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import SettingError


class Norm(Enum):
    """The norm of a vector g over the channels of one pixel."""

    ONE = "1"  # sum_c |g_c|
    TWO = "2"  # sqrt(sum_c g_c^2)
    INFINITY = "inf"  # max_c |g_c|


def as_norm(norm: Norm | str | float) -> Norm:
    """The norm from itself, its text, or its number (2, numpy.inf)."""
    try:
        return Norm(f"{norm:g}" if isinstance(norm, (int, float)) else norm)
    except ValueError:
        raise SettingError(f"norm: expected one of {[n.value for n in Norm]}, got {norm!r}") from None


def over_channels(g: Array, norm: Norm) -> Array:
    """The norm over the last axis, kept with length 1; of arrays (n, d) the absolute value, entry by entry."""
    size = np.abs(g)
    if g.ndim == 2:
        return np.asarray(size)
    if norm is Norm.ONE:
        return np.asarray(size.sum(axis=-1, keepdims=True))
    if norm is Norm.INFINITY:
        return np.asarray(size.max(axis=-1, keepdims=True))
    return arrays.transcendental(np.sqrt, "sqrt")((size * size).sum(axis=-1, keepdims=True))
