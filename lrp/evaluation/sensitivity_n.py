"""Sensitivity-n: whether the relevance of n pixels predicts how the score falls when they are removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.errors import SettingError, ShapeError
from lrp.evaluation.maps import input_layout, pixel_map
from lrp.evaluation.measurement import Curve, Measurement, mean
from lrp.graph import Network, picked
from lrp.methods import baselines, score
from lrp.methods.tools import whole

CHUNK = 512  # changed pictures per forward pass


@dataclass(frozen=True, eq=False)
class Removals:
    """How the score falls when random subsets of pixels are removed: computed once, used for the heatmaps of all
    methods.

    falls: (n, sizes, subsets), S(x) - S(x with the subset := baseline). sizes: pixels of a subset. places: the
    spatial shape. seed, first: from which the subsets are drawn again when they are needed.
    """

    falls: Array
    sizes: tuple[int, ...]
    places: tuple[int, ...]
    seed: int
    first: int

    def subsets(self, picture: int) -> Array:
        """(sizes * subsets, pixels) booleans, true where a pixel is removed from the picture."""
        count = int(np.prod(self.places))
        rngs = (np.random.default_rng([self.seed, self.first + picture, n]) for n in self.sizes)
        return np.concatenate(
            [random_subsets(count, n, self.falls.shape[2], g) for n, g in zip(self.sizes, rngs, strict=True)]
        )


def sensitivity_n(
    network: Network,
    x: Any,
    relevance: Any,
    target: Any = None,
    *,
    sizes: Sequence[int] | None = None,
    subsets: int = 100,
    baseline: Any = 0.0,
    seed: int = 0,
    first: int = 0,
    removed: Removals | None = None,
) -> Measurement:
    """Pearson correlation over random subsets s of n pixels of  sum_{i in s} R_i  with  S(x) - S(x with s := baseline)

    Source: Ancona et al. 2018, sensitivity-n

    A pixel is removed with all its channels; of vectors, an entry. Subsets depend on seed, picture and n alone, so all
    methods use the same ones.

    Parameters
    ----------
    network : Network
    x : array
        (n, ...) pictures.
    relevance : array or Explanation
        Their heatmaps.
    target : int, str, list or None
        The explained output; None for the predicted class.
    sizes : sequence of int, optional
        The subset sizes n; by default ten from 1 to 80 % of the pixels, in equal ratios.
    subsets : int
        Random subsets per picture and size, at least 2.
    baseline : float or array
        The value of removed pixels, in the unit of the input.
    seed, first : int
        Seed of the subsets, and the number of the first picture in the whole evaluation.
    removed : Removals, optional
        The result of `removals` for the same pictures and targets, to be used again for another method's heatmaps.

    Returns
    -------
    Measurement
        curves: "correlation" over n, NaN where the score or the relevance is the same for all subsets. numbers:
        its mean.

    Raises
    ------
    SettingError
        If subsets < 2, or a size is larger than the number of pixels.
    ShapeError
        If the relevance does not fit the pictures.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp import Network, layers
    >>> from lrp.methods import gradient_times_input
    >>> network = Network.sequential([layers.Dense(np.arange(1.0, 7.0)[:, None])], (6,))
    >>> x = np.ones((1, 6))
    >>> found = sensitivity_n(network, x, gradient_times_input(network, x, 0), 0, sizes=[2, 3], subsets=20)
    >>> found.numbers["correlation"].round(6).tolist()  # exact for a linear function
    [1.0]
    """
    found = removed or removals(
        network, x, target, sizes=sizes, subsets=subsets, baseline=baseline, seed=seed, first=first
    )
    maps = pixel_map(network, relevance)
    if maps.shape != (len(found.falls), *found.places):
        raise ShapeError(
            f"relevance: expected one number a pixel, shape {(len(found.falls), *found.places)}, got {maps.shape}"
        )
    values = np.zeros(found.falls.shape[:2])
    for i, R in enumerate(maps.reshape(len(maps), -1)):
        totals = (found.subsets(i) @ R).reshape(found.falls.shape[1:])
        values[i] = [correlation(a, b) for a, b in zip(totals, found.falls[i], strict=True)]
    curve = Curve(tuple(map(float, found.sizes)), values, "n", "correlation")
    numbers = {"correlation": mean(values.T)}
    return Measurement("sensitivity_n", numbers, {"correlation": curve}, {"subsets": found.falls.shape[2]})


def removals(
    network: Network,
    x: Any,
    target: Any = None,
    *,
    sizes: Sequence[int] | None = None,
    subsets: int = 100,
    baseline: Any = 0.0,
    seed: int = 0,
    first: int = 0,
) -> Removals:
    """S(x) - S(x with s := baseline) for random subsets s of n pixels

    Source: Ancona et al. 2018, sensitivity-n

    Parameters
    ----------
    network, x, target, sizes, subsets, baseline, seed, first
        As for `sensitivity_n`.

    Returns
    -------
    Removals
        For `sensitivity_n(..., removed=...)`.

    Raises
    ------
    SettingError
        If subsets < 2, or a size is larger than the number of pixels.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp import Network, layers
    >>> network = Network.sequential([layers.Dense(np.ones((6, 1)))], (6,))
    >>> removals(network, np.ones((1, 6)), 0, sizes=[2], subsets=3).falls.tolist()
    [[[2.0, 2.0, 2.0]]]
    """
    whole("sensitivity_n: subsets", subsets, 2)
    found = score(network, x, target)
    at, name = input_layout(network), network.inputs[0]
    picture = at.channels_last(found.inputs[name])
    covered = at.channels_last(baselines(found, baseline, "sensitivity_n")[name])
    places = picture.shape[1:] if picture.ndim == 2 else picture.shape[1:-1]
    count = int(np.prod(places))
    chosen = tuple(default_sizes(count) if sizes is None else (whole("sensitivity_n: size", n) for n in sizes))
    if not chosen or max(chosen) > count:
        raise SettingError(f"sensitivity_n: expected sizes from 1 to the {count} pixels, got {list(chosen)}")
    falls = np.zeros((len(picture), len(chosen), subsets))
    result = Removals(falls, chosen, places, seed, first)
    for i in range(len(picture)):
        inside = result.subsets(i)
        logits = []
        for start in range(0, len(inside), CHUNK):
            mask = inside[start : start + CHUNK].reshape(-1, *places)
            mask = mask if picture.ndim == 2 else mask[..., None]
            changed = np.where(mask, covered[i], picture[i])
            logits.append(network.forward({name: at.native(changed)}).values[found.node])
        values = picked(np.concatenate(logits), np.repeat(found.target[i], len(inside)))
        falls[i] = (found.value[i] - values).reshape(falls.shape[1:])
    return result


def default_sizes(count: int) -> list[int]:
    """Ten sizes from 1 to 80 % of the pixels, in equal ratios."""
    return sorted({int(round(n)) for n in np.geomspace(1, max(0.8 * count, 1), 10)})


def random_subsets(count: int, n: int, subsets: int, rng: np.random.Generator) -> Array:
    """(subsets, count) booleans with n True in each row, all sets equally likely."""
    inside = np.zeros((subsets, count), dtype=bool)
    chosen = np.argpartition(rng.random((subsets, count)), n - 1, axis=1)[:, :n]
    np.put_along_axis(inside, chosen, True, axis=1)
    return inside


def correlation(a: Array, b: Array) -> float:
    """Pearson's correlation; NaN if one of the two arrays is constant up to rounding."""
    sizes = np.abs(a).max(), np.abs(b).max()
    a, b = a - a.mean(), b - b.mean()
    spread = np.sqrt((a * a).sum()), np.sqrt((b * b).sum())
    if any(s <= 1e-12 * size for s, size in zip(spread, sizes, strict=True)):
        return float("nan")
    return float((a * b).sum() / (spread[0] * spread[1]))
