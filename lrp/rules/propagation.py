"""The result of a division of relevance, and the sums that account for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from lrp import arrays, parallel
from lrp.arrays import Array
from lrp.lazy import LazyFields

Sums = dict[str, Array]
MAX_DEFERRED = 1 << 16  # elements of a node's arrays (0.25 MiB of float32) up to which their sums are deferred


@dataclass(frozen=True)
class Propagation(LazyFields):
    """What became of a node's relevance. Per-sample numbers have shape (n,) and the unit of the explained output.

    parts: one array for each input of the layer. gross: the sum of the absolute values of all that is added up in
    parts, bias, stabilizer and dropped, which bounds their rounding. received = passed + bias + stabilizer + dropped.
    """

    parts: tuple[Array, ...]
    bias: Array
    stabilizer: Array
    dropped: Array
    gross: Array

    @property
    def passed(self) -> Array:
        """The relevance that reached the inputs, (n,): the sum of all parts."""
        return np.asarray(sum(map(arrays.sum_per_sample, self.parts)))


class LedgerBuilder:
    """Collects the sums of bias, stabilizer, dropped and gross: at once, or deferred until a sum is read.

    Sums of small arrays are deferred, because most of them are never read; large arrays would occupy memory until then.
    like: relevance, the samples first. size: the number of elements of all arrays of the node.
    """

    def __init__(self, like: Array, size: int) -> None:
        self._like = like
        self._deferred: list[partial[None]] | None = [] if size <= MAX_DEFERRED else None
        self._sums = self._zero_sums() if self._deferred is None else {}

    @property
    def deferred(self) -> bool:
        """Whether the noted arrays will be read later and must not be overwritten."""
        return self._deferred is not None

    def to_inputs(self, part: Array) -> None:
        """An array that goes to the inputs."""
        self._note(_add_gross, part)

    def to_column(self, column: str, array: Array, factor: Array | None = None) -> None:
        """array * factor, entry by entry, goes to bias, stabilizer or dropped."""
        self._note(_add_product, column, array, factor)

    def bias(self, s: Array, bias: Array) -> None:
        """s * bias, for a bias of the last axis."""
        self._note(_add_bias, s, bias)

    def propagation(self, *parts: Array) -> Propagation:
        """The result with these parts and the sums collected here."""
        return (
            Propagation(parts, **self._sums)
            if self._deferred is None
            else Propagation.lazy(self._computed_sums, parts=parts)
        )

    def _note(self, add: Callable[..., None], *entry: Any) -> None:
        if self._deferred is None:
            add(*entry, self._sums)
        else:
            self._deferred.append(partial(add, *entry))

    def _zero_sums(self) -> Sums:
        return dict.fromkeys(("bias", "stabilizer", "dropped", "gross"), arrays.zero_sums(self._like))

    def _computed_sums(self) -> Sums:
        sums = self._zero_sums()
        for add in self._deferred or ():
            add(sums)
        return sums


def _add_gross(part: Array, sums: Sums) -> None:
    sums["gross"] = sums["gross"] + arrays.sum_abs(part)


def _add_product(column: str, array: Array, factor: Array | None, sums: Sums) -> None:
    product = array if factor is None else parallel.map_blocks(np.multiply, array, factor)
    sums[column] = sums[column] + arrays.sum_per_sample(product)
    _add_gross(product, sums)


def _add_bias(s: Array, bias: Array, sums: Sums) -> None:
    sums["bias"] = sums["bias"] + arrays.weighted_sum(s, bias)
    sums["gross"] = sums["gross"] + arrays.weighted_sum_abs(s, bias)


def all_to_inputs(*parts: Array) -> Propagation:
    """The result of a division in which everything goes to the inputs."""
    ledger = LedgerBuilder(parts[0], sum(part.size for part in parts))
    for part in parts:
        ledger.to_inputs(part)
    return ledger.propagation(*parts)


def with_dropped(dropped: Array, *parts: Array) -> Propagation:
    """The result of a division in which an array, the samples first, is dropped and the parts go to the inputs."""
    ledger = LedgerBuilder(dropped, dropped.size)
    ledger.to_column("dropped", dropped)
    for part in parts:
        ledger.to_inputs(part)
    return ledger.propagation(*parts)


def difference_as_dropped(R: Array, *parts: Array) -> Propagation:
    """The result for parts that need not add up to R: the difference counts as dropped, negative if they exceed R."""
    nothing = arrays.zero_sums(R)
    dropped = arrays.sum_per_sample(R) - sum(map(arrays.sum_per_sample, parts), nothing)
    gross = sum(map(arrays.sum_abs, parts), arrays.sum_abs(R))
    return Propagation(parts, nothing, nothing, dropped, gross)
