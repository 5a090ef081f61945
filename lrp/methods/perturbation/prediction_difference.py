"""Prediction difference: the evidence in a window, whose content is averaged out over other pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import InputError
from lrp.graph import Explanation, InputLike, Network, TargetLike, picked
from lrp.methods.perturbation.shared_forward import SharedForward
from lrp.methods.perturbation.windows import WindowMean, variants, window_corners, window_lengths
from lrp.methods.score import numbers, score, single_input
from lrp.methods.tools import Patch, cut, layout, spatial_of, whole


def prediction_difference(
    network: Network,
    x: InputLike,
    target: TargetLike = None,
    *,
    background: ArrayLike,
    training_size: int,
    window: Any = 1,
    stride: Any = None,
) -> Explanation:
    """R_p = mean over the windows q that cover p of [log2 odds p(c|x) - log2 odds p(c|x without q)]

        p(c|x without q) = mean over the pictures v of the background of p(c | x with q := v at q)
        odds p = p' / (1 - p'),   p' = (p N + 1) / (N + K)

    Source: Robnik-Sikonja and Kononenko 2008, weight of evidence; Zintgraf et al. 2017, windows (marginal sampling)

    p: the softmax of the logits. p' is the Laplace correction, which keeps the odds from 0 and infinity: K classes and
    N the number of training instances, not of background pictures, so that the result does not depend on how many of
    them the mean is over. Unit: bits. Does not sum to anything; the content of a window is drawn without regard to the
    pixels around it.

    Parameters
    ----------
    network : Network
        The network to explain.
    x : InputLike
        A batch, in a form that `network.forward` takes.
    target : TargetLike
        The output to explain, one for all samples or one per sample; None: each sample's largest logit.
    background : array_like
        (k, ...) pictures like x, from which the content of the windows is drawn.
    training_size : int
        N, the number of samples that the network was trained with.
    window : int or tuple of int
        The window's lengths in pixels.
    stride : int or tuple of int, optional
        The distance between windows; None: the window's lengths.

    Returns
    -------
    Explanation
        relevance: one number per pixel.

    Raises
    ------
    InputError
        For a background of another shape, a network with several inputs or token numbers.
    ShapeError
        Where x is no picture or sequence.
    SettingError
        For windows that do not fit into the picture, or a wrong training_size.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp import Network, layers
    >>> network = Network.sequential([layers.Flatten(), layers.Dense(np.array([[2.0, 0.0]]))], (1, 1, 1))
    >>> x, background = np.full((1, 1, 1, 1), 3.0), np.zeros((5, 1, 1, 1))
    >>> prediction_difference(network, x, 0, background=background, training_size=100).relevance.round(2).ravel()
    array([6.34])
    """
    name = single_input(network, "prediction_difference")
    N = whole("prediction_difference: training_size", training_size)
    scored = score(network, x, target)
    at = layout(network, name)
    picture = at.channels_last(scored.inputs[name])
    spatial = spatial_of(picture, "prediction_difference")
    others = arrays.cast(numbers(background, "background"), network.dtype)
    others = at.channels_last(others) if others.ndim == picture.ndim else others
    if others.ndim != picture.ndim or others.shape[1:] != picture.shape[1:] or not len(others):
        raise InputError(f"background: expected pictures of shape {picture.shape[1:]}, got an array of {others.shape}")
    size, steps = window_lengths(window, stride, spatial)
    corners = window_corners(spatial, size, steps)
    shared = SharedForward(network, at.native(picture))
    mean = WindowMean(picture, size)
    K = scored.logits[0].size
    with_q = log2_odds(probability(scored.logits, scored.target), N, K)
    for rows, corner in variants(len(picture), corners):
        p = np.zeros(len(rows))
        for v in range(len(others)):
            content = cut(others, np.full(len(rows), v), corner, size)
            p += probability(shared.variants(Patch(corner, content), rows), scored.target[rows])
        without_q = log2_odds(p / len(others), N, K)
        mean.add(rows, corner, with_q[rows] - without_q)
    relevance = arrays.cast(at.native(mean.value()), network.dtype)
    settings = {"window": list(size), "stride": list(steps), "background": len(others), "training_size": N}
    return scored.explanation("prediction_difference", {name: relevance}, settings)


def probability(logits: Array, target: Array) -> Array:
    """(n,) the softmax of each sample's logits at its target."""
    flat = logits.reshape(len(logits), -1).astype(np.float64)
    return picked(special.softmax(flat, axis=1), target)


def log2_odds(p: Array, N: int, K: int) -> Array:
    """log2(p' / (1 - p')), p' = (p N + 1) / (N + K)"""
    p = (p * N + 1) / (N + K)
    return np.log2(p / (1 - p))
