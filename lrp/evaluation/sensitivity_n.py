"""Sensitivity-n: does the relevance of n pixels tell what removing them does?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.errors import SettingError
from lrp.evaluation.maps import check_maps, input_layout, pixel_map
from lrp.evaluation.measurement import Curve, Measurement, mean
from lrp.graph import Network
from lrp.methods.score import baselines, picked, score

CHUNK = 256


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
) -> Measurement:
    """Pearson correlation over random subsets s of n pixels of  sum_{i in s} R_i  with  S(x) - S(x with s := baseline)

    Source: Ancona et al. 2018, sensitivity-n

    A pixel goes with all its channels; of vectors an entry. sizes n: by default ten from 1 to 80 % of the pixels, in
    equal ratios. Subsets depend on seed, picture and n alone, so all methods meet the same; picture i is number
    first + i. NaN where all subsets change the score alike. curves: "correlation" over n; numbers: its mean over n.
    """
    if subsets < 2:
        raise SettingError(f"sensitivity_n: expected at least 2 subsets, for a correlation, got {subsets}")
    found = score(network, x, target)
    at, name = input_layout(network), network.inputs[0]
    picture = at.last(found.inputs[name])
    covered = at.last(baselines(found, baseline, "sensitivity_n")[name])
    maps = pixel_map(network, relevance)
    check_maps(maps, picture)
    places = maps.shape[1:]
    count = int(np.prod(places))
    chosen = default_sizes(count) if sizes is None else [int(n) for n in sizes]
    if not all(1 <= n <= count for n in chosen):
        raise SettingError(f"sensitivity_n: expected sizes from 1 to the {count} pixels, got {list(chosen)}")
    values = np.zeros((len(picture), len(chosen)))
    for i in range(len(picture)):
        for column, n in enumerate(chosen):
            inside = drawn(count, n, subsets, np.random.default_rng([seed, first + i, n]))
            total = inside @ maps[i].reshape(-1)
            fall = []
            for start in range(0, subsets, CHUNK):
                mask = inside[start : start + CHUNK].reshape(-1, *places)
                mask = mask if picture.ndim == 2 else mask[..., None]
                changed = at.own(np.where(mask, covered[i], picture[i]))
                logits = network.forward({name: changed}).values[found.node]
                fall.append(found.value[i] - picked(logits, np.repeat(found.target[i], len(logits))))
            values[i, column] = correlation(total, np.concatenate(fall).astype(np.float64))
    curve = Curve(tuple(map(float, chosen)), values, "n", "correlation")
    numbers = {"correlation": mean(values.T)}
    return Measurement("sensitivity_n", numbers, {"correlation": curve}, {"subsets": subsets})


def default_sizes(count: int) -> list[int]:
    """Ten sizes from 1 to 80 % of the pixels, in equal ratios."""
    return sorted({int(round(n)) for n in np.geomspace(1, max(0.8 * count, 1), 10)})


def drawn(count: int, n: int, subsets: int, rng: np.random.Generator) -> Array:
    """(subsets, count) booleans with n True in each row, all sets equally likely."""
    inside = np.zeros((subsets, count), dtype=bool)
    np.put_along_axis(inside, np.argsort(rng.random((subsets, count)), axis=1)[:, :n], True, axis=1)
    return inside


def correlation(a: Array, b: Array) -> float:
    """Pearson's; NaN where one of the two does not vary (beyond rounding)."""
    a, b = a - a.mean(), b - b.mean()
    sizes = np.sqrt((a * a).sum()), np.sqrt((b * b).sum())
    if min(sizes) <= 1e-12 * max(sizes[0], sizes[1], 1e-300):
        return float("nan")
    return float((a * b).sum() / (sizes[0] * sizes[1]))
