"""Completeness: how much of the score the heatmap accounts for."""

from __future__ import annotations

import numpy as np

from lrp.errors import InputError
from lrp.evaluation.measurement import Curve, Measurement
from lrp.graph import Explanation

PLACES = tuple(float(10.0**k) for k in range(-15, 2))


def completeness(found: Explanation) -> Measurement:
    """gap = |sum_i R_i - S| / |S|, S what the method promises: S(x) - S(r), or the relevance that was put in

    Source: Sundararajan et al. 2017, completeness; Bach et al. 2015, conservation

    For a method that promises nothing, S is the score S_c(x), and the gap says how far from a decomposition the map is.
    S = 0 gives the absolute gap. curves: "share", the share of pictures with a gap of at most 10^k.
    """
    if not all(np.isfinite(part.astype(np.float64)).all() for part in found.parts()):
        raise InputError(f"completeness: expected a finite heatmap of {found.method}, got NaN or infinity")
    total = found.total().astype(np.float64)
    wanted = (found.score if found.expected is None else found.expected).astype(np.float64)
    gap = np.abs(total - wanted) / np.where(wanted == 0, 1, np.abs(wanted))
    values = (gap[:, None] <= np.array(PLACES)).astype(float)
    curves = {"share": Curve(PLACES, values, "relative gap", "share of pictures")}
    return Measurement("completeness", {"gap": gap, "sum": total}, curves, {"promised": found.expected is not None})
