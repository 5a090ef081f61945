"""Sanity checks: a heatmap that explains the network must change when the network's weights are drawn anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.errors import GraphError
from lrp.evaluation.maps import pixel_map
from lrp.evaluation.measurement import Curve, Measurement
from lrp.evaluation.similarity import rank_correlation, structural_similarity
from lrp.graph import Explanation, Network, Node
from lrp.layers import BatchNorm, Layer, LinearLayer
from lrp.methods import logit_node
from lrp.methods.tools import whole

Initialiser = Callable[[Layer, np.random.Generator], Layer]


def fan_in_uniform(layer: Layer, rng: np.random.Generator) -> Layer:
    """Weight and bias uniform within +- 1/sqrt(inputs of a neuron), as torch begins; batch normalisation: 1 and 0.

    Use the initialiser that the network was trained from where it was another one.
    """
    if isinstance(layer, LinearLayer):
        bound = 1 / np.sqrt(np.prod(layer.weight.shape[:-1]))
        drawn = {"weight": rng.uniform(-bound, bound, layer.weight.shape).astype(layer.weight.dtype)}
        if layer.bias is not None:
            drawn["bias"] = rng.uniform(-bound, bound, layer.bias.shape).astype(layer.bias.dtype)
        return replace(layer, **drawn)
    if isinstance(layer, BatchNorm):
        return replace(layer, mean=0 * layer.mean, variance=0 * layer.variance + 1, gamma=None, beta=None)
    return layer


def randomisation(
    network: Network,
    x: Any,
    method: Callable[..., Explanation],
    target: Any = None,
    *,
    cascading: bool = True,
    repetitions: int = 1,
    initialiser: Initialiser = fan_in_uniform,
    seed: int = 0,
) -> Measurement:
    """similarity of E(x; theta) and E(x; theta with layers drawn anew), from the logits down

    Source: Adebayo et al. 2018, cascading and independent randomisation

    cascading: each step draws one more layer anew and keeps the former draws; else one layer at a time, all others
    trained. Weights and biases are replaced. The target is the trained network's prediction (or as given) throughout.
    method(network, x, target): any of lrp.methods. curves over the layers, topmost first: "rank" (Spearman of R),
    "rank of |R|" and "ssim"; the first place, "trained", is 1 by definition. numbers: each curve's mean over layers.
    Pixels that are 0 in every map (a digit's background under gradient x input) inflate rank correlations: "rank where
    it varies" leaves out the pixels that are equal in both maps and 0.
    """
    whole("randomisation: repetitions", repetitions)
    layers = kernels(network)
    found = method(network, x, target)
    original = pixel_map(network, found)
    names = ("rank", "rank of |R|", "rank where it varies", "ssim")
    values = {name: np.ones((len(original), len(layers) + 1)) for name in names}
    for name in names:
        values[name][:, 1:] = 0
    for repetition in range(repetitions):
        current = network
        for place, node in enumerate(layers, start=1):
            rng = np.random.default_rng([seed, repetition, place])
            current = redrawn(current if cascading else network, node.name, initialiser, rng)
            changed = pixel_map(current, method(current, x, list(found.target)))
            for i, pair in enumerate(zip(original, changed, strict=True)):
                for name, similarity in zip(names, _similarities(*pair), strict=True):
                    values[name][i, place] += similarity / repetitions
    places = ("trained", *(node.name for node in layers))
    curves = {
        name: Curve(places, v, "randomised down to" if cascading else "randomised", name) for name, v in values.items()
    }
    numbers = {name: v[:, 1:].mean(axis=1) for name, v in values.items()}
    return Measurement("randomisation", numbers, curves, {"cascading": cascading, "repetitions": repetitions})


def kernels(network: Network) -> list[Node]:
    """The nodes with weights below the logits, topmost first."""
    below = network.ancestors(logit_node(network))
    nodes = [n for n in network.nodes.values() if n.name in below and isinstance(n.layer, (LinearLayer, BatchNorm))]
    if not nodes:
        raise GraphError("randomisation: expected a network with weights, got none below its logits")
    return nodes[::-1]


def redrawn(network: Network, name: str, initialiser: Initialiser, rng: np.random.Generator) -> Network:
    """The network with one node's layer drawn anew (at every node where that layer stands)."""
    old = network.nodes[name].layer
    new = initialiser(old, rng)
    nodes = [Node(n.name, new if n.layer is old else n.layer, n.inputs) for n in network.nodes.values()]
    return Network(nodes, network.outputs, network.metadata, network.dtype)


def _similarities(a: Array, b: Array) -> tuple[float, float, float, float]:
    """In the order of the curves' names."""
    varies = (a != 0) | (b != 0)
    part = rank_correlation(a[varies], b[varies]) if varies.any() else float("nan")
    return rank_correlation(a, b), rank_correlation(np.abs(a), np.abs(b)), part, structural_similarity(a, b)
