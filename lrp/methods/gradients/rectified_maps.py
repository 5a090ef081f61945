"""What deconvolution and guided backpropagation share: a backward pass with their own ReLU, and a norm at the end."""

from __future__ import annotations

from collections.abc import Callable

from lrp.arrays import Array
from lrp.graph import Explanation, InputLike, Network, TargetLike
from lrp.methods.gradients.norms import Norm, as_norm, over_channels
from lrp.methods.score import no_tokens, score
from lrp.methods.tools import backward, layout, rectifying


def rectified_map(
    method: str,
    network: Network,
    x: InputLike,
    target: TargetLike,
    rectified: Callable[[Array, Array], Array],
    norm: Norm | str | float | None,
) -> Explanation:
    """The signal at the inputs if each ReLU passes rectified(signal, z) on; with a norm, over each pixel's channels."""
    no_tokens(network, method)
    chosen = None if norm is None else as_norm(norm)
    scored = score(network, x, target)
    signals = backward(network, scored.trace, scored.node, scored.one, rectifying(rectified, method))
    maps = {name: signals[name] for name in network.inputs}
    if chosen is not None:
        for name, signal in maps.items():
            at = layout(network, name)
            maps[name] = at.native(over_channels(at.channels_last(signal), chosen))
    return scored.explanation(method, maps, {"norm": None if chosen is None else chosen.value})
