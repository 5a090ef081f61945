"""A data set explained batch by batch, with memory for one batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from lrp.errors import SettingError, ShapeError
from lrp.graph.trace import Explanation


def explain_batches(
    explain: Callable[..., Explanation], x: Any, size: int, options: Mapping[str, Any]
) -> Iterator[Explanation]:
    """explain(x[0:size], **options), explain(x[size:2 size], **options) ..., each computed when it is asked for.

    x: as Network.explain takes it, or anything with a length that can be sliced (a memory map, an HDF5 dataset). An
    option with one entry per sample (a target, a start) is cut with the samples.
    """
    if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < 1:
        raise SettingError(f"explain_batches: expected a batch size of at least 1, got {size!r}")
    lengths = {len(one) for one in _arrays(x)}
    if len(lengths) != 1:
        raise ShapeError(f"x: expected equally many samples at every input, got {sorted(lengths)}")
    (count,) = lengths
    return _explained(explain, x, count, int(size), options)


def _explained(
    explain: Callable[..., Explanation], x: Any, count: int, size: int, options: Mapping[str, Any]
) -> Iterator[Explanation]:
    for first in range(0, count, size):
        batch = slice(first, min(first + size, count))
        cut = {key: value[batch] if _per_sample(key, value, count) else value for key, value in options.items()}
        yield explain(_sliced(x, batch), **cut)  # no name here refers to it: it is freed with the caller's


def _per_sample(key: str, value: Any, count: int) -> bool:
    """Whether an option has one entry for each sample of the data set."""
    if key == "target":
        return isinstance(value, (list, np.ndarray)) and np.ndim(value) == 1 and len(value) == count
    return key == "start" and isinstance(value, np.ndarray) and value.ndim > 0 and len(value) == count


def _arrays(x: Any) -> list[Any]:
    """The arrays of x, whatever their form."""
    if isinstance(x, Mapping):
        return list(x.values())
    return list(x) if isinstance(x, tuple) else [x]


def _sliced(x: Any, batch: slice) -> Any:
    """A batch of x, in the form of x."""
    if isinstance(x, Mapping):
        return {name: one[batch] for name, one in x.items()}
    return tuple(one[batch] for one in x) if isinstance(x, tuple) else x[batch]
