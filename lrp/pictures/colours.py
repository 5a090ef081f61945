"""Relevance as colours: white where it is exactly 0, one hue for each sign, darker with |R|."""

from __future__ import annotations

import numpy as np

from lrp.arrays import Array
from lrp.errors import InputError

Stops = tuple[tuple[float, tuple[int, int, int]], ...]

# R / limit -> red, green, blue; 0 is white
STOPS: Stops = (
    (-1.0, (5, 38, 89)),
    (-0.6, (32, 107, 178)),
    (-0.25, (150, 198, 226)),
    (0.0, (255, 255, 255)),
    (0.25, (250, 172, 148)),
    (0.6, (208, 46, 44)),
    (1.0, (98, 0, 20)),
)
# for readers who cannot tell some hues apart: orange and purple differ for every kind of colour blindness
ORANGE_PURPLE: Stops = (
    (-1.0, (45, 0, 75)),
    (-0.6, (100, 74, 155)),
    (-0.25, (190, 182, 216)),
    (0.0, (255, 255, 255)),
    (0.25, (253, 200, 130)),
    (0.6, (214, 120, 20)),
    (1.0, (100, 50, 5)),
)
OVERLAY_HUE, OVERLAY_GREY = 0.55, (0.15, 0.85)  # R / limit whose colour is the hue; what black and white become
COLOUR_MAPS = {"red-blue": STOPS, "orange-purple": ORANGE_PURPLE}


def limit_of(R: Array, percentile: float = 100.0) -> float:
    """The end of the colour scale: this percentile of |R|, the largest by default; 1 where that is 0.

    InputError for NaN and infinity.
    """
    sizes = np.abs(np.asarray(R, dtype=np.float64))
    if not np.isfinite(sizes).all():
        raise InputError("heatmap: expected finite relevance, got NaN or infinity; ledger.check() names the node")
    if not sizes.size:
        return 1.0
    end = float(sizes.max() if percentile == 100 else np.percentile(sizes, percentile))
    return end or float(sizes.max()) or 1.0


def colours(R: Array, limit: float, stops: Stops = STOPS) -> Array:
    """Relevance (...) -> uint8 RGB (..., 3). 0 is exactly white; beyond +-limit the last colour stays."""
    if not limit > 0:
        raise InputError(f"heatmap: expected a limit > 0, got {limit:g}")
    positions = [stop[0] for stop in stops]
    channels = [np.interp(np.asarray(R) / limit, positions, [stop[1][c] for stop in stops]) for c in range(3)]
    return np.round(np.stack(channels, axis=-1)).astype(np.uint8)


def over_grey(R: Array, limit: float, picture: Array, strength: float, stops: Stops = STOPS) -> Array:
    """Two hues over a grey picture (...) from 0 to 1: uint8 (..., 3); where R = 0 the picture alone is seen.

    The picture's contrast is reduced, so that the hues are seen on black and on white; strength |R| / limit of a hue
    covers it, and |R| alone decides how strong it is.
    """
    if not limit > 0:
        raise InputError(f"heatmap: expected a limit > 0, got {limit:g}")
    cover = strength * np.minimum(np.abs(R) / limit, 1)[..., np.newaxis]
    hues = colours(np.sign(R) * OVERLAY_HUE, 1.0, stops)
    low, high = OVERLAY_GREY
    grey = 255 * (low + (high - low) * np.asarray(picture))[..., np.newaxis]
    return np.round((1 - cover) * grey + cover * hues).astype(np.uint8)
