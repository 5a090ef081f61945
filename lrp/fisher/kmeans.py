"""k-means: the codebook of a bag of words, and the start of the Gaussian mixture."""

from __future__ import annotations

from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.fisher.descriptors import as_descriptors

CHUNK = 1 << 14  # rows whose distances are in memory at once


def square_distances(x: Array, centres: Array) -> Array:
    """|x_l - c_k|^2 >= 0: (L, D), (K, D) -> (L, K)."""
    squares = (x * x).sum(axis=1)[:, None] + (centres * centres).sum(axis=1)
    return np.maximum(squares - 2 * (x @ centres.T), 0)


def nearest(x: Array, centres: Array) -> tuple[Array, Array]:
    """The nearest centre of each row (the first of equal ones) and the squared distance to it: (L,), (L,)."""
    index, distance = np.empty(len(x), dtype=int), np.empty(len(x))
    for start in range(0, len(x), CHUNK):
        rows = slice(start, start + CHUNK)
        squares = square_distances(x[rows], centres)
        index[rows] = squares.argmin(axis=1)
        distance[rows] = squares.min(axis=1)
    return index, distance


def plus_plus(x: Array, count: int, rng: np.random.Generator) -> Array:
    """k-means++: each next centre is drawn from the descriptors with probabilities proportional to the squared
    distance. (K, D)

    Of 2 + log(count) candidates the one is taken that leaves the smallest sum of squared distances.
    """
    centres = [x[rng.integers(len(x))]]
    closest = ((x - centres[0]) ** 2).sum(axis=1)
    for _ in range(count - 1):
        drawn = rng.choice(len(x), size=2 + int(np.log(count)), p=closest / closest.sum())
        left = np.minimum(closest, square_distances(x[drawn], x))  # (candidates, L)
        best = left.sum(axis=1).argmin()
        centres.append(x[drawn[best]])
        closest = np.minimum(closest, ((x - centres[-1]) ** 2).sum(axis=1))  # exactly 0 at the centre itself
    return np.array(centres)


def k_means(descriptors: Any, count: int, rng: np.random.Generator, iterations: int = 30) -> Array:
    """Cluster centres by Lloyd's algorithm from a k-means++ start

    Ends when no descriptor changes its centre, or after `iterations`. A centre that loses all its descriptors moves
    to the descriptor farthest from its own centre.

    Parameters
    ----------
    descriptors : array
        (L, D).
    count : int
        K, the number of centres.
    rng : numpy.random.Generator
    iterations : int
        The most iterations.

    Returns
    -------
    array
        (K, D).

    Raises
    ------
    InputError
        For fewer different descriptors than centres, NaN or infinity.

    Examples
    --------
    >>> sorted(k_means([[0.0], [1.0], [8.0], [9.0]], 2, np.random.default_rng(0)).ravel().tolist())
    [0.5, 8.5]
    """
    x = as_descriptors(descriptors, "k-means", count)
    centres = plus_plus(x, count, rng)
    before = np.full(len(x), -1)
    for _ in range(iterations):
        index, distance = nearest(x, centres)
        if (index == before).all():
            break
        before = index
        sizes = np.bincount(index, minlength=count)
        sums = np.zeros_like(centres)
        np.add.at(sums, index, x)
        centres = sums / np.maximum(sizes, 1)[:, None]
        empty = np.flatnonzero(sizes == 0)
        centres[empty] = x[np.argsort(distance)[::-1][: len(empty)]]
    return centres
