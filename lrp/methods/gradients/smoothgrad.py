"""SmoothGrad and its relatives: a base method's maps averaged over noisy copies of the input."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

import numpy as np

from lrp.arrays import Array
from lrp.errors import SettingError
from lrp.graph import Explanation, InputLike, Network, TargetLike
from lrp.methods.gradients.gradient import gradient
from lrp.methods.score import score, single_input
from lrp.methods.tools import number, whole


class Combine(Enum):
    """One map from the maps E_1 .. E_N of the noisy copies."""

    MEAN = "mean"  # SmoothGrad
    SQUARE = "square"  # SmoothGrad squared: the mean of E^2
    VARIANCE = "variance"  # VarGrad: the mean of (E - mean E)^2


def smoothgrad(
    network: Network,
    x: InputLike,
    target: TargetLike = None,
    *,
    method: Callable[..., Explanation] = gradient,
    samples: int = 25,
    spread: float = 0.15,
    combine: Combine | str = Combine.MEAN,
    sigma: float | None = None,
    rng: np.random.Generator | None = None,
) -> Explanation:
    """mean_n E(x + noise_n), noise ~ N(0, sigma^2), sigma = spread * (max x - min x) of each sample

    Source: Smilkov et al. 2017, SmoothGrad; Adebayo et al. 2018, VarGrad; Hooker et al. 2019, SmoothGrad squared

    The target is that of the clean input. Unit: that of the base method, squared for "square" and "variance". Has the
    invariances of the base method and no others; does not sum to anything.

    Parameters
    ----------
    network : Network
        The network to explain.
    x : InputLike
        A batch, in a form that `network.forward` takes.
    target : TargetLike
        The output to explain, one for all samples or one per sample; None: each sample's largest logit.
    method : callable
        E: any method of this package, called as method(network, x, target).
    samples : int
        N, the number of noisy copies.
    spread : float
        sigma as a fraction of the range of each sample.
    combine : Combine or str
        "mean", "square" or "variance".
    sigma : float, optional
        The noise in units of the input; replaces spread.
    rng : numpy.random.Generator, optional
        By default default_rng(0), so that a call can be repeated.

    Returns
    -------
    Explanation
        relevance: the combined map.

    Raises
    ------
    InputError
        For a network with several inputs or token numbers.
    SettingError
        For a setting out of its range, or a method that cannot be called.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp import Network, layers
    >>> network = Network.sequential([layers.Dense(np.array([[2.0], [-1.0]]))], (2,))
    >>> smoothgrad(network, [[3.0, 1.0]], samples=3).relevance
    array([[ 2., -1.]])
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
            f"smoothgrad: method: expected a function (network, x, target) -> Explanation, got {method!r};"
            " lrp.methods.parse reads the text of one"
        )
    rng = np.random.default_rng(0) if rng is None else rng
    scored = score(network, x, target)
    clean = scored.inputs[name]
    flat = clean.reshape(len(clean), -1)
    span = flat.max(axis=1) - flat.min(axis=1)
    deviation = (spread * span if sigma is None else sigma + 0 * span).reshape(-1, *(1,) * (clean.ndim - 1))
    maps = []
    for _ in range(samples):
        noisy = clean + (deviation * rng.standard_normal(clean.shape)).astype(clean.dtype)
        maps.append(np.asarray(method(network, noisy, list(scored.target)).relevance))
    settings = {
        "method": getattr(method, "__name__", "given"),
        "samples": samples,
        "spread": spread,
        "sigma": sigma,
        "combine": chosen.value,
    }
    return scored.explanation("smoothgrad", {name: combined(np.stack(maps), chosen)}, settings)


def combined(maps: Array, combine: Combine) -> Array:
    """(N, ...) -> (...)"""
    if combine is Combine.SQUARE:
        return np.asarray((maps * maps).mean(axis=0))
    return np.asarray(maps.var(axis=0) if combine is Combine.VARIANCE else maps.mean(axis=0))
