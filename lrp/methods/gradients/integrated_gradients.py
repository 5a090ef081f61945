"""Integrated gradients: the mean gradient on the straight way from a baseline."""

from __future__ import annotations

from enum import Enum
from typing import Any

import numpy as np

from lrp import arrays
from lrp.arrays import Number
from lrp.errors import SettingError
from lrp.graph import Network
from lrp.methods.gradients.gradient import gradients
from lrp.methods.result import Attribution
from lrp.methods.score import baselines, score
from lrp.methods.tools import whole


class Scheme(Enum):
    """Where on the way from 0 to 1 the gradient is taken, and with which weights."""

    MIDPOINT = "midpoint"  # (k - 1/2)/m for k = 1..m, equal weights
    TRAPEZOID = "trapezoid"  # k/m for k = 0..m, the two ends count half
    LEFT = "left"  # k/m for k = 0..m-1, equal weights: the input itself is left out, as iNNvestigate does


def integrated_gradients(
    network: Network,
    x: Any,
    target: Any = None,
    baseline: Any = 0.0,
    steps: int = 50,
    scheme: Scheme | str = Scheme.MIDPOINT,
) -> Attribution:
    """R_i = (x_i - r_i) * mean over a in [0, 1] of dS_c/dx_i at r + a (x - r)

    Source: Sundararajan et al. 2017, integrated gradients

    Completeness: sum_i R_i = S_c(x) - S_c(r), up to the discretisation, which `gap()` of the result tells. baseline: a
    number, or an array that broadcasts to x. The path's ReLU kinks make the error fall as 1/steps; twice the steps
    where the gap matters.
    """
    chosen = as_scheme(scheme)
    whole("integrated_gradients: steps", steps)
    found = score(network, x, target)
    reference = baselines(found, baseline, "integrated_gradients")
    difference = {name: value - reference[name] for name, value in found.inputs.items()}
    sums = {name: arrays.zeros(value.shape, value) for name, value in found.inputs.items()}
    for place, weight in points(steps, chosen):
        there = {
            name: reference[name] + arrays.scalar(place, step) * step for name, step in difference.items()
        }  # r + a (x - r)
        for name, g in gradients(found.at(there)).items():
            sums[name] = sums[name] + arrays.scalar(weight, g) * g
    maps = {name: difference[name] * sums[name] for name in sums}
    expected = np.asarray(found.value - found.at(reference).value)
    settings = {"steps": steps, "scheme": chosen.value}
    return Attribution("integrated_gradients", found.form(maps), found.target, found.value, settings, expected=expected)


def as_scheme(scheme: Scheme | str) -> Scheme:
    """The scheme from itself or its text."""
    try:
        return Scheme(scheme)
    except ValueError:
        raise SettingError(f"scheme: expected one of {[s.value for s in Scheme]}, got {scheme!r}") from None


def points(steps: int, scheme: Scheme) -> list[tuple[Number, Number]]:
    """(place, weight) on [0, 1]; the weights sum to 1, exactly as rational numbers."""
    one = arrays.rational(1)
    if scheme is Scheme.MIDPOINT:
        return [((one * k + one / 2) / steps, one / steps) for k in range(steps)]
    if scheme is Scheme.LEFT:
        return [(one * k / steps, one / steps) for k in range(steps)]
    return [(one * k / steps, one / steps / (2 if k in (0, steps) else 1)) for k in range(steps + 1)]
