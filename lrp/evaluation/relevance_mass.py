"""Relevance mass and rank accuracy: how much of the relevance lies on the object."""

from __future__ import annotations

from typing import Any

import numpy as np

from lrp.evaluation.maps import check_masks, pixel_map
from lrp.evaluation.measurement import Curve, Measurement
from lrp.graph import Network

PLACES = 101


def relevance_mass(network: Network, relevance: Any, masks: Any) -> Measurement:
    """mass = sum of R+ in the mask / sum of R+;   rank = share of the K most relevant pixels in the mask, K = |mask|

    Source: Arras et al. 2022, relevance mass and relevance rank accuracy

    R+ = max(0, R) per pixel. Equal relevances rank in row-major order.

    Parameters
    ----------
    network : Network
    relevance : array or Explanation
        (n, ...) in the shape of the network's input.
    masks : array
        (n, *spatial), true on the object.

    Returns
    -------
    Measurement
        numbers: "mass" (NaN where no pixel is positive), "rank", and "area", the mask's share of the picture, all (n,).
        curves: "precision", the share in the mask among the most relevant fraction of pixels; for a random heatmap it
        is the area throughout.

    Raises
    ------
    InputError
        If the relevance has NaN or infinity, or a mask is empty.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp import Network, layers
    >>> network = Network.sequential([layers.Flatten(), layers.Dense(np.ones((4, 1)))], (2, 2, 1))
    >>> R, masks = np.array([3.0, 1.0, -5.0, 0.0]).reshape(1, 2, 2, 1), np.array([[[True, False], [True, False]]])
    >>> found = relevance_mass(network, R, masks).numbers
    >>> found["mass"].tolist(), found["rank"].tolist()
    ([0.75], [0.5])
    """
    maps = pixel_map(network, relevance)
    inside = check_masks(masks, maps).reshape(len(maps), -1)
    flat = maps.reshape(len(maps), -1)
    positive = np.maximum(flat, 0)
    total = positive.sum(axis=1)
    mass = np.divide((positive * inside).sum(axis=1), total, out=np.full(len(flat), np.nan), where=total > 0)
    ranked = np.take_along_axis(inside, np.argsort(-flat, axis=1, kind="stable"), axis=1)
    hits = np.cumsum(ranked, axis=1)
    wanted = inside.sum(axis=1)
    rank = hits[np.arange(len(flat)), wanted - 1] / wanted
    counts = np.maximum(np.rint(np.linspace(0, 1, PLACES) * flat.shape[1]).astype(int), 1)
    values = hits[:, counts - 1] / counts
    places = tuple(np.linspace(0, 1, PLACES).tolist())
    curves = {"precision": Curve(places, values, "fraction of pixels", "share in the mask")}
    return Measurement("relevance_mass", {"mass": mass, "rank": rank, "area": wanted / flat.shape[1]}, curves)
