"""What became of a node's relevance, and the sums that account for it."""

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
SMALL = 1 << 16  # numbers in a node's arrays that may be kept until somebody reads their sums; a quarter of a MiB


@dataclass(frozen=True)
class Propagation(LazyFields):
    """What became of a node's relevance. Per-sample numbers have shape (n,) and the unit of the explained output.

    parts: one array for each input of the layer. gross: the sum of the absolute values of all that is added up in
    parts, bias, stabilizer and dropped, which bounds their rounding.
    """

    parts: tuple[Array, ...]
    bias: Array
    stabilizer: Array
    dropped: Array
    gross: Array


class LedgerBuilder:
    """Collects what goes to bias, stabilizer, dropped and gross: added up at once, or when the share is read.

    like: relevance, the samples first. size: how many numbers the entries hold: few can wait, many are not kept.
    """

    def __init__(self, like: Array, size: int) -> None:
        self._like = like
        self._waiting: list[partial[None]] | None = [] if size <= SMALL else None
        self._sums = self._nothing() if self._waiting is None else {}

    @property
    def waits(self) -> bool:
        """Whether the arrays that were noted are still needed."""
        return self._waiting is not None

    def to_inputs(self, part: Array) -> None:
        """An array that goes to the inputs."""
        self._note(_add_gross, part)

    def lost(self, column: str, array: Array, factor: Array | None = None) -> None:
        """array * factor, entry by entry, goes to bias, stabilizer or dropped."""
        self._note(_add_product, column, array, factor)

    def bias(self, s: Array, bias: Array) -> None:
        """s * bias, for a bias of the last axis."""
        self._note(_add_bias, s, bias)

    def share(self, *parts: Array) -> Propagation:
        """The share with these parts, whose sums were collected here."""
        return (
            Propagation(parts, **self._sums) if self._waiting is None else Propagation.lazy(self._counted, parts=parts)
        )

    def _note(self, add: Callable[..., None], *entry: Any) -> None:
        if self._waiting is None:
            add(*entry, self._sums)
        else:
            self._waiting.append(partial(add, *entry))

    def _nothing(self) -> Sums:
        return dict.fromkeys(("bias", "stabilizer", "dropped", "gross"), arrays.zero_sums(self._like))

    def _counted(self) -> Sums:
        sums = self._nothing()
        for add in self._waiting or ():
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
    """A share in which everything went to the inputs."""
    account = LedgerBuilder(parts[0], sum(part.size for part in parts))
    for part in parts:
        account.to_inputs(part)
    return account.share(*parts)


def with_dropped(dropped: Array, *parts: Array) -> Propagation:
    """A share in which what is lost element by element (an array with the samples first) stands as dropped."""
    account = LedgerBuilder(dropped, dropped.size)
    account.lost("dropped", dropped)
    for part in parts:
        account.to_inputs(part)
    return account.share(*parts)


def difference_as_dropped(R: Array, *parts: Array) -> Propagation:
    """A share whose parts need not add up to R: the difference stands as dropped (negative where they exceed R)."""
    nothing = arrays.zero_sums(R)
    dropped = arrays.sum_per_sample(R) - sum(map(arrays.sum_per_sample, parts), nothing)
    gross = sum(map(arrays.sum_abs, parts), arrays.sum_abs(R))
    return Propagation(parts, nothing, nothing, dropped, gross)
