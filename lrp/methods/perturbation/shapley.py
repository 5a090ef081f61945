"""Shapley values of pixels or segments: exact for up to 12 features, by sampled orders above."""

from __future__ import annotations

from math import factorial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import ShapeError
from lrp.graph import Explanation, InputLike, Network, TargetLike
from lrp.methods.score import Score, baselines, score, single_input
from lrp.methods.tools import layout, whole

EXACT = 12  # up to this many features all 2^d subsets are computed
CHUNK = 256


def shapley(
    network: Network,
    x: InputLike,
    target: TargetLike = None,
    *,
    baseline: InputLike = 0.0,
    segments: ArrayLike | None = None,
    samples: int = 100,
    rng: np.random.Generator | None = None,
) -> Explanation:
    """phi_i = sum over S without i of |S|! (d - |S| - 1)! / d! [v(S with i) - v(S)],   v(S) = S_c(x on S, r elsewhere)

    Source: Shapley 1953, the value; Castro et al. 2009, sampling of orders

    A feature is a pixel with its channels (of vectors: an entry), or a segment of pixels, over which its value is
    shared equally. d <= 12 features: all subsets, exactly. Above: the mean over random orders of what i adds to
    those before it. Either way sum_i phi_i = S_c(x) - S_c(r). Unit: that of the output. Does not scale to pictures
    without segments: the standard error of a few orders exceeds a pixel's value.

    Parameters
    ----------
    network : Network
        The network to explain.
    x : InputLike
        A batch, in a form that `network.forward` takes.
    target : TargetLike
        The output to explain, one for all samples or one per sample; None: each sample's largest logit.
    baseline : InputLike
        r: a number, or an array that broadcasts to x.
    segments : array_like, optional
        Whole numbers 0 .. d-1 of the picture's spatial shape; None: each pixel is a feature.
    samples : int
        The number of random orders, for more than 12 features.
    rng : numpy.random.Generator, optional
        By default default_rng(0), so that a call can be repeated.

    Returns
    -------
    Explanation
        expected: S_c(x) - S_c(r); details: "values" (n, d), and "standard_error" (n, d) where orders are sampled.

    Raises
    ------
    InputError
        For a network with several inputs or token numbers.
    ShapeError
        For segments of another shape, or with missing numbers.
    SettingError
        For fewer than 2 samples where orders are sampled.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp import Network, layers
    >>> hinge = [layers.Dense(np.array([[1.0], [1.0]]), np.array([-2.0])), layers.ReLU()]
    >>> shapley(Network.sequential(hinge, (2,)), [[3.0, 1.0]]).relevance
    array([[1.5, 0.5]])
    """
    name = single_input(network, "shapley")
    scored = score(network, x, target)
    at = layout(network, name)
    picture = at.channels_last(scored.inputs[name])
    reference = at.channels_last(baselines(scored, baseline, "shapley")[name])
    places = picture.shape[1:] if picture.ndim == 2 else picture.shape[1:-1]
    labels, count = _labels(segments, places)
    worth = _Worth(scored, name, at.native, picture, reference, labels)
    if count <= EXACT:
        phi, error = _exactly(worth, count), None
    else:
        whole(f"shapley: samples for {count} features", samples, 2)
        phi, error = _sampled(worth, count, samples, np.random.default_rng(0) if rng is None else rng)
    sizes = np.bincount(labels.ravel(), minlength=count)

    def spread(values: Array) -> Array:
        maps = (values / sizes)[:, labels]  # (n, *places)
        return arrays.cast(at.native(maps if picture.ndim == 2 else maps[..., None]), network.dtype)

    expected = np.asarray(scored.value - scored.at({name: at.native(reference)}).value)
    settings = {"features": count, "samples": 0 if error is None else samples}
    details = {"values": phi} if error is None else {"values": phi, "standard_error": error}
    return scored.explanation("shapley", {name: spread(phi)}, settings, expected=expected, details=details)


def _labels(segments: ArrayLike | None, places: tuple[int, ...]) -> tuple[Array, int]:
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

    def __init__(self, scored: Score, name: str, native: Any, x: Array, reference: Array, labels: Array) -> None:
        self.scored, self.name, self.native = scored, name, native
        self.x, self.reference, self.labels = x, reference, labels

    def __call__(self, sample: int, subsets: Array) -> Array:
        """(k, d) booleans -> (k,) the score with x on the subset's features and the reference elsewhere."""
        values = []
        for start in range(0, len(subsets), CHUNK):
            inside = subsets[start : start + CHUNK][:, self.labels]  # (k, *places)
            inside = inside if self.x.ndim == 2 else inside[..., None]
            mixed = np.where(inside, self.x[sample], self.reference[sample])
            logits = self.scored.network.forward({self.name: self.native(mixed)}).values[self.scored.node]
            values.append(logits.reshape(len(logits), -1)[:, self.scored.target[sample]])
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
