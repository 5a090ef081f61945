"""k-means: the codebook of a bag of words, and the start of the Gaussian mixture."""

from __future__ import annotations

from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.fisher.descriptors import as_descriptors

CHUNK = 1 << 14  # rows whose distances to all centres are held at once


def square_distances(x: Array, centres: Array) -> Array:
    """|x_l - c_k|^2 >= 0: (L, D), (K, D) -> (L, K)."""
    squares = (x * x).sum(axis=1)[:, None] + (centres * centres).sum(axis=1)
    return np.maximum(squares - 2 * (x @ centres.T), 0)


def nearest(x: Array, centres: Array) -> tuple[Array, Array]:
    """The nearest centre of each row (the first of equals) and the squared distance to it: (L,), (L,)."""
    index, distance = np.empty(len(x), dtype=int), np.empty(len(x))
    for start in range(0, len(x), CHUNK):
        rows = slice(start, start + CHUNK)
        squares = square_distances(x[rows], centres)
        index[rows] = squares.argmin(axis=1)
        distance[rows] = squares.min(axis=1)
    return index, distance


def plus_plus(x: Array, count: int, rng: np.random.Generator) -> Array:
    """k-means++: each next centre is drawn among the descriptors, in proportion to its squared distance. (K, D)

    Of 2 + log(count) descriptors drawn the one is taken that leaves the smallest sum of squared distances.
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
    """`count` centres by Lloyd's algorithm from a k-means++ start: (L, D) -> (K, D).

    Ends when no descriptor changes its centre, or after `iterations`. A centre that loses all its descriptors moves
    to the descriptor farthest from its own centre.
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
        lonely = np.flatnonzero(sizes == 0)
        centres[lonely] = x[np.argsort(distance)[::-1][: len(lonely)]]
    return centres
