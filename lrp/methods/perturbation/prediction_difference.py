"""Prediction difference: the evidence that a window holds, its content averaged out over other pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import InputError
from lrp.graph import Network
from lrp.methods.perturbation.occlusion import WindowMean, variants, window_corners, window_lengths
from lrp.methods.perturbation.shared_forward import SharedForward
from lrp.methods.result import Attribution
from lrp.methods.score import numbers, picked, score, single_input
from lrp.methods.tools import Patch, cut, layout, spatial_of


def prediction_difference(
    network: Network, x: Any, target: Any = None, *, samples: Any, window: Any = 1, stride: Any = None
) -> Attribution:
    """R_p = mean over the windows q that cover p of [log2 odds p(c|x) - log2 odds p(c|x without q)]

        p(c|x without q) = mean over the pictures v in `samples` of p(c | x with q := v at q),   odds p = p / (1 - p)

    Source: Robnik-Sikonja and Kononenko 2008, weight of evidence; Zintgraf et al. 2017, windows (marginal sampling)

    samples: (k, ...) pictures like x, without target. p: softmax of the logits, kept from 0 and 1 by the Laplace
    correction p -> (p k + 1) / (k + classes). In bits; does not sum to anything.
    """
    name = single_input(network, "prediction_difference")
    found = score(network, x, target)
    at = layout(network, name)
    picture = at.last(found.inputs[name])
    spatial = spatial_of(picture, "prediction_difference")
    others = arrays.cast(numbers(samples, "samples"), network.dtype)
    others = at.last(others) if others.ndim == picture.ndim else others
    if others.ndim != picture.ndim or others.shape[1:] != picture.shape[1:] or not len(others):
        raise InputError(f"samples: expected pictures of shape {picture.shape[1:]}, got an array of {others.shape}")
    size, steps = window_lengths(window, stride, spatial)
    corners = window_corners(spatial, size, steps)
    shared = SharedForward(network, at.own(picture))
    mean = WindowMean(picture, size)
    known = evidence(probability(found.logits, found.target), len(others), found.logits)
    for rows, corner in variants(len(picture), corners):
        p = np.zeros(len(rows))
        for index in range(len(others)):
            content = cut(others, np.full(len(rows), index), corner, size)
            p += probability(shared.variants(Patch(corner, content), rows), found.target[rows])
        change = known[rows] - evidence(p / len(others), len(others), found.logits)
        mean.add(rows, corner, change)
    relevance = arrays.cast(at.own(mean.value()), network.dtype)
    settings = {"window": list(size), "stride": list(steps), "samples": len(others)}
    return Attribution("prediction_difference", found.form({name: relevance}), found.target, found.value, settings)


def probability(logits: Array, target: Array) -> Array:
    """(n,) the softmax of each sample's logits at its target."""
    flat = logits.reshape(len(logits), -1).astype(np.float64)
    return picked(special.softmax(flat, axis=1), target)


def evidence(p: Array, samples: int, logits: Array) -> Array:
    """log2 of the odds, after the Laplace correction."""
    classes = logits[0].size
    p = (p * samples + 1) / (samples + classes)
    return np.log2(p / (1 - p))
