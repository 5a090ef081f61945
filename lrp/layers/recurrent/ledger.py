"""The division of relevance inside a recurrent cell, and the sums of what is lost over the steps."""

from __future__ import annotations

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.layers.dense import Dense
from lrp.layers.sums import add_losses, distribute_sum
from lrp.rules import LinearRule, Propagation, all_to_inputs, distribute, with_dropped


class RecurrentLedger:
    """Divides the relevance of each sum in a cell by one rule, and adds up what does not reach the inputs.

    Parameters
    ----------
    rule : LinearRule
        The rule for all sums of the cell.
    like : Array
        An array of relevance: the samples first, of the dtype of the relevance.
    """

    def __init__(self, rule: LinearRule, like: Array) -> None:
        self.rule = rule
        zero = arrays.zeros((len(like),), arrays.sum_per_sample(like))
        self._total = Propagation((), zero, zero, zero, zero)

    def divide_sum(self, R: Array, *summands: Array) -> tuple[Array, ...]:
        """R of z = a + b + ..., over a, b, ..., all of the shape of R."""
        z = np.stack(summands, axis=-1).sum(axis=-1)
        return self._added(distribute_sum(self.rule, arrays.ones((len(summands),), R), summands, z, R))

    def divide_linear(self, R: Array, weight: Array, bias: Array | None, *inputs: Array) -> list[Array]:
        """R of z = [a, b, ...] weight + bias, over a, b, ...: R (n, u), weight (length of a and b and ..., u)."""
        x = np.concatenate(inputs, axis=-1)
        layer = Dense(weight, bias)
        (part,) = self._added(distribute(self.rule, layer, x, layer.compute(x), R))
        ends = np.cumsum([a.shape[-1] for a in inputs])[:-1]
        return list(np.split(part, ends, axis=-1))

    def drop(self, R: Array) -> None:
        """Count relevance that ends at a state which is no input of the layer."""
        self._added(with_dropped(R))

    def close(self, parts: tuple[Array, ...]) -> Propagation:
        """The propagation of the whole layer, whose inputs receive these parts."""
        return add_losses(parts, self._total, *map(all_to_inputs, parts))

    def _added(self, step: Propagation) -> tuple[Array, ...]:
        self._total = add_losses((), self._total, step)
        return step.parts
