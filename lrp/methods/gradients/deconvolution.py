"""Deconvolution: the backward signal is rectified, whatever the forward pass was."""

from __future__ import annotations

from typing import Any

from lrp import arrays
from lrp.graph import Network
from lrp.methods.gradients.gradient import Norm
from lrp.methods.gradients.rectified_maps import rectified_map
from lrp.methods.result import Attribution


def deconvolution(network: Network, x: Any, target: Any = None, norm: Norm | str | float | None = None) -> Attribution:
    """At a ReLU: g_in = max(g_out, 0). Kernels transposed, max-pooling undone by its switches; starts with 1.

    Source: Zeiler and Fergus 2014, deconvnet; Samek et al. 2017 (the norm over the channels of a pixel)

    norm: None gives the signal itself, else as for sensitivity. The forward pass enters through the switches alone (and
    through local response normalisation, whose gradient is taken), so a network without max-pooling gets the same map
    for every picture. Activations other than ReLU are refused.
    """
    return rectified_map("deconvolution", network, x, target, lambda g, z: arrays.positive(g), norm)
