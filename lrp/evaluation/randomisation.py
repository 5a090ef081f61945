"""Sanity checks: a heatmap that explains the network must change when its weights are replaced by random ones."""

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
    """The layer with random weights: weight and bias uniform within +- 1/sqrt(inputs of a neuron), the default of
    torch.

    Batch normalisation becomes the identity; layers without weights stay. Use the initialiser that the network was
    trained from if it was another one.
    """
    if isinstance(layer, LinearLayer):
        bound = 1 / np.sqrt(np.prod(layer.weight.shape[:-1]))
        random = {"weight": rng.uniform(-bound, bound, layer.weight.shape).astype(layer.weight.dtype)}
        if layer.bias is not None:
            random["bias"] = rng.uniform(-bound, bound, layer.bias.shape).astype(layer.bias.dtype)
        return replace(layer, **random)
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
    """similarity of E(x; theta) and E(x; theta with layers replaced by random ones), from the logits down

    Source: Adebayo et al. 2018, cascading and independent randomisation

    Pixels that are 0 in every map (a digit's background under gradient x input) raise rank correlations; "rank where it
    varies" leaves out the pixels that are 0 in both maps.

    Parameters
    ----------
    network : Network
    x : array
        (n, ...) pictures.
    method : callable
        method(network, x, target) -> Explanation.
    target : int, str, list or None
        The explained output; None for the trained network's prediction, which is kept for the random networks.
    cascading : bool
        Each step replaces one more layer and keeps the former replacements; else one layer at a time.
    repetitions : int
        Random networks per layer; the similarities are averaged.
    initialiser : callable
        initialiser(layer, rng) -> the layer with random weights and biases.
    seed : int

    Returns
    -------
    Measurement
        curves over the layers, topmost first: "rank" (Spearman of R), "rank of |R|", "rank where it varies",
        "ssim"; the
        first place, "trained", is 1 by definition. numbers: the mean of each curve over the layers.

    Raises
    ------
    GraphError
        If the network has no weights below its logits.
    SettingError
        If repetitions < 1.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp import Network, layers
    >>> from lrp.methods import gradient
    >>> network = Network.sequential([layers.Dense(np.arange(12.0).reshape(6, 2))], (6,), ["fc"])
    >>> randomisation(network, np.ones((1, 6)), gradient, 0).curves["rank"].x
    ('trained', 'fc')
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
            current = with_random_layer(current if cascading else network, node.name, initialiser, rng)
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


def with_random_layer(network: Network, name: str, initialiser: Initialiser, rng: np.random.Generator) -> Network:
    """The network with one node's layer replaced by a random one, also at the other nodes that share that layer."""
    old = network.nodes[name].layer
    new = initialiser(old, rng)
    nodes = [Node(n.name, new if n.layer is old else n.layer, n.inputs) for n in network.nodes.values()]
    return Network(nodes, network.outputs, network.metadata, network.dtype)


def _similarities(a: Array, b: Array) -> tuple[float, float, float, float]:
    """In the order of the curves' names."""
    varies = (a != 0) | (b != 0)
    part = rank_correlation(a[varies], b[varies]) if varies.any() else float("nan")
    return rank_correlation(a, b), rank_correlation(np.abs(a), np.abs(b)), part, structural_similarity(a, b)
