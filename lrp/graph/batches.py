"""A data set cut into batches: x, and with it the target and the start where they have one entry per sample."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from lrp.errors import SettingError, ShapeError


def cut_batches(x: Any, size: int, target: Any = None, start: Any = None) -> Iterator[tuple[Any, Any, Any]]:
    """(x, target, start) of the samples 0 to size, size to 2 size ..., each cut when its turn comes.

    x: an array, a tuple or a dict of arrays, or of anything that has a length and can be sliced (a memory map, an HDF5
    dataset). target: cut if it is a list or an array with one entry per sample. start: cut if it is an array with one
    row per sample. SettingError for a size below 1, ShapeError for inputs of different lengths, both at the call.

    >>> [(len(x), target) for x, target, _ in cut_batches(np.zeros((5, 2)), 2, target=[0, 1, 2, 3, 4])]
    [(2, [0, 1]), (2, [2, 3]), (1, [4])]
    """
    if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < 1:
        raise SettingError(f"explain_batches: expected a batch size of at least 1, got {size!r}")
    lengths = {len(one) for one in _arrays(x)}
    if len(lengths) != 1:
        raise ShapeError(f"x: expected equally many samples at every input, got {sorted(lengths)}")
    (count,) = lengths
    has_targets = isinstance(target, (list, np.ndarray)) and np.ndim(target) == 1 and len(target) == count
    has_starts = isinstance(start, np.ndarray) and start.ndim > 0 and len(start) == count
    batches = (slice(first, min(first + size, count)) for first in range(0, count, int(size)))
    return (
        (_sliced(x, batch), target[batch] if has_targets else target, start[batch] if has_starts else start)
        for batch in batches
    )


def _arrays(x: Any) -> list[Any]:
    """The arrays of x, whatever its form."""
    if isinstance(x, Mapping):
        return list(x.values())
    return list(x) if isinstance(x, tuple) else [x]


def _sliced(x: Any, batch: slice) -> Any:
    """A batch of x, in the form of x."""
    if isinstance(x, Mapping):
        return {name: one[batch] for name, one in x.items()}
    return tuple(one[batch] for one in x) if isinstance(x, tuple) else x[batch]
