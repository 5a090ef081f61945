"""The pointing game: does the heatmap's highest point lie on the object?"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import ndimage

from lrp.evaluation.maps import check_masks, pixel_map
from lrp.evaluation.measurement import Curve, Measurement
from lrp.graph import Network
from lrp.methods.tools import number

FURTHEST = 30  # pixels of tolerance that the curve goes to


def pointing_game(
    network: Network, relevance: Any, masks: Any, tolerance: float = 15.0, smooth: float = 0.0
) -> Measurement:
    """hit = 1 if the largest relevance lies less than `tolerance` pixels from the object's mask, else 0

    Source: Zhang et al. 2016, pointing game

    masks: (n, *spatial), true on the object. Of equal maxima the first in row-major order counts. smooth: the standard
    deviation, in pixels, of a Gaussian over the heatmap before (the authors smooth pixelwise gradients). tolerance 0
    asks for a point in the mask itself. The mean over the pictures of a class is the class's accuracy; compare with a
    heatmap that always points at the centre. curves: "accuracy" over the tolerance.
    """
    number("pointing_game: tolerance", tolerance, least=0)
    number("pointing_game: smooth", smooth, least=0)
    maps = pixel_map(network, relevance)
    inside = check_masks(masks, maps)
    distance = np.zeros(len(maps))
    for i, (heat, mask) in enumerate(zip(maps, inside, strict=True)):
        heat = ndimage.gaussian_filter(heat, smooth, mode="nearest") if smooth else heat
        point = np.unravel_index(int(heat.argmax()), heat.shape)
        distance[i] = ndimage.distance_transform_edt(~mask)[point]
    places = tuple(float(t) for t in range(FURTHEST + 1))
    values = np.stack([_hits(distance, t) for t in places], axis=1)
    numbers = {"hit": _hits(distance, tolerance), "distance": distance}
    curves = {"accuracy": Curve(places, values, "tolerance in pixels", "accuracy")}
    return Measurement("pointing_game", numbers, curves, {"tolerance": tolerance, "smooth": smooth})


def _hits(distance: np.ndarray, tolerance: float) -> np.ndarray:
    """1 where the distance is 0 or below the tolerance."""
    return ((distance == 0) | (distance < tolerance)).astype(float)
