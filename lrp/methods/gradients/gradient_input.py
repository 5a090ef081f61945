"""Gradient times input."""

from __future__ import annotations

from typing import Any

from lrp.graph import Network
from lrp.methods.gradients.gradient import gradients
from lrp.methods.result import Attribution
from lrp.methods.score import no_tokens, score


def gradient_input(network: Network, x: Any, target: Any = None) -> Attribution:
    """R_i = x_i dS_c/dx_i

    Source: Shrikumar et al. 2017, gradient times input

    In a network of ReLUs and linear layers it equals the zero rule. Sums to S_c only where no layer has a bias.
    """
    no_tokens(network, "gradient_input")
    found = score(network, x, target)
    maps = {name: found.inputs[name] * g for name, g in gradients(found).items()}
    return Attribution("gradient_input", found.form(maps), found.target, found.value)
