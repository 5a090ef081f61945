"""The cases of small networks: branches, sums, shared layers and whole composites."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from lrp import layers as L
from lrp.conformance.case import GoldenCase
from lrp.conformance.numbers import Numbers
from lrp.graph import Network, Node


def _dense(n: Numbers, inputs: int, outputs: int) -> L.Dense:
    return L.Dense(n.array(inputs, outputs) / 2, n.array(outputs) / 4)


def _conv(n: Numbers, *shape: int, **settings: Any) -> L.Conv:
    return L.Conv(n.array(*shape) / 2, n.array(shape[-1]) / 4, **settings)


def _chain(layers: list[tuple[str, L.Layer]], source: str) -> list[Node]:
    """Nodes in a row, the first behind `source`."""
    names = [source, *(name for name, _ in layers)]
    return [Node(name, layer, (before,)) for (name, layer), before in zip(layers, names, strict=False)]


def _start(*shape: int, tokens: bool = False) -> Node:
    return Node("x", L.Input(shape, tokens))


def mlp(n: Numbers) -> list[Node]:
    layers = [("fc1", _dense(n, 4, 3)), ("relu1", L.ReLU()), ("fc2", _dense(n, 3, 3)), ("relu2", L.ReLU())]
    return [_start(4), *_chain([*layers, ("fc3", _dense(n, 3, 2))], "x")]


def mlp_without_bias(n: Numbers) -> list[Node]:
    layers: list[tuple[str, L.Layer]] = [("fc1", L.Dense(n.array(4, 3))), ("relu1", L.ReLU())]
    return [_start(4), *_chain([*layers, ("fc2", L.Dense(n.array(3, 2)))], "x")]


def convnet(n: Numbers) -> list[Node]:
    layers = [
        ("conv1", _conv(n, 2, 2, 1, 2)),
        ("relu1", L.ReLU()),
        ("pool1", L.MaxPool((2, 2))),
        ("flat", L.Flatten()),
        ("fc1", _dense(n, 4, 2)),
    ]
    return [_start(3, 5, 1), *_chain(layers, "x")]


def padded_averages(n: Numbers) -> list[Node]:
    layers = [
        ("conv1", _conv(n, 3, 3, 1, 2, padding="same", stride=2)),
        ("relu1", L.ReLU()),
        ("pool1", L.AvgPool((2, 2))),
        ("flat", L.Flatten()),
        ("fc1", _dense(n, 2, 3)),
    ]
    return [_start(4, 3, 1), *_chain(layers, "x")]


def residual(n: Numbers) -> list[Node]:
    return [
        _start(3),
        *_chain([("fc1", _dense(n, 3, 3)), ("relu1", L.ReLU()), ("fc2", _dense(n, 3, 3))], "x"),
        Node("sum", L.Add(), ("fc2", "x")),
        *_chain([("relu2", L.ReLU()), ("fc3", _dense(n, 3, 2))], "sum"),
    ]


def concatenated(n: Numbers) -> list[Node]:
    return [
        _start(3, 4, 1),
        *_chain([("conv1", _conv(n, 1, 1, 1, 2)), ("relu1", L.ReLU())], "x"),
        *_chain([("conv2", _conv(n, 3, 3, 1, 1, padding="same")), ("relu2", L.ReLU())], "x"),
        Node("joined", L.Concat(), ("relu1", "relu2")),
        *_chain([("pool", L.GlobalAvgPool()), ("fc1", _dense(n, 3, 2))], "joined"),
    ]


def shared_layer(n: Numbers) -> list[Node]:
    layer = _dense(n, 3, 3)
    return [
        _start(3),
        *_chain(
            [("fc1", layer), ("relu1", L.ReLU()), ("fc2", layer), ("relu2", L.ReLU()), ("fc3", _dense(n, 3, 2))], "x"
        ),
    ]


def normalised_locally(n: Numbers) -> list[Node]:
    layers = [
        ("conv1", _conv(n, 1, 2, 1, 3)),
        ("relu1", L.ReLU()),
        ("lrn1", L.LRN(3, 0.5, 1, 1)),
        ("flat", L.Flatten()),
    ]
    return [_start(2, 3, 1), *_chain([*layers, ("fc1", _dense(n, 12, 2))], "x")]


def batch_norm(n: Numbers) -> list[Node]:
    norm = L.BatchNorm(n.array(3) / 4, np.array([0.25, 1.0, 4.0]), n.array(3), n.array(3) / 4, 0)
    layers = [("fc1", _dense(n, 4, 3)), ("norm1", norm), ("relu1", L.ReLU()), ("fc2", _dense(n, 3, 2))]
    return [_start(4), *_chain(layers, "x")]


def grouped(n: Numbers) -> list[Node]:
    layers = [
        ("conv1", _conv(n, 2, 2, 1, 4, groups=2)),
        ("relu1", L.ReLU()),
        ("conv2", _conv(n, 1, 1, 4, 2)),
        ("relu2", L.ReLU()),
        ("pool", L.GlobalMaxPool()),
        ("fc1", _dense(n, 2, 3)),
    ]
    return [_start(3, 2, 2), *_chain(layers, "x")]


def text(n: Numbers) -> list[Node]:
    layers = [
        ("embedding", L.Embedding(n.array(7, 2))),
        ("conv1", _conv(n, 2, 2, 3)),
        ("relu1", L.ReLU()),
        ("pool", L.GlobalMaxPool()),
        ("fc1", _dense(n, 3, 2)),
    ]
    return [_start(5, tokens=True), *_chain(layers, "x")]


def gated(n: Numbers) -> list[Node]:
    return [
        _start(3),
        *_chain([("signal", _dense(n, 3, 3))], "x"),
        *_chain([("gate", _dense(n, 3, 3)), ("squashed", L.Sigmoid())], "x"),
        Node("product", L.Multiply(), ("signal", "squashed")),
        *_chain([("fc1", _dense(n, 3, 2))], "product"),
    ]


def two_inputs(n: Numbers) -> list[Node]:
    return [
        Node("left", L.Input((3,))),
        Node("right", L.Input((2,))),
        *_chain([("fc1", _dense(n, 3, 2)), ("relu1", L.ReLU())], "left"),
        Node("mean", L.Average(), ("relu1", "right")),
        *_chain([("fc2", _dense(n, 2, 2)), ("probabilities", L.Softmax())], "mean"),
    ]


def recurrent(n: Numbers) -> list[Node]:
    cell = L.LSTM(n.array(2, 8) / 4, n.array(2, 8) / 4, n.array(8) / 4)
    return [_start(4, 2), *_chain([("lstm", cell), ("fc1", _dense(n, 2, 3))], "x")]


def attention(n: Numbers) -> list[Node]:
    q, k, v = (n.array(3, 2, 1) / 4 for _ in range(3))
    heads = L.MultiHeadAttention(q, k, v, n.array(2, 1, 3) / 4)
    return [
        _start(4, 3),
        Node("attention", heads, ("x", "x", "x")),
        Node("sum", L.Add(), ("attention", "x")),
        *_chain([("flat", L.Flatten()), ("fc1", _dense(n, 12, 2))], "sum"),
    ]


COMPOSITES = (
    "epsilon:0.25",
    "epsilon-plus",
    "epsilon-plus-flat",
    "epsilon-alpha2-beta1",
    "alpha1-beta0",
    "alpha2-beta1",
    "epsilon-gamma-box:-3,3",
    "deep-taylor:-3,3",
)
NETWORKS: tuple[Callable[[Numbers], list[Node]], ...] = (
    mlp,
    mlp_without_bias,
    convnet,
    padded_averages,
    residual,
    concatenated,
    shared_layer,
    normalised_locally,
    batch_norm,
    grouped,
    text,
    gated,
    two_inputs,
    recurrent,
    attention,
)


def network_cases() -> Iterator[GoldenCase]:
    """Yield each network under each composite: two samples, from the logits of classes 1 and 0."""
    for build in NETWORKS:
        name = build.__name__.replace("_", "-")
        numbers = Numbers(name)
        network = Network(build(numbers))
        x = {source: _sample(numbers, network.nodes[source].layer) for source in network.inputs}
        for composite in COMPOSITES[:1] if build in (recurrent, attention) else COMPOSITES:
            if build is text and composite.endswith("-3,3"):
                continue  # z_box needs an input range, which tokens do not have
            label = composite.replace(":", "_")
            yield GoldenCase(f"networks/{name}/{label}/two-samples", network, x, composite, target=(1, 0))


def _sample(numbers: Numbers, layer: L.Layer) -> Any:
    """Two samples of an input."""
    settings = layer.settings()
    return numbers.choices((2, *settings["shape"]), 7) if settings["tokens"] else numbers.array(2, *settings["shape"])
