"""Excitation backpropagation: winning probabilities through the positive weights; and its contrastive form."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import GraphError
from lrp.graph import Network, Node, parse
from lrp.layers import LinearLayer
from lrp.methods.gradients import feature_map
from lrp.methods.result import Attribution
from lrp.methods.score import Score, no_tokens, score, single_input
from lrp.methods.tools import layout, resize, spatial_of
from lrp.methods.tools.backward import Step, backward
from lrp.rules import Rule

# sums and means are linear maps with positive weights; normalisation passes the probabilities on
RULES = (
    "Conv|ConvTranspose|Dense=z_plus:bias=off BatchNorm|LRN=identity Multiply=uniform"
    " AvgPool|SumPool|GlobalAvgPool|GlobalSumPool|Add|Average=z_plus"
)


def excitation_backprop(network: Network, x: Any, target: Any = None, layer: str | None = None) -> Attribution:
    """P(a_i) = sum_j a_i w_ij^+ / sum_k a_k w_kj^+ P(a_j), 0 for 0/0; P = 1 at the target

    Source: Zhang et al. 2016, excitation backprop

    It is z+ without bias, for activations a >= 0; at a negative activation the products a^- w^- count as z+ has it.
    Max-pooling sends P to its winners; the inputs of a sum share it as a_i / sum a. layer: the sum over the channels at
    that node, interpolated to the input's size; None: at the input itself, where it sums to 1 unless some 0/0 occurred.
    """
    found, step = _begin(network, x, target, "excitation_backprop")
    signals = backward(network, found.trace, found.node, found.one, step)
    if layer is None:
        maps = {name: signals[name] for name in network.inputs}
        expected = np.ones(len(found.target))
        return Attribution("excitation_backprop", found.form(maps), found.target, found.value, expected=expected)
    return _at_layer("excitation_backprop", found, feature_map(network, layer), signals)


def contrastive_excitation_backprop(
    network: Network, x: Any, target: Any = None, layer: str | None = None
) -> Attribution:
    """max(0, map of P - P'), where P' took one step through the last kernel with its weights negated

    Source: Zhang et al. 2016, contrastive excitation backprop

    Below the last dense (or convolution) layer the difference goes on by the ordinary rule; neither vector is
    renormalised before it is taken. layer: as for excitation_backprop, default the last feature map.
    """
    found, step = _begin(network, x, target, "contrastive_excitation_backprop")
    top, kernel = _last_kernel(found)
    signals = backward(network, found.trace, found.node, found.one, step)
    against = replace(top, layer=replace(kernel, weight=-kernel.weight))
    below = top.inputs[0]
    xs = (found.trace.values[below],)
    (negative,) = step(against, signals[top.name], xs, found.trace.values[top.name])
    (positive,) = step(top, signals[top.name], xs, found.trace.values[top.name])
    signals = backward(network, found.trace, below, positive - negative, step)
    node = feature_map(network, layer)
    if node not in signals:
        raise GraphError(f"layer: expected a node below {top.name}, where the contrast is taken, got {node}")
    return _at_layer("contrastive_excitation_backprop", found, node, signals)


def _begin(network: Network, x: Any, target: Any, method: str) -> tuple[Score, Step]:
    """The forward pass, and the step by the rules above."""
    no_tokens(network, method)
    found = score(network, x, target)
    names = [name for name in network.nodes if name in network.ancestors(found.node)]
    rules = parse(_present(network)).assign(network, names)
    return found, by_rules(rules)


def _present(network: Network) -> str:
    """The lines of RULES whose layers the network has."""
    kinds = {type(node.layer).__name__ for node in network.nodes.values()}
    lines = []
    for line in RULES.split():
        pattern, _, rule = line.partition("=")
        there = [kind for kind in pattern.split("|") if kind in kinds]
        lines += ["|".join(there) + "=" + rule] if there else []
    return " ".join(lines)


def by_rules(rules: dict[str, Rule]) -> Step:
    """The step of relevance propagation."""

    def step(node: Node, R: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        return node.layer.distribute(R, rules[node.name], xs, y).parts

    return step


def _last_kernel(found: Score) -> tuple[Node, LinearLayer]:
    """The highest node with a kernel below the logits, and its layer."""
    below = found.network.ancestors(found.node)
    nodes = [node for node in found.network.nodes.values() if node.name in below]
    kernels = [(node, node.layer) for node in nodes if isinstance(node.layer, LinearLayer)]
    if not kernels:
        raise GraphError("contrastive_excitation_backprop: expected a network with a dense or convolution layer")
    return kernels[-1]


def _at_layer(method: str, found: Score, node: str, signals: dict[str, Array]) -> Attribution:
    """The positive part of the sum over the channels at a node, at the input's size."""
    name = single_input(found.network, method)
    at = layout(found.network, name)
    small = signals[node].sum(axis=-1, keepdims=True)
    spatial = spatial_of(at.last(found.inputs[name]), method)
    relevance = at.own(resize(arrays.positive(small), spatial))
    settings = {"layer": node}
    return Attribution(
        method, found.form({name: relevance}), found.target, found.value, settings, details={"map": small}
    )
