"""Small networks that the tests of methods and measures share; biases of both signs, lengths that differ."""

from __future__ import annotations

import numpy as np

from lrp import Network
from lrp.layers import (
    Activation,
    AvgPool,
    Conv,
    Dense,
    Flatten,
    GlobalAvgPool,
    MaxPool,
    Permute,
    ReLU,
    Softmax,
    Tanh,
)


def golden(activation: Activation, biases: bool = True) -> Network:
    """The 3-3-2 network whose values were worked out by hand and with plain numpy."""
    w1 = np.array([[1, -1, 0.5], [2, 0.5, -1], [-0.5, 1, 1]])
    w2 = np.array([[1, -1], [-2, 1], [0.5, 2.0]])
    b1, b2 = (np.array([0.5, -0.25, 0.1]), np.array([0.1, -0.2])) if biases else (None, None)
    return Network.sequential([Dense(w1, b1), activation, Dense(w2, b2)], (3,))


GOLDEN_X, GOLDEN_R = np.array([[1.0, 2.0, 3.0]]), np.array([0.5, -1.0, 0.0])


def dense(
    rng: np.random.Generator, activation: Activation | None = None, biases: bool = True, depth: int = 2
) -> Network:
    """5 -> 7 -> ... -> 3"""
    act = ReLU() if activation is None else activation
    widths = [5, *[7] * depth, 3]
    layers = []
    for before, after in zip(widths, widths[1:]):
        layers += [Dense(rng.normal(size=(before, after)), rng.normal(size=after) if biases else None), act]
    return Network.sequential(layers[:-1], (5,))


def conv(rng: np.random.Generator, activation: Activation | None = None, biases: bool = True) -> Network:
    """Pictures 7 x 9 x 2 through convolution, max-pooling, convolution with stride, dense, softmax: 3 classes."""
    act = ReLU() if activation is None else activation

    def b(n: int) -> np.ndarray | None:
        return rng.normal(size=n) if biases else None

    layers = [
        Conv(rng.normal(size=(3, 2, 2, 5)), b(5), padding="same"),
        act,
        MaxPool((2, 2), (1, 2)),
        Conv(rng.normal(size=(2, 2, 5, 4)), b(4), stride=(2, 1), padding=((1, 0), (0, 1))),
        act,
        Flatten(),
        Dense(rng.normal(size=(3 * 4 * 4, 6)) / 4, b(6)),
        act,
        Dense(rng.normal(size=(6, 3)), b(3)),
        Softmax(),
    ]
    return Network.sequential(layers, (7, 9, 2))


def pooled(rng: np.random.Generator) -> Network:
    """Convolution, ReLU, global average, dense: the head that class activation maps need."""
    layers = [
        Conv(rng.normal(size=(3, 3, 2, 5)), rng.normal(size=5)),
        ReLU(),
        GlobalAvgPool(),
        Dense(rng.normal(size=(5, 3)), rng.normal(size=3)),
    ]
    return Network.sequential(layers, (6, 7, 2))


def unpadded(rng: np.random.Generator) -> Network:
    """Pictures 7 x 9 x 2 into a convolution whose windows all lie inside: a constant shift can be undone in its bias."""
    layers = [
        Conv(rng.normal(size=(3, 2, 2, 5)), rng.normal(size=5)),
        ReLU(),
        GlobalAvgPool(),
        Dense(rng.normal(size=(5, 3))),
    ]
    return Network.sequential(layers, (7, 9, 2))


def channels_first(network: Network) -> Network:
    """The same network behind a Permute, as a framework with channels first stores it."""
    nodes = list(network.nodes.values())
    shape = network.shapes["input"]
    inner = [node.layer for node in nodes[1:]]
    return Network.sequential([Permute((2, 3, 1)), *inner], (shape[-1], *shape[:-1]))


def smooth(rng: np.random.Generator) -> Network:
    """Convolution, tanh, average pooling with overlap and padding, dense."""
    layers = [
        Conv(rng.normal(size=(2, 3, 1, 4)), rng.normal(size=4), padding="same", dilation=(2, 1)),
        Tanh(),
        AvgPool((3, 2), (2, 1), padding=((1, 1), (1, 0))),
        Flatten(),
        Dense(rng.normal(size=(3 * 7 * 4, 3)), rng.normal(size=3)),
    ]
    return Network.sequential(layers, (5, 7, 1))
