"""The outside-inside relevance ratio: how much a decision leans on the context."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import ndimage

from lrp.evaluation.maps import check_masks, pixel_map
from lrp.evaluation.measurement import Curve, Measurement
from lrp.graph import Network

FURTHEST = 16  # pixels by which the curve grows the mask


def outside_inside(network: Network, relevance: Any, masks: Any, positive: bool = False) -> Measurement:
    """mu = [1/|P_out| sum_{q outside} R_q] / [1/|P_in| sum_{p inside} R_p]

    Source: Lapuschkin et al. 2016, outside-inside relevance ratio

    masks: (n, *spatial), true inside any box of the class. Large mu: the context decides. Where the mean inside is not
    positive the ratio means nothing: it is NaN, and counted by the number "unstable" (1 a picture), not hidden; so too
    where the mask covers all. positive=True takes R+ in the place of R. curves: mu with the mask grown by k pixels.
    """
    maps = pixel_map(network, relevance)
    inside = check_masks(masks, maps)
    R = np.maximum(maps, 0) if positive else maps
    values = np.full((len(maps), FURTHEST + 1), np.nan)
    for i, (heat, mask) in enumerate(zip(R, inside, strict=True)):
        distance = ndimage.distance_transform_edt(~mask)
        for k in range(FURTHEST + 1):
            grown = distance <= k
            within = heat[grown].mean()
            if within > 0 and not grown.all():
                values[i, k] = heat[~grown].mean() / within
    numbers = {"ratio": values[:, 0], "unstable": np.isnan(values[:, 0]).astype(float)}
    places = tuple(float(k) for k in range(FURTHEST + 1))
    curves = {"ratio": Curve(places, values, "pixels by which the mask is grown", "outside / inside")}
    return Measurement("outside_inside", numbers, curves, {"positive": positive})
