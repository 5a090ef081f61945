"""Shapley values of pixels or segments: exactly for few, by sampled orders for many."""

from __future__ import annotations

from math import factorial
from typing import Any

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import ShapeError
from lrp.graph import Network
from lrp.methods.result import Attribution
from lrp.methods.score import Score, baselines, score, single_input
from lrp.methods.tools import layout, whole

EXACT = 12  # up to this many features all 2^d subsets are computed
CHUNK = 256


def shapley(
    network: Network,
    x: Any,
    target: Any = None,
    baseline: Any = 0.0,
    segments: Any = None,
    orders: int = 100,
    rng: np.random.Generator | None = None,
) -> Attribution:
    """phi_i = sum over S without i of |S|! (d - |S| - 1)! / d! [v(S with i) - v(S)],   v(S) = S_c(x on S, r elsewhere)

    Source: Shapley 1953, the value; Castro et al. 2009, sampling of orders

    A feature is a pixel with its channels (of vectors: an entry), or a segment: segments has the picture's spatial
    shape and numbers 0 .. d-1. d <= 12: all subsets, exactly. Above: the mean over `orders` random orders of what i
    adds to those before it; details["standard_error"] is that mean's. A segment's value is shared equally over its
    pixels. Either way sum phi = S_c(x) - S_c(r).
    """
    name = single_input(network, "shapley")
    found = score(network, x, target)
    at = layout(network, name)
    picture, reference = at.last(found.inputs[name]), at.last(baselines(found, baseline, "shapley")[name])
    places = picture.shape[1:] if picture.ndim == 2 else picture.shape[1:-1]
    labels, count = _labels(segments, places)
    worth = _Worth(found, name, at.own, picture, reference, labels)
    if count <= EXACT:
        phi, error = _exactly(worth, count), None
    else:
        whole(f"shapley: orders for {count} features", orders, 2)
        phi, error = _sampled(worth, count, orders, np.random.default_rng(0) if rng is None else rng)
    sizes = np.bincount(labels.ravel(), minlength=count)

    def spread(values: Array) -> Array:
        maps = (values / sizes)[:, labels]  # (n, *places)
        return arrays.cast(at.own(maps if picture.ndim == 2 else maps[..., None]), network.dtype)

    expected = np.asarray(found.value - found.at({name: at.own(reference)}).value)
    settings = {"features": count, "orders": 0 if error is None else orders}
    details = {"values": phi} if error is None else {"values": phi, "standard_error": error}
    relevance = found.form({name: spread(phi)})
    return Attribution("shapley", relevance, found.target, found.value, settings, expected, details=details)


def _labels(segments: Any, places: tuple[int, ...]) -> tuple[Array, int]:
    """(feature number of each place, number of features)."""
    if segments is None:
        count = int(np.prod(places))
        return np.arange(count).reshape(places), count
    labels = np.asarray(segments)
    if labels.shape != places or labels.dtype.kind not in "iu":
        raise ShapeError(f"segments: expected whole numbers of shape {places}, got {labels.dtype} of {labels.shape}")
    count = int(labels.max()) + 1
    if labels.min() < 0 or len(np.unique(labels)) != count:
        raise ShapeError(
            "segments: expected every number from 0 to the largest at least once, and none below 0, got"
            f" {len(np.unique(labels))} numbers from {labels.min()} to {labels.max()}"
        )
    return labels, count


class _Worth:
    """v(S) of one sample for many subsets at once."""

    def __init__(self, found: Score, name: str, own: Any, x: Array, reference: Array, labels: Array) -> None:
        self.found, self.name, self.own = found, name, own
        self.x, self.reference, self.labels = x, reference, labels

    def __call__(self, sample: int, subsets: Array) -> Array:
        """(k, d) booleans -> (k,) the score with x on the subset's features and the reference elsewhere."""
        values = []
        for start in range(0, len(subsets), CHUNK):
            inside = subsets[start : start + CHUNK][:, self.labels]  # (k, *places)
            inside = inside if self.x.ndim == 2 else inside[..., None]
            mixed = np.where(inside, self.x[sample], self.reference[sample])
            logits = self.found.network.forward({self.name: self.own(mixed)}).values[self.found.node]
            values.append(logits.reshape(len(logits), -1)[:, self.found.target[sample]])
        return np.concatenate(values).astype(np.float64)


def _exactly(worth: _Worth, count: int) -> Array:
    """(n, d) from all 2^d subsets; subset number s holds feature i where bit i of s is set."""
    numbers = np.arange(2**count)
    subsets = (numbers[:, None] >> np.arange(count)) & 1 > 0
    sizes = subsets.sum(axis=1)
    weights = np.array([factorial(k) * factorial(count - k - 1) / factorial(count) for k in range(count)])
    phi = np.zeros((len(worth.x), count))
    for sample in range(len(worth.x)):
        v = worth(sample, subsets)
        for i in range(count):
            without = numbers[~subsets[:, i]]
            phi[sample, i] = (weights[sizes[without]] * (v[without | 1 << i] - v[without])).sum()
    return phi


def _sampled(worth: _Worth, count: int, orders: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """((n, d) means, (n, d) standard errors) over random orders, the same for all samples."""
    drawn = [rng.permutation(count) for _ in range(orders)]
    phi, error = np.zeros((len(worth.x), count)), np.zeros((len(worth.x), count))
    for sample in range(len(worth.x)):
        added = np.zeros((orders, count))
        for row, order in enumerate(drawn):
            subsets = np.zeros((count + 1, count), dtype=bool)
            for k, i in enumerate(order):
                subsets[k + 1 :, i] = True
            added[row, order] = np.diff(worth(sample, subsets))
        phi[sample], error[sample] = added.mean(axis=0), added.std(axis=0, ddof=1) / np.sqrt(orders)
    return phi, error
