"""Guided backpropagation: the gradient's mask and the deconvolution's at once."""

from __future__ import annotations

from typing import Any

from lrp import arrays
from lrp.graph import Network
from lrp.layers.activation import step as indicator
from lrp.methods.backward import backward, rectifying
from lrp.methods.result import Attribution
from lrp.methods.score import no_tokens, score


def guided_backprop(network: Network, x: Any, target: Any = None) -> Attribution:
    """At a ReLU: g_in = 1[z > 0] max(g_out, 0); else as the gradient.

    Source: Springenberg et al. 2015, guided backpropagation

    z = 0 counts as not active. Largely blind to the class and to the upper layers' weights. Activations other than
    ReLU are refused.
    """
    no_tokens(network, "guided_backprop")
    found = score(network, x, target)
    step = rectifying(lambda g, z: arrays.positive(g) * indicator(z > 0, z), "guided_backprop")
    signals = backward(network, found.trace, found.node, found.one, step)
    maps = {name: signals[name] for name in network.inputs}
    return Attribution("guided_backprop", found.form(maps), found.target, found.value)
