"""Region perturbation: how fast the score falls when regions are replaced in the order of the heatmap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import special

from lrp.arrays import Array
from lrp.errors import SettingError
from lrp.evaluation.maps import check_maps, input_layout, pixel_map
from lrp.evaluation.measurement import Curve, Measurement
from lrp.evaluation.order import Order, as_order, grid, ranked
from lrp.evaluation.replacement import Replacement
from lrp.evaluation.replacement import replacement as named_replacement
from lrp.graph import Network, picked
from lrp.methods import Score, score
from lrp.methods.perturbation import SharedForward
from lrp.methods.tools import Patch, Size, cut, paste, spatial_of, whole

ROWS = 64  # rows (pictures x repetitions) per forward pass


def region_perturbation(
    network: Network,
    x: Any,
    relevance: Any,
    target: Any = None,
    *,
    orders: Sequence[Order | str] = (Order.MORF, Order.LERF),
    size: Any = 9,
    steps: int = 100,
    replacement: Replacement | str = "uniform",
    repetitions: int = 10,
    probability: bool = False,
    seed: int = 0,
    first: int = 0,
    shared: bool = True,
) -> Measurement:
    """x^(0) = x, x^(k) = g(x^(k-1), r_k): the k-th region of the order is replaced, and stays so

        AOPC = 1/(L+1) mean over pictures and repetitions of sum_{k=0}^{L} f(x^(0)) - f(x^(k))
        ABPC = AOPC of the order MoRF - AOPC of the order LeRF

    Source: Samek et al. 2017, AOPC and ABPC

    f: the logit of the target, or its softmax with probability=True. The heatmap of the unchanged picture is used
    throughout. Random numbers depend on seed, picture and repetition alone, so all methods, orders, batches and
    processes use the same noise. Regions of equal relevance are in random order.

    Parameters
    ----------
    network : Network
    x : array
        (n, ...) pictures.
    relevance : array or Explanation
        Their heatmaps; the relevance of a region is the sum over its pixels and channels.
    target : int, str, list or None
        The explained output; None for the predicted class.
    orders : sequence of Order or str
        "morf", "lerf", "smallest", "random".
    size : int or tuple
        Pixels of a region along each axis.
    steps : int
        L, at most the number of regions.
    replacement : Replacement or str
        What regions are replaced by: "uniform", "constant", "blur", "dirichlet", "flip", or a Replacement.
    repetitions : int
        Draws of the noise per picture.
    probability : bool
        Follow the softmax probability instead of the logit.
    seed, first : int
        Seed of the noise, and the number of the first picture in the whole evaluation.
    shared : bool
        False computes the whole network at each step: the same curves, slower.

    Returns
    -------
    Measurement
        curves: f(x^(0)) - f(x^(k)) (n, L + 1) for each order, in the unit of f. numbers: "aopc <order>", and
        "abpc" if both
        of its orders are measured.

    Raises
    ------
    SettingError
        If steps or repetitions < 1, there is no order, or the region is larger than the picture.
    ShapeError
        If the relevance does not fit the pictures.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp import Network, layers
    >>> from lrp.evaluation import Constant
    >>> parts = [layers.Flatten(), layers.Dense(np.array([[3.0], [0.0], [-1.0], [0.0]]))]
    >>> network = Network.sequential(parts, (2, 2, 1))
    >>> x, R = np.ones((1, 2, 2, 1)), np.array([3.0, 0.0, -1.0, 0.0]).reshape(1, 2, 2, 1)
    >>> found = region_perturbation(network, x, R, 0, size=1, steps=1, replacement=Constant(0.0), repetitions=1)
    >>> found.numbers["abpc"].tolist()  # (0 + 3) / 2 - (0 - 1) / 2
    [2.0]
    """
    chosen = [as_order(order) for order in orders]
    whole("region_perturbation: steps", steps)
    whole("region_perturbation: repetitions", repetitions)
    if not chosen:
        raise SettingError("region_perturbation: orders: expected at least one, got none")
    found = score(network, x, target)
    picture = input_layout(network).channels_last(found.inputs[network.inputs[0]])
    regions = grid(size, tuple(spatial_of(picture, "region_perturbation")))
    maps = pixel_map(network, relevance)
    check_maps(maps, picture)
    g = named_replacement(replacement, network, picture) if isinstance(replacement, str) else replacement
    scores, steps, corners = regions.scores(maps), min(steps, len(regions)), regions.corners()
    curves = {order.value: np.zeros((len(picture), steps + 1)) for order in chosen}
    pairs = [(i, r) for i in range(len(picture)) for r in range(repetitions)]
    for start in range(0, len(pairs), ROWS):
        here = pairs[start : start + ROWS]
        rows = np.array([i for i, _ in here])
        forward = SharedForward(network, input_layout(network).native(picture[rows]))
        noise, ties = _drawn(picture, g, here, len(regions), seed, first)
        for order in chosen:
            ranks = np.stack([ranked(scores[i], order, t) for i, t in zip(rows, ties, strict=True)])[:, :steps]
            fall = _falls(
                found, forward.copy(), found.target[rows], noise, corners[ranks], regions.size, probability, shared
            )
            np.add.at(curves[order.value], rows, fall / repetitions)
    numbers = {f"aopc {name}": values.mean(axis=1) for name, values in curves.items()}
    if {Order.MORF, Order.LERF} <= set(chosen):
        numbers["abpc"] = numbers["aopc morf"] - numbers["aopc lerf"]
    f = "probability" if probability else "logit"
    places = tuple(float(k) for k in range(steps + 1))
    return Measurement(
        "region_perturbation",
        numbers,
        {name: Curve(places, values, "regions replaced", f"fall of the {f}") for name, values in curves.items()},
        {"size": list(regions.size), "steps": steps, "replacement": g.text, "repetitions": repetitions, "f": f},
    )


def _drawn(
    picture: Array, g: Replacement, pairs: list[tuple[int, int]], regions: int, seed: int, first: int
) -> tuple[Array, Array]:
    """(replacing pictures, tie-breaking numbers) of each (picture, repetition)."""
    noise, ties = [], []
    for i, repetition in pairs:
        rng = np.random.default_rng([seed, first + i, repetition])
        ties.append(rng.random(regions))
        noise.append(g.picture(picture[i], rng))
    return np.stack(noise), np.stack(ties)


def _falls(
    found: Score,
    forward: SharedForward,
    target: Array,
    noise: Array,
    corners: Array,
    size: Size,
    probability: bool,
    shared: bool,
) -> Array:
    """(m, steps + 1) f(x^(0)) - f(x^(k)) for the pictures of `forward`, whose k-th region lies at corners[:, k - 1]."""
    network, own = found.network, input_layout(found.network).native
    values = [_f(forward.logits, target, probability)]
    changed = forward.x.copy()
    rows = np.arange(len(changed))
    for k in range(corners.shape[1]):
        patch = Patch(corners[:, k], cut(noise, rows, corners[:, k], size))
        if shared:
            logits = forward.replace(patch)
        else:
            paste(changed, rows, patch)
            logits = network.forward(own(changed)).values[found.node]
        values.append(_f(logits, target, probability))
    stacked = np.stack(values, axis=1).astype(np.float64)
    return stacked[:, :1] - stacked


def _f(logits: Array, target: Array, probability: bool) -> Array:
    """The explained number of each row: logit or probability of its target."""
    if not probability:
        return picked(logits, target)
    flat = logits.reshape(len(logits), -1)
    return picked(special.softmax(flat, axis=1), target)
