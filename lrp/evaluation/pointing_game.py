"""The pointing game: whether the largest relevance lies on the object."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import ndimage

from lrp.evaluation.maps import check_masks, pixel_map
from lrp.evaluation.measurement import Curve, Measurement
from lrp.graph import Network
from lrp.methods.tools import number

FURTHEST = 30  # pixels: the largest tolerance of the curve


def pointing_game(
    network: Network, relevance: Any, masks: Any, tolerance: float = 15.0, smooth: float = 0.0
) -> Measurement:
    """hit = 1 if the largest relevance lies less than `tolerance` pixels from the object's mask, else 0

    Source: Zhang et al. 2016, pointing game

    Of equal maxima the first in row-major order counts. The mean over the pictures of a class is the class's accuracy;
    compare it with that of a heatmap that always points at the centre.

    Parameters
    ----------
    network : Network
    relevance : array or Explanation
        (n, ...) in the shape of the network's input.
    masks : array
        (n, *spatial), true on the object.
    tolerance : float
        In pixels; 0 requires a point in the mask itself.
    smooth : float
        Standard deviation, in pixels, of a Gaussian filter over the heatmap (the authors smooth pixelwise gradients).

    Returns
    -------
    Measurement
        numbers: "hit" and "distance" (pixels) (n,). curves: "accuracy" over tolerances from 0 to 30 pixels.

    Raises
    ------
    SettingError
        If tolerance or smooth is negative.
    InputError
        If the relevance has NaN or infinity, or a mask is empty.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp import Network, layers
    >>> network = Network.sequential([layers.Flatten(), layers.Dense(np.ones((4, 1)))], (1, 4, 1))
    >>> R, masks = np.array([5.0, 0, 0, 0]).reshape(1, 1, 4, 1), np.array([[[False, False, True, True]]])
    >>> found = pointing_game(network, R, masks, tolerance=2)
    >>> found.numbers["distance"].tolist(), found.numbers["hit"].tolist()
    ([2.0], [0.0])
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
