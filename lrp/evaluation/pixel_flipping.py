"""Pixel-flipping: the pixels' values are turned over one after the other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lrp.evaluation.measurement import Measurement
from lrp.evaluation.order import Order
from lrp.evaluation.region_perturbation import region_perturbation
from lrp.evaluation.replacement import Replacement
from lrp.graph import Network


def pixel_flipping(
    network: Network,
    x: Any,
    relevance: Any,
    target: Any = None,
    *,
    steps: int = 100,
    replacement: Replacement | str = "flip",
    probability: bool = False,
    seed: int = 0,
    first: int = 0,
    shared: bool = True,
) -> Measurement:
    """x_p -> low + high - x_p, pixel by pixel: the most relevant first, those nearest to zero, the most negative first

    Source: Bach et al. 2015, pixel-flipping

    Region perturbation with regions of one pixel. A good heatmap's score falls fast with "morf", hardly with
    "smallest", and rises at first with "lerf".
    """
    orders = (Order.MORF, Order.SMALLEST, Order.LERF)
    found = region_perturbation(
        network,
        x,
        relevance,
        target,
        orders=orders,
        size=1,
        steps=steps,
        replacement=replacement,
        repetitions=1,
        probability=probability,
        seed=seed,
        first=first,
        shared=shared,
    )
    return replace(found, measure="pixel_flipping")
