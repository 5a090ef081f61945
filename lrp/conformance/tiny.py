"""Networks and inputs of the examples: one neuron, or one layer followed by a neuron."""

from __future__ import annotations

import numpy as np

from lrp import layers as L
from lrp.arrays import Array
from lrp.graph import Network, Node


def neuron(weights: tuple[float, ...], bias: float | None = None) -> Network:
    shift = None if bias is None else np.array([bias])
    return Network.sequential([L.Dense(np.array(weights)[:, None], shift)], (len(weights),), ["neuron"])


def pooled(pool: L.Layer) -> Network:
    layers = [pool, L.Flatten(), L.Dense(np.array([[3.0]]))]
    return Network.sequential(layers, (2, 2, 1), ["pool", "flat", "neuron"])


def doubled() -> Network:
    twice = L.Dense(np.array([[2.0]]))
    nodes = [Node("x", L.Input((1,))), Node("twice", twice, ("x",)), Node("sum", L.Add(), ("x", "twice"))]
    return Network([*nodes, Node("neuron", L.Dense(np.array([[2.0]])), ("sum",))])


def normed() -> Network:
    norm = L.BatchNorm(np.array([1.0]), np.array([4.0]), np.array([3.0]), np.array([2.0]), 0)
    layers = [norm, L.Flatten(), L.Dense(np.array([[1.0]]))]
    return Network.sequential(layers, (1, 1, 1), ["norm", "flat", "neuron"])


def local() -> Network:
    layers = [L.LRN(3, 3, 1, 1), L.Dense(np.array([[1.0], [1.0]]))]
    return Network.sequential(layers, (2,), ["lrn", "neuron"])


def row(*values: float) -> Array:
    return np.array([values], dtype=np.float64)


def picture(*values: float) -> Array:
    return np.array(values, dtype=np.float64).reshape(1, 2, 2, 1)
