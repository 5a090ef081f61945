"""SmoothGrad and its relatives: a base method averaged over noisy copies of the input."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.errors import SettingError
from lrp.graph import Network
from lrp.methods.gradients.gradient import gradient
from lrp.methods.result import Attribution
from lrp.methods.score import score, single_input
from lrp.methods.tools import number, whole


class Combine(Enum):
    """What is made of the maps E_1 .. E_N of the noisy copies."""

    MEAN = "mean"  # SmoothGrad
    SQUARE = "square"  # SmoothGrad squared: the mean of E^2
    VARIANCE = "variance"  # VarGrad: the mean of (E - mean E)^2


def smoothgrad(
    network: Network,
    x: Any,
    target: Any = None,
    method: Callable[..., Attribution] = gradient,
    samples: int = 25,
    spread: float = 0.15,
    combine: Combine | str = Combine.MEAN,
    sigma: float | None = None,
    rng: np.random.Generator | None = None,
) -> Attribution:
    """mean_n E(x + noise_n), noise ~ N(0, sigma^2), sigma = spread * (max x - min x) of each sample

    Source: Smilkov et al. 2017, SmoothGrad; Adebayo et al. 2018, VarGrad; Hooker et al. 2019, SmoothGrad squared

    sigma: the noise in the input's own units, in the place of spread. E is any method of this package. The target is
    that of the clean input. rng: default_rng(0), so that a call can be repeated. Inherits the base method's
    (in)variance; does not sum to anything.
    """
    name = single_input(network, "smoothgrad")
    try:
        chosen = Combine(combine)
    except ValueError:
        raise SettingError(f"combine: expected one of {[c.value for c in Combine]}, got {combine!r}") from None
    whole("smoothgrad: samples", samples)
    number("smoothgrad: spread", spread, least=0)
    if sigma is not None:
        number("smoothgrad: sigma", sigma, least=0)
    if not callable(method):
        raise SettingError(
            f"smoothgrad: method: expected a function (network, x, target) -> Attribution, got {method!r};"
            " lrp.methods.parse reads the text of one"
        )
    rng = np.random.default_rng(0) if rng is None else rng
    found = score(network, x, target)
    clean = found.inputs[name]
    flat = clean.reshape(len(clean), -1)
    span = flat.max(axis=1) - flat.min(axis=1)
    deviation = (spread * span if sigma is None else sigma + 0 * span).reshape(-1, *(1,) * (clean.ndim - 1))
    maps = []
    for _ in range(samples):
        noisy = clean + (deviation * rng.standard_normal(clean.shape)).astype(clean.dtype)
        maps.append(np.asarray(method(network, noisy, list(found.target)).relevance))
    settings = {
        "method": getattr(method, "__name__", "given"),
        "samples": samples,
        "spread": spread,
        "sigma": sigma,
        "combine": chosen.value,
    }
    relevance = found.form({name: combined(np.stack(maps), chosen)})
    return Attribution("smoothgrad", relevance, found.target, found.value, settings)


def combined(maps: Array, combine: Combine) -> Array:
    """(N, ...) -> (...)"""
    if combine is Combine.SQUARE:
        return np.asarray((maps * maps).mean(axis=0))
    return np.asarray(maps.var(axis=0) if combine is Combine.VARIANCE else maps.mean(axis=0))
