"""The gradient, and sensitivity: its norm over the channels of each pixel."""

from __future__ import annotations

from enum import Enum
from typing import Any

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import SettingError
from lrp.graph import Network
from lrp.methods.result import Attribution
from lrp.methods.score import Score, no_tokens, score
from lrp.methods.tools import backward, layout


class Norm(Enum):
    """How the channels of one pixel's gradient become one number."""

    ONE = "1"  # sum of |g|
    TWO = "2"  # root of the sum of g^2
    INFINITY = "inf"  # the largest |g|
    SQUARED = "squared"  # sum of g^2


def gradients(found: Score) -> dict[str, Array]:
    """dS_c/dx at every input, by name."""
    signals = backward(found.network, found.trace, found.node, found.one)
    return {name: signals[name] for name in found.network.inputs}


def gradient(network: Network, x: Any, target: Any = None) -> Attribution:
    """R_i = dS_c/dx_i

    Source: Simonyan et al. 2013, image-specific class saliency, before the absolute value

    S_c is the logit. In units of the output per unit of the input; sums to nothing in particular.
    """
    no_tokens(network, "gradient")
    found = score(network, x, target)
    return Attribution("gradient", found.form(gradients(found)), found.target, found.value)


def sensitivity(network: Network, x: Any, target: Any = None, norm: Norm | str | float = Norm.TWO) -> Attribution:
    """R_p = || (dS_c/dx_{p,c})_c ||_q over the channels c of pixel p, q in {1, 2, infinity}, or the square of q = 2

    Source: Samek et al. 2017, sensitivity heatmaps; Arras et al. 2016, sensitivity analysis (the square)

    Pictures and sequences (n, ..., c) -> (n, ..., 1); of vectors (n, d) each entry is a pixel of its own. Never
    negative, so it cannot speak against a class.
    """
    no_tokens(network, "sensitivity")
    chosen = as_norm(norm)
    found = score(network, x, target)
    maps = {}
    for name, g in gradients(found).items():
        at = layout(network, name)
        maps[name] = at.own(over_channels(at.last(g), chosen))
    return Attribution("sensitivity", found.form(maps), found.target, found.value, {"norm": chosen.value})


def as_norm(norm: Norm | str | float) -> Norm:
    """The norm from itself, its text, or its number (2, numpy.inf)."""
    try:
        return Norm(f"{norm:g}" if isinstance(norm, (int, float)) else norm)
    except ValueError:
        raise SettingError(f"norm: expected one of {[n.value for n in Norm]}, got {norm!r}") from None


def over_channels(g: Array, norm: Norm) -> Array:
    """The norm over the last axis, kept with length 1; of arrays (n, d) entry by entry."""
    size = np.abs(g)
    if g.ndim > 2:
        if norm is Norm.INFINITY:
            return np.asarray(size.max(axis=-1, keepdims=True))
        size = (size if norm is Norm.ONE else size * size).sum(axis=-1, keepdims=True)
        return arrays.transcendental(np.sqrt, "sqrt")(size) if norm is Norm.TWO else np.asarray(size)
    return np.asarray(size * size if norm is Norm.SQUARED else size)
