"""What every explanation method returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.graph import Ledger


@dataclass(frozen=True, eq=False)
class Attribution:
    """A heatmap and what is known about it.

    relevance: in the form of x (an array, a tuple, a dict by name). Methods that give one number a pixel keep the
    channel axis with length 1: pictures (n, h, w, c) -> (n, h, w, 1). target: the explained output's number, one a
    sample. score: (n,) the explained output at x. expected: (n,) what the relevance of each sample should sum to by
    the method's own theorem, None where it has none. ledger: node by node, for methods that keep one. details: what
    else the method found, arrays by name.
    """

    method: str
    relevance: Any
    target: Array
    score: Array
    settings: dict[str, Any] = field(default_factory=dict)
    expected: Array | None = None
    ledger: Ledger | None = None
    details: dict[str, Array] = field(default_factory=dict)

    def total(self) -> Array:
        """(n,) the sum of each sample's relevance over all inputs."""
        parts = [arrays.sum_per_sample(np.asarray(part)) for part in parts_of(self.relevance)]
        return np.asarray(sum(parts[1:], parts[0]))

    def gap(self) -> Array | None:
        """(n,) expected - total: the completeness gap; None where the method promises no sum."""
        return None if self.expected is None else np.asarray(self.expected - self.total())


def parts_of(relevance: Any) -> tuple[Array, ...]:
    """The arrays of a result, whatever its form."""
    if isinstance(relevance, Mapping):
        return tuple(relevance.values())
    return relevance if isinstance(relevance, tuple) else (relevance,)
