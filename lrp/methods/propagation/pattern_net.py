"""PatternNet and PatternAttribution: the backward pass with patterns in the place of weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import ShapeError
from lrp.graph import Network, Node, at_target
from lrp.layers import LinearLayer
from lrp.layers.activations import step as indicator
from lrp.methods.result import Attribution
from lrp.methods.score import no_tokens, score
from lrp.methods.tools.backward import Step, backward, rectifying


def pattern_net(network: Network, x: Any, target: Any = None, *, patterns: Mapping[str, Array]) -> Attribution:
    """The gradient's pass with W replaced by the patterns A: the signal that the network responds to

    Source: Kindermans et al. 2018, PatternNet

    ReLU masks and max-pooling switches are those of the forward pass. Starts with 1 at the target. patterns: from
    estimate_patterns. Activations other than ReLU are refused.
    """
    no_tokens(network, "pattern_net")
    found = score(network, x, target)
    step = _with_weights("pattern_net", patterns, lambda layer, a: a)
    signals = backward(network, found.trace, found.node, found.one, step)
    maps = {name: signals[name] for name in network.inputs}
    return Attribution("pattern_net", found.form(maps), found.target, found.value)


def pattern_attribution(network: Network, x: Any, target: Any = None, *, patterns: Mapping[str, Array]) -> Attribution:
    """The gradient's pass with W replaced by W * A, entry by entry, from the target's own value

    Source: Kindermans et al. 2018, PatternAttribution

    It is deep Taylor decomposition with the root x_0 = x - a w^T x. Does not conserve: w^T a = 1 holds over a whole
    kernel, a ReLU's mask cuts parts of it.
    """
    no_tokens(network, "pattern_attribution")
    found = score(network, x, target)
    step = _with_weights("pattern_attribution", patterns, lambda layer, a: layer.weight * a)
    start = at_target(found.logits, found.target, found.value)
    signals = backward(network, found.trace, found.node, start, step)
    maps = {name: signals[name] for name in network.inputs}
    return Attribution("pattern_attribution", found.form(maps), found.target, found.value)


def _with_weights(method: str, patterns: Mapping[str, Array], weight: Any) -> Step:
    """The step that takes weight(layer, pattern) for the kernel of each layer."""
    if not isinstance(patterns, Mapping):
        raise ShapeError(
            f"{method}: patterns: expected a pattern for each kernel by its node's name, got {type(patterns).__name__};"
            " estimate_patterns makes them"
        )
    masked = rectifying(lambda g, z: g * indicator(z > 0, z), method)

    def step(node: Node, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        layer = node.layer
        if not isinstance(layer, LinearLayer):
            return masked(node, g, xs, y)
        if node.name not in patterns or patterns[node.name].shape != layer.weight.shape:
            got = patterns[node.name].shape if node.name in patterns else "none"
            raise ShapeError(
                f"{node.name}: {method} expected a pattern of the weight's shape {layer.weight.shape}, got {got};"
                " estimate the patterns with this very network"
            )
        a = arrays.cast(patterns[node.name], arrays.dtype_name(layer.weight))
        return (layer.adjoint(weight(layer, a), g, xs[0].shape),)

    return step
