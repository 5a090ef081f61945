"""Excitation backpropagation: winning probabilities through the positive weights; and its contrastive form."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import GraphError
from lrp.graph import Explanation, InputLike, Network, Node, TargetLike, parse
from lrp.layers import LinearLayer
from lrp.methods.gradients import feature_map
from lrp.methods.score import Score, no_tokens, score, single_input
from lrp.methods.tools import Step, backward, layout, resize, spatial_of
from lrp.rules import Rule

# sums are linear maps: a subtracted input has a negative weight, so it can win nothing; normalisation passes P on
RULES = (
    "Conv|ConvTranspose|Dense=z_plus:bias=off BatchNorm|Affine|LRN=identity Multiply=uniform"
    " AvgPool|SumPool|GlobalAvgPool|GlobalSumPool|MaskedMean|Add|Subtract|WeightedAdd|Average=z_plus"
)


def excitation_backprop(
    network: Network, x: InputLike, target: TargetLike = None, *, layer: str | None = None
) -> Explanation:
    """P(a_i) = sum_j a_i w_ij^+ / sum_k a_k w_kj^+ P(a_j), 0 for 0/0; P = 1 at the target

    Source: Zhang et al. 2016, excitation backprop

    It is z+ without bias, for activations a >= 0; at a negative activation the products a^- w^- count, as in z+.
    Max-pooling sends P to its winners; the inputs of a sum share it as (w_i a_i)^+. Unit: none, probabilities; they sum
    to 1 at the input unless 0/0 occurred. Has no negative evidence.

    Parameters
    ----------
    network : Network
        The network to explain.
    x : InputLike
        A batch, in a form that `network.forward` takes.
    target : TargetLike
        The output to explain, one for all samples or one per sample; None: each sample's largest logit.
    layer : str, optional
        The node whose map, summed over its channels, is interpolated to the input's size; None: the input itself.

    Returns
    -------
    Explanation
        expected: 1 without layer; details: "map" at the node's own size with it.

    Raises
    ------
    InputError
        Where an input is token numbers, and with layer for a network with several inputs.
    GraphError
        For a layer that is no node with spatial axes.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp import Network, layers
    >>> network = Network.sequential([layers.Dense(np.array([[2.0], [-1.0], [4.0]]))], (3,))
    >>> excitation_backprop(network, [[3.0, 1.0, 0.5]]).relevance
    array([[0.75, 0.  , 0.25]])
    """
    scored, step = _begin(network, x, target, "excitation_backprop")
    signals = backward(network, scored.trace, scored.node, scored.one, step)
    if layer is None:
        maps = {name: signals[name] for name in network.inputs}
        expected = np.ones(len(scored.target))
        return scored.explanation("excitation_backprop", maps, {"layer": None}, expected=expected)
    return _at_layer("excitation_backprop", scored, feature_map(network, layer), signals)


def contrastive_excitation_backprop(
    network: Network, x: InputLike, target: TargetLike = None, *, layer: str | None = None
) -> Explanation:
    """R = max(0, map of P - P'), P' after one step through the last kernel with its weights negated

    Source: Zhang et al. 2016, contrastive excitation backprop

    Below the last dense (or convolution) layer the difference is propagated by the ordinary rule; neither vector is
    renormalised before it is taken. Unit: none. Shows the positive part at one layer only; does not sum to anything.

    Parameters
    ----------
    network : Network
        The network to explain.
    x : InputLike
        A batch, in a form that `network.forward` takes.
    target : TargetLike
        The output to explain, one for all samples or one per sample; None: each sample's largest logit.
    layer : str, optional
        The node whose map, summed over its channels, is interpolated to the input's size; None: the last feature map.

    Returns
    -------
    Explanation
        details: "map" at the node's own size, before max(0, .).

    Raises
    ------
    InputError
        For a network with several inputs or token numbers.
    GraphError
        For a layer that is not below the last kernel, or a network without one.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp import Network, layers
    >>> dense = layers.Dense(np.array([[2.0, 0.0], [-1.0, 1.0]]))
    >>> network = Network.sequential([layers.Conv(np.eye(2)[None, None]), layers.GlobalSumPool(), dense], (1, 2, 2))
    >>> x = np.array([[[[3.0, 0.0], [0.0, 1.0]]]])
    >>> contrastive_excitation_backprop(network, x, 0, layer="conv1").relevance.ravel()
    array([1., 0.])
    """
    scored, step = _begin(network, x, target, "contrastive_excitation_backprop")
    top, kernel = _last_kernel(scored)
    signals = backward(network, scored.trace, scored.node, scored.one, step)
    against = replace(top, layer=replace(kernel, weight=-kernel.weight))
    below = top.inputs[0]
    xs = (scored.trace.values[below],)
    (negative,) = step(against, signals[top.name], xs, scored.trace.values[top.name])
    (positive,) = step(top, signals[top.name], xs, scored.trace.values[top.name])
    signals = backward(network, scored.trace, below, positive - negative, step)
    node = feature_map(network, layer)
    if node not in signals:
        raise GraphError(f"layer: expected a node below {top.name}, where the contrast is taken, got {node}")
    return _at_layer("contrastive_excitation_backprop", scored, node, signals)


def _begin(network: Network, x: InputLike, target: TargetLike, method: str) -> tuple[Score, Step]:
    """The forward pass, and the step by the rules above."""
    no_tokens(network, method)
    scored = score(network, x, target)
    names = [name for name in network.nodes if name in network.ancestors(scored.node)]
    rules = parse(_present(network)).assign(network.graph, names)
    return scored, by_rules(rules)


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


def _last_kernel(scored: Score) -> tuple[Node, LinearLayer]:
    """The highest node with a kernel below the logits, and its layer."""
    below = scored.network.ancestors(scored.node)
    nodes = [node for node in scored.network.nodes.values() if node.name in below]
    kernels = [(node, node.layer) for node in nodes if isinstance(node.layer, LinearLayer)]
    if not kernels:
        raise GraphError("contrastive_excitation_backprop: expected a network with a dense or convolution layer")
    return kernels[-1]


def _at_layer(method: str, scored: Score, node: str, signals: dict[str, Array]) -> Explanation:
    """The positive part of the sum over the channels at a node, at the input's size."""
    name = single_input(scored.network, method)
    at = layout(scored.network, name)
    small = signals[node].sum(axis=-1, keepdims=True)
    spatial = spatial_of(at.channels_last(scored.inputs[name]), method)
    relevance = at.native(resize(arrays.positive(small), spatial))
    settings = {"layer": node}
    return scored.explanation(method, {name: relevance}, settings, details={"map": small})
