"""A data set explained batch by batch, with memory for one batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from lrp.errors import SettingError, ShapeError
from lrp.graph.trace import Explanation

if TYPE_CHECKING:
    from lrp.graph.network import Network


def explain_batches(
    network: Network, x: Any, size: int = 16, keep: Iterable[str] = (), **options: Any
) -> Iterator[Explanation]:
    """The explanations of x[0:size], x[size:2 size] ..., each made when it is asked for.

    x: as explain() takes it, or anything in the place of an array that has a length and can be sliced (a memory map,
    an HDF5 dataset): each batch is read when its turn comes. options: those of explain(); a target or a start that has
    one entry a sample is cut with the samples. To bound memory an explanation holds the relevance and the activation of
    inputs, outputs and the nodes named in `keep` alone. Raises as explain() does, at the batch.
    """
    if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < 1:
        raise SettingError(f"explain_batches: expected a batch size of at least 1, got {size!r}")
    held = network.held(keep)
    lengths = {len(one) for one in _arrays(x)}
    if len(lengths) != 1:
        raise ShapeError(f"x: expected equally many samples at every input, got {sorted(lengths)}")
    (count,) = lengths
    return _explained(network, x, count, int(size), {**options, "keep": held})


def _explained(network: Network, x: Any, count: int, size: int, options: Mapping[str, Any]) -> Iterator[Explanation]:
    for first in range(0, count, size):
        batch = slice(first, min(first + size, count))
        cut = {key: value[batch] if _per_sample(key, value, count) else value for key, value in options.items()}
        yield network.explain(_sliced(x, batch), **cut)  # held by no name here: freed with the caller's


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
