"""Completeness: how far the sum of a heatmap is from the score that it explains."""

from __future__ import annotations

import numpy as np

from lrp.errors import InputError
from lrp.evaluation.measurement import Curve, Measurement
from lrp.graph import Explanation

PLACES = tuple(float(10.0**k) for k in range(-15, 2))


def completeness(found: Explanation) -> Measurement:
    """gap = |sum_i R_i - S| / |S|, S what the method promises: S(x) - S(r), or the relevance at the output

    Source: Sundararajan et al. 2017, completeness; Bach et al. 2015, conservation

    For a method that promises no sum, S is the score S_c(x). Where S = 0 the gap is absolute.

    Parameters
    ----------
    found : Explanation
        The heatmaps of n pictures, from a function of `lrp.methods`.

    Returns
    -------
    Measurement
        numbers: "gap" (n,), relative; "sum" (n,), in the unit of the score. curves: "share", 1 where the gap is at most
        10^k, so that its mean is the share of pictures. settings: "promised", whether the method promises a sum.

    Raises
    ------
    InputError
        If the heatmap has NaN or infinity.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp import Network, layers
    >>> from lrp.methods import gradient_times_input
    >>> network = Network.sequential([layers.Dense(np.array([[2.0], [1.0]]), np.array([1.0]))], (2,))
    >>> completeness(gradient_times_input(network, np.array([[1.0, 1.0]]), 0)).numbers["gap"].tolist()
    [0.25]
    """
    if not all(np.isfinite(part.astype(np.float64)).all() for part in found.parts()):
        raise InputError(f"completeness: expected a finite heatmap of {found.method}, got NaN or infinity")
    total = found.total().astype(np.float64)
    wanted = (found.score if found.expected is None else found.expected).astype(np.float64)
    gap = np.abs(total - wanted) / np.where(wanted == 0, 1, np.abs(wanted))
    values = (gap[:, None] <= np.array(PLACES)).astype(float)
    curves = {"share": Curve(PLACES, values, "relative gap", "share of pictures")}
    return Measurement("completeness", {"gap": gap, "sum": total}, curves, {"promised": found.expected is not None})
