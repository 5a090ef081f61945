"""Integrated gradients: the mean gradient on the straight line from a baseline."""

from __future__ import annotations

from enum import Enum

import numpy as np

from lrp import arrays
from lrp.arrays import Number
from lrp.errors import SettingError
from lrp.graph import Explanation, InputLike, Network, TargetLike
from lrp.methods.gradients.gradient import gradients
from lrp.methods.score import baselines, score
from lrp.methods.tools import whole


class Scheme(Enum):
    """The positions on the line, from 0 to 1, where the gradient is computed, and their weights."""

    MIDPOINT = "midpoint"  # (k - 1/2)/m for k = 1..m, equal weights
    TRAPEZOID = "trapezoid"  # k/m for k = 0..m, the two ends count half
    LEFT = "left"  # k/m for k = 0..m-1, equal weights: the input itself is left out, as iNNvestigate does


def integrated_gradients(
    network: Network,
    x: InputLike,
    target: TargetLike = None,
    *,
    baseline: InputLike = 0.0,
    steps: int = 50,
    scheme: Scheme | str = Scheme.MIDPOINT,
) -> Explanation:
    """R_i = (x_i - r_i) * mean over a in [0, 1] of dS_c/dx_i at r + a (x - r)

    Source: Sundararajan et al. 2017, integrated gradients

    Completeness: sum_i R_i = S_c(x) - S_c(r), up to the discretisation, which `gap()` of the result gives. Unit: that
    of the output. The kinks of ReLUs make the error fall as 1/steps; double the steps where the gap matters. Does not
    choose a baseline for the user: the map depends on it.

    Parameters
    ----------
    network : Network
        The network to explain.
    x : InputLike
        A batch, in a form that `network.forward` takes.
    target : TargetLike
        The output to explain, one for all samples or one per sample; None: each sample's largest logit.
    baseline : InputLike
        r: a number, an array that broadcasts to x, or one for each input as a tuple or dict.
    steps : int
        The number of gradients.
    scheme : Scheme or str
        "midpoint", "trapezoid" or "left".

    Returns
    -------
    Explanation
        expected: S_c(x) - S_c(r).

    Raises
    ------
    InputError
        Where an input is token numbers, or a baseline is missing or not a number.
    ShapeError
        Where a baseline does not broadcast to x.
    SettingError
        For an unknown scheme or a wrong number of steps.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp import Network, layers
    >>> network = Network.sequential([layers.Dense(np.array([[2.0], [-1.0]]), np.array([0.5]))], (2,))
    >>> integrated_gradients(network, [[3.0, 1.0]], baseline=0.0, steps=4).relevance
    array([[ 6., -1.]])
    """
    chosen = as_scheme(scheme)
    whole("integrated_gradients: steps", steps)
    scored = score(network, x, target)
    r = baselines(scored, baseline, "integrated_gradients")
    difference = {name: value - r[name] for name, value in scored.inputs.items()}
    mean = {name: arrays.zeros(value.shape, value) for name, value in scored.inputs.items()}
    for a, weight in points(steps, chosen):
        position = {name: r[name] + arrays.scalar(a, d) * d for name, d in difference.items()}  # r + a (x - r)
        for name, g in gradients(scored.at(position)).items():
            mean[name] = mean[name] + arrays.scalar(weight, g) * g
    maps = {name: difference[name] * mean[name] for name in mean}
    expected = np.asarray(scored.value - scored.at(r).value)
    settings = {"steps": steps, "scheme": chosen.value}
    return scored.explanation("integrated_gradients", maps, settings, expected=expected)


def as_scheme(scheme: Scheme | str) -> Scheme:
    """The scheme from itself or its text."""
    try:
        return Scheme(scheme)
    except ValueError:
        raise SettingError(f"scheme: expected one of {[s.value for s in Scheme]}, got {scheme!r}") from None


def points(steps: int, scheme: Scheme) -> list[tuple[Number, Number]]:
    """(a, weight) on [0, 1]; the weights sum to 1, exactly as rational numbers."""
    one = arrays.rational(1)
    if scheme is Scheme.MIDPOINT:
        return [((one * k + one / 2) / steps, one / steps) for k in range(steps)]
    if scheme is Scheme.LEFT:
        return [(one * k / steps, one / steps) for k in range(steps)]
    return [(one * k / steps, one / steps / (2 if k in (0, steps) else 1)) for k in range(steps + 1)]
