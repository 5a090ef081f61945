"""The outside-inside relevance ratio: how much a decision relies on the context of the object."""

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

    A large mu: the decision relies on context. Where the mean inside is not positive, or the mask covers the whole
    picture, the ratio has no meaning: it is NaN, and the number "unstable" is 1 for that picture.

    Parameters
    ----------
    network : Network
    relevance : array or Explanation
        (n, ...) in the shape of the network's input.
    masks : array
        (n, *spatial), true inside any box of the class.
    positive : bool
        Use R+ = max(0, R) instead of R.

    Returns
    -------
    Measurement
        numbers: "ratio" and "unstable" (n,). curves: "ratio" with the mask grown by 0 .. 16 pixels.

    Raises
    ------
    InputError
        If the relevance has NaN or infinity, or a mask is empty.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp import Network, layers
    >>> network = Network.sequential([layers.Flatten(), layers.Dense(np.ones((4, 1)))], (2, 2, 1))
    >>> R, masks = np.array([4.0, 2.0, 1.0, 0.0]).reshape(1, 2, 2, 1), np.array([[[True, False], [False, False]]])
    >>> outside_inside(network, R, masks).numbers["ratio"].tolist()  # the mean of 2, 1, 0 over 4
    [0.25]
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
