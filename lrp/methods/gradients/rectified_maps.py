"""What deconvolution and guided backpropagation share: a backward pass with their own ReLU, and a norm at the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lrp.arrays import Array
from lrp.graph import Network
from lrp.methods.gradients.gradient import Norm, as_norm, over_channels
from lrp.methods.result import Attribution
from lrp.methods.score import no_tokens, score
from lrp.methods.tools import backward, layout, rectifying


def rectified_map(
    method: str,
    network: Network,
    x: Any,
    target: Any,
    rectified: Callable[[Array, Array], Array],
    norm: Norm | str | float | None,
) -> Attribution:
    """The signal at the inputs when each ReLU does rectified(signal, z); with a norm, over each pixel's channels."""
    no_tokens(network, method)
    chosen = None if norm is None else as_norm(norm)
    found = score(network, x, target)
    signals = backward(network, found.trace, found.node, found.one, rectifying(rectified, method))
    maps = {name: signals[name] for name in network.inputs}
    if chosen is not None:
        for name, signal in maps.items():
            at = layout(network, name)
            maps[name] = at.own(over_channels(at.last(signal), chosen))
    settings = {"norm": None if chosen is None else chosen.value}
    return Attribution(method, found.form(maps), found.target, found.value, settings)
