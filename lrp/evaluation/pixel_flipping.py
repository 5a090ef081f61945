"""Pixel-flipping: pixels are inverted one after the other, in the order of the heatmap."""

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

    Region perturbation with regions of one pixel and one repetition; the parameters are those of `region_perturbation`.
    A good heatmap's score falls fast with "morf", hardly with "smallest", and rises at first with "lerf".

    Returns
    -------
    Measurement
        numbers: "aopc morf", "aopc smallest", "aopc lerf", "abpc". curves: the fall of the score for each order.

    Raises
    ------
    SettingError, ShapeError, InputError
        As `region_perturbation`.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp import Metadata, Network, layers
    >>> parts = [layers.Flatten(), layers.Dense(np.array([[3.0], [0.0], [-1.0], [0.0]]))]
    >>> network = Network.sequential(parts, (2, 2, 1), metadata=Metadata(input_range=(0, 1)))
    >>> R = np.array([3.0, 0.0, -1.0, 0.0]).reshape(1, 2, 2, 1)
    >>> found = pixel_flipping(network, np.ones((1, 2, 2, 1)), R, 0, steps=1)
    >>> {name: curve.values[0].tolist() for name, curve in found.curves.items()}
    {'morf': [0.0, 3.0], 'smallest': [0.0, 0.0], 'lerf': [0.0, -1.0]}
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
