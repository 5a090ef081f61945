"""Training of small networks in plain numpy, by the backward pass that the gradient methods use."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from scipy import special

from lrp import Network, Node
from lrp.layers import Activation, Dense, Layer
from lrp.methods.propagation.patterns import outer
from lrp.methods.tools import Adam
from lrp.methods.tools import backward


def perceptron(activation: Activation, widths: tuple[int, ...], seed: int = 0) -> Network:
    """Dense layers with the activation between them, weights uniform within +- root(3 / inputs)."""
    rng = np.random.default_rng(seed)
    layers: list[Layer] = []
    for before, after in zip(widths, widths[1:]):
        bound = np.sqrt(3 / before)
        layers += [Dense(rng.uniform(-bound, bound, (before, after)), np.zeros(after)), activation]
    return Network.sequential(layers[:-1], (widths[0],))


def trained(
    network: Network, x: np.ndarray, labels: np.ndarray, epochs: int = 4, batch: int = 100, rate: float = 2e-3
) -> Network:
    """The network after Adam on the cross-entropy of its softmax; dense layers only."""
    rng = np.random.default_rng(1)
    names = [name for name, node in network.nodes.items() if isinstance(node.layer, Dense)]
    steps = {(name, part): Adam(rate) for name in names for part in ("weight", "bias")}
    for _ in range(epochs):
        for start in range(0, len(x) - batch + 1, batch):
            rows = rng.integers(0, len(x), batch)
            trace = network.forward(x[rows])
            g = special.softmax(trace.output, axis=1)
            g[np.arange(batch), labels[rows]] -= 1
            signals = backward(network, trace, network.outputs[0], g / batch)
            new: dict[str, Any] = {}
            for name in names:
                node = network.nodes[name]
                value, layer = trace.values[node.inputs[0]], node.layer
                if isinstance(layer, Dense) and layer.bias is not None:
                    weight = steps[name, "weight"].step(layer.weight, outer(layer, value, signals[name]))
                    bias = steps[name, "bias"].step(layer.bias, signals[name].sum(axis=0))
                    new[name] = replace(layer, weight=weight, bias=bias)
            nodes = [Node(n.name, new.get(n.name, n.layer), n.inputs) for n in network.nodes.values()]
            network = Network(nodes)
    return network
