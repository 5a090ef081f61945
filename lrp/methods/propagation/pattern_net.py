"""PatternNet and PatternAttribution: the backward pass with patterns instead of weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import ShapeError
from lrp.graph import Explanation, InputLike, Network, Node, TargetLike, at_target
from lrp.layers import LinearLayer
from lrp.layers.activations import step as indicator
from lrp.methods.score import no_tokens, score
from lrp.methods.tools import Step, backward, rectifying


def pattern_net(
    network: Network, x: InputLike, target: TargetLike = None, *, patterns: Mapping[str, Array]
) -> Explanation:
    """g_in = A g_out at a kernel W, elsewhere as the gradient; starts with 1 at the target

    Source: Kindermans et al. 2018, PatternNet

    A: the patterns, the directions of the signal in the kernels' inputs. ReLU masks and max-pooling switches are those
    of the forward pass. Unit: that of the input. Does not sum to anything.

    Parameters
    ----------
    network : Network
        The network to explain.
    x : InputLike
        A batch, in a form that `network.forward` takes.
    target : TargetLike
        The output to explain, one for all samples or one per sample; None: each sample's largest logit.
    patterns : mapping of str to array
        The pattern of each kernel by its node's name, as estimate_patterns makes them.

    Returns
    -------
    Explanation
        relevance: the signal at the input.

    Raises
    ------
    InputError
        Where an input is token numbers.
    ShapeError
        Where the pattern of a kernel is missing or has another shape.
    SettingError
        For an activation other than ReLU.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp import Network, layers
    >>> network = Network.sequential([layers.Dense(np.array([[1.0], [-1.0]]))], (2,))
    >>> pattern_net(network, [[2.0, 1.0]], patterns={"dense1": np.array([[1.0], [0.0]])}).relevance
    array([[1., 0.]])
    """
    no_tokens(network, "pattern_net")
    scored = score(network, x, target)
    step = _with_weights("pattern_net", patterns, lambda layer, a: a)
    signals = backward(network, scored.trace, scored.node, scored.one, step)
    maps = {name: signals[name] for name in network.inputs}
    return scored.explanation("pattern_net", maps)


def pattern_attribution(
    network: Network, x: InputLike, target: TargetLike = None, *, patterns: Mapping[str, Array]
) -> Explanation:
    """g_in = (W * A) g_out at a kernel W, elsewhere as the gradient; starts with S_c at the target

    Source: Kindermans et al. 2018, PatternAttribution

    W * A is the product entry by entry; it is deep Taylor decomposition with the root x_0 = x - a w^T x. Unit: that of
    the output. Does not conserve: w^T a = 1 holds over a whole kernel, and a ReLU's mask cuts parts of it.

    Parameters
    ----------
    network : Network
        The network to explain.
    x : InputLike
        A batch, in a form that `network.forward` takes.
    target : TargetLike
        The output to explain, one for all samples or one per sample; None: each sample's largest logit.
    patterns : mapping of str to array
        The pattern of each kernel by its node's name, as estimate_patterns makes them.

    Returns
    -------
    Explanation
        relevance: the signal at the input.

    Raises
    ------
    InputError
        Where an input is token numbers.
    ShapeError
        Where the pattern of a kernel is missing or has another shape.
    SettingError
        For an activation other than ReLU.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp import Network, layers
    >>> network = Network.sequential([layers.Dense(np.array([[1.0], [-1.0]]))], (2,))
    >>> pattern_attribution(network, [[2.0, 1.0]], patterns={"dense1": np.array([[1.0], [0.0]])}).relevance
    array([[1., 0.]])
    """
    no_tokens(network, "pattern_attribution")
    scored = score(network, x, target)
    step = _with_weights("pattern_attribution", patterns, lambda layer, a: layer.weight * a)
    start = at_target(scored.logits, scored.target, scored.value)
    signals = backward(network, scored.trace, scored.node, start, step)
    maps = {name: signals[name] for name in network.inputs}
    return scored.explanation("pattern_attribution", maps)


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
