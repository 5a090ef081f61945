"""Continuity: how much a heatmap changes when the picture changes a little."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lrp.errors import SettingError
from lrp.evaluation.maps import input_layout, pixel_map
from lrp.evaluation.measurement import Curve, Measurement
from lrp.graph import Explanation, Network
from lrp.methods.tools import number, whole

RADII = (0.005, 0.01, 0.02, 0.05, 0.1)


def continuity(
    network: Network,
    x: Any,
    method: Callable[..., Explanation],
    target: Any = None,
    *,
    radii: Sequence[float] = RADII,
    samples: int = 10,
    seed: int = 0,
    first: int = 0,
) -> Measurement:
    """max-sensitivity = max over ||d||_inf <= r of ||E(x + d) - E(x)||_2 / ||E(x)||_2
    continuity      = max over the same d of ||E(x + d) - E(x)||_1 / ||d||_2

    Source: Yeh et al. 2019, max-sensitivity; Montavon et al. 2018, explanation continuity

    Max-sensitivity is divided by ||E(x)||_2, so that methods of different scale can be compared; Yeh et al. define it
    without this division.

    The maximum is over random d, uniform in the cube, and so a lower bound of the true maximum. Where E(x) = 0 the
    change is not divided. Draws depend on seed, picture number and draw number alone.

    Parameters
    ----------
    network : Network
    x : array
        (n, ...) pictures in the network's own layout and units.
    method : callable
        method(network, x, target) -> Explanation, such as a function of `lrp.methods`.
    target : int, str, list or None
        The explained output; None for the predicted class of x, which is kept for x + d.
    radii : sequence of float
        r in the unit of the input, each > 0.
    samples : int
        Random d per picture and radius.
    seed, first : int
        Seed of the draws, and the number of the first picture in the whole evaluation.

    Returns
    -------
    Measurement
        curves: both measures over r. numbers: both at the last radius.

    Raises
    ------
    SettingError
        If there is no radius, a radius is not positive, or samples < 1.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp import Network, layers
    >>> from lrp.methods import gradient
    >>> network = Network.sequential([layers.Dense(np.array([[2.0], [1.0]]))], (2,))
    >>> continuity(network, np.ones((1, 2)), gradient, 0).numbers["max-sensitivity"].tolist()  # a constant gradient
    [0.0]
    """
    whole("continuity: samples", samples)
    if not radii:
        raise SettingError("continuity: radii: expected at least one, got none")
    for radius in radii:
        number("continuity: radius", radius, above=0)
    found = method(network, x, target)
    original = pixel_map(network, found)
    picture = np.asarray(x)
    input_layout(network)
    flat = original.reshape(len(picture), -1)
    size = np.sqrt((flat**2).sum(axis=1))
    values = np.zeros((2, len(picture), len(radii)))
    for k in range(samples):
        cube = np.stack(
            [np.random.default_rng([seed, first + i, k]).uniform(-1, 1, picture.shape[1:]) for i in range(len(picture))]
        )
        for column, radius in enumerate(radii):
            d = (radius * cube).astype(picture.dtype)
            change = pixel_map(network, method(network, picture + d, list(found.target))).reshape(flat.shape) - flat
            relative = np.sqrt((change**2).sum(axis=1)) / np.where(size > 0, size, 1)
            slope = np.abs(change).sum(axis=1) / np.sqrt((d.reshape(len(d), -1) ** 2).sum(axis=1))
            values[:, :, column] = np.maximum(values[:, :, column], [relative, slope])
    names = ("max-sensitivity", "continuity")
    curves = {name: Curve(tuple(map(float, radii)), v, "radius", name) for name, v in zip(names, values, strict=True)}
    numbers = {name: curve.values[:, -1] for name, curve in curves.items()}
    return Measurement("continuity", numbers, curves, {"samples": samples})
