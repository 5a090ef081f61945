"""Deconvolution: the backward signal is rectified, whatever the forward pass was."""

from __future__ import annotations

from typing import Any

from lrp import arrays
from lrp.graph import Network
from lrp.methods.backward import backward, rectifying
from lrp.methods.result import Attribution
from lrp.methods.score import no_tokens, score


def deconvolution(network: Network, x: Any, target: Any = None) -> Attribution:
    """At a ReLU: g_in = max(g_out, 0). Kernels transposed, max-pooling undone by its switches; starts with 1.

    Source: Zeiler and Fergus 2014, deconvnet

    The forward pass enters through the switches alone (and through local response normalisation, whose gradient is
    taken), so a network without max-pooling gets the same map for every picture. Activations other than ReLU are
    refused.
    """
    no_tokens(network, "deconvolution")
    found = score(network, x, target)
    step = rectifying(lambda g, z: arrays.positive(g), "deconvolution")
    signals = backward(network, found.trace, found.node, found.one, step)
    maps = {name: signals[name] for name in network.inputs}
    return Attribution("deconvolution", found.form(maps), found.target, found.value)
