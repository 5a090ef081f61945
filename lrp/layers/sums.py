"""Sums: how the relevance of a sum is divided over its summands, and how the losses of several steps add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.rules import LinearRule, Propagation, distribute


@dataclass(frozen=True)
class StackedSum:
    """z = sum_i w_i x_i over m arrays of one shape, stacked on a last axis: (n, ..., m) -> (n, ...)."""

    weight: Array
    bias: None = None

    def apply(self, weight: Array, x: Any) -> Array:
        """(n, ..., m) @ (m,) -> (n, ...)"""
        return np.asarray(x @ weight)

    def adjoint(self, weight: Array, s: Array, shape: tuple[int, ...]) -> Array:
        """(n, ...) -> (n, ..., m)"""
        return np.asarray(s[..., None] * weight)


def distribute_sum(rule: LinearRule, w: Array, x: Sequence[Array], z: Array, R: Array) -> Propagation:
    """Divide R, the relevance of z = w_1 x_1 + ... + w_m x_m, over x_1 ... x_m by a rule with a table.

    w (m,); the summands broadcast to the shape of z and R. Returns one part per summand, of the shape of R.
    """
    stacked = np.stack(np.broadcast_arrays(*x), axis=-1)
    divided = distribute(rule, StackedSum(w), stacked, z, R)
    return replace(divided, parts=tuple(np.moveaxis(divided.parts[0], -1, 0)))


def add_losses(parts: tuple[Array, ...], *steps: Propagation) -> Propagation:
    """The propagation of a layer that is computed in several steps, one after the other.

    parts go to the inputs of the layer. bias, stabilizer, dropped and gross are the sums over the steps: gross holds
    every flow, so the bound on rounding grows with the number of steps.
    """
    zero = arrays.zeros(steps[0].bias.shape, steps[0].bias)
    return Propagation(
        parts,
        sum((step.bias for step in steps), zero),
        sum((step.stabilizer for step in steps), zero),
        sum((step.dropped for step in steps), zero),
        sum((step.gross for step in steps), zero),
    )
