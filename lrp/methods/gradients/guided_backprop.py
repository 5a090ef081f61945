"""Guided backpropagation: the gradient's mask and the deconvolution's at once."""

from __future__ import annotations

from typing import Any

from lrp import arrays
from lrp.graph import Network
from lrp.layers.activations import step as indicator
from lrp.methods.gradients.gradient import Norm
from lrp.methods.gradients.rectified_maps import rectified_map
from lrp.methods.result import Attribution


def guided_backprop(
    network: Network, x: Any, target: Any = None, norm: Norm | str | float | None = None
) -> Attribution:
    """At a ReLU: g_in = 1[z > 0] max(g_out, 0); else as the gradient.

    Source: Springenberg et al. 2015, guided backpropagation

    norm: None gives the signal itself, else as for sensitivity. z = 0 counts as not active. Largely blind to the class
    and to the upper layers' weights. Activations other than ReLU are refused.
    """
    return rectified_map(
        "guided_backprop", network, x, target, lambda g, z: arrays.positive(g) * indicator(z > 0, z), norm
    )
