"""What the recurrent layers share: their activations by name, and the account of relevance through time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.layers.activations import (
    ELU,
    GELU,
    SELU,
    Activation,
    Exponential,
    HardSigmoid,
    HardTanh,
    LeakyReLU,
    Linear,
    ReLU,
    Sigmoid,
    SiLU,
    Softplus,
    Softsign,
    Tanh,
)
from lrp.layers.dense import Dense
from lrp.rules import LinearRule, engine
from lrp.rules.engine import Propagation

# The activations that a recurrent layer can store by name; hard_sigmoid_6 is that of Keras 3.
ACTIVATIONS: dict[str, Activation] = {
    "linear": Linear(),
    "tanh": Tanh(),
    "sigmoid": Sigmoid(),
    "relu": ReLU(),
    "relu6": ReLU(6.0),
    "hard_sigmoid": HardSigmoid(0.2),
    "hard_sigmoid_6": HardSigmoid(1 / 6),
    "hard_tanh": HardTanh(),
    "softsign": Softsign(),
    "softplus": Softplus(),
    "elu": ELU(),
    "selu": SELU(),
    "silu": SiLU(),
    "swish": SiLU(),
    "gelu": GELU(),
    "leaky_relu": LeakyReLU(0.2),
    "exponential": Exponential(),
}


@dataclass(frozen=True)
class Summands:
    """z = sum of m stacked arrays: (n, u, m) -> (n, u), the linear map of every sum inside a cell."""

    weight: Array
    bias: None = None

    def apply(self, weight: Array, x: Any) -> Array:
        """(n, u, m) @ (m,) -> (n, u)"""
        return np.asarray(x @ weight)

    def adjoint(self, weight: Array, s: Array, shape: tuple[int, ...]) -> Array:
        """(n, u) -> (n, u, m)"""
        return np.asarray(s[..., None] * weight)


class RecurrentLedger:
    """Relevance on its way back through a cell: each sum is divided by the rule, and what is lost is added up."""

    def __init__(self, rule: LinearRule, like: Array) -> None:
        self.rule, self.like = rule, like
        self.bias = self.stabilizer = self.dropped = self.gross = arrays.zeros(
            (len(like),), arrays.sum_per_sample(like)
        )

    def _note(self, share: Propagation) -> None:
        self.bias = self.bias + share.bias
        self.stabilizer = self.stabilizer + share.stabilizer
        self.dropped = self.dropped + share.dropped
        self.gross = self.gross + share.gross

    def divide_sum(self, R: Array, *summands: Array) -> list[Array]:
        """R of z = a + b + ..., over a, b, ..."""
        stacked = np.stack(summands, axis=-1)
        sums = Summands(arrays.ones((len(summands),), R))
        share = engine.distribute(self.rule, sums, stacked, stacked.sum(axis=-1), R)
        self._note(share)
        return [share.parts[0][..., i] for i in range(len(summands))]

    def divide_linear(self, R: Array, weight: Array, bias: Array | None, *inputs: Array) -> list[Array]:
        """R of z = [a, b, ...] weight + bias, over a, b, ..."""
        x = np.concatenate(inputs, axis=-1)
        layer = Dense(weight, bias)
        share = engine.distribute(self.rule, layer, x, layer.compute(x), R)
        self._note(share)
        ends = np.cumsum([one.shape[-1] for one in inputs])[:-1]
        return list(np.split(share.parts[0], ends, axis=-1))

    def drop(self, R: Array) -> None:
        """Relevance that ends at a state which is no input."""
        self.dropped = self.dropped + arrays.sum_per_sample(R)
        self.gross = self.gross + arrays.sum_abs(R)

    def share(self, parts: tuple[Array, ...]) -> Propagation:
        """The account closed. gross holds every flow, so that the bound on rounding grows with the steps."""
        gross = sum((arrays.sum_abs(part) for part in parts), self.gross)
        return Propagation(parts, self.bias, self.stabilizer, self.dropped, gross)
