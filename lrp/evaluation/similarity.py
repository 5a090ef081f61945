"""The similarity of two heatmaps: rank correlation and structural similarity."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from lrp.arrays import Array


def rank_correlation(a: Array, b: Array) -> float:
    """Spearman: Pearson's correlation of the ranks; equal numbers share their mean rank

    Source: Adebayo et al. 2018, rank correlation

    Parameters
    ----------
    a, b : array
        Two heatmaps of one shape.

    Returns
    -------
    float
        From -1 to 1; NaN if one of the maps is constant.

    Examples
    --------
    >>> import numpy as np
    >>> round(rank_correlation(np.array([1.0, 2.0, 9.0]), np.array([-3.0, 0.0, 1.0])), 6)
    1.0
    """
    ranks = [ranked(m) for m in (a, b)]
    centred = [r - r.mean() for r in ranks]
    sizes = [float(np.sqrt((c * c).sum())) for c in centred]
    if min(sizes) == 0:
        return float("nan")
    return float((centred[0] * centred[1]).sum() / (sizes[0] * sizes[1]))


def ranked(m: Array) -> Array:
    """The rank of each number, from 1; equal numbers share the mean of their ranks."""
    _, place, count = np.unique(m.ravel(), return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(count) - (count - 1) / 2)[place])


def structural_similarity(a: Array, b: Array, window: int = 7) -> float:
    """SSIM: mean over windows of (2 m_a m_b + c1)(2 s_ab + c2) / ((m_a^2 + m_b^2 + c1)(s_a^2 + s_b^2 + c2))

    Source: Wang et al. 2004, structural similarity

    Uniform windows inside the picture, unbiased variances, c1 = 0.01^2 and c2 = 0.03^2 for data of range 1: each map is
    first scaled to 0 .. 1 by its own minimum and maximum.

    Parameters
    ----------
    a, b : array
        Two heatmaps of one shape.
    window : int
        Pixels of a window along each axis, at most the picture's.

    Returns
    -------
    float
        At most 1, which equal maps have.

    Examples
    --------
    >>> import numpy as np
    >>> structural_similarity(np.eye(8), np.eye(8)).__round__(6)
    1.0
    """
    a, b = unit(a), unit(b)
    sizes = tuple(min(window, n) for n in a.shape)
    count = float(np.prod(sizes))
    inner = tuple(slice(k // 2, n - (k - 1) // 2) for n, k in zip(a.shape, sizes, strict=True))

    def mean(m: Array) -> Array:
        return ndimage.uniform_filter(m, sizes)[inner]

    scale = count / max(count - 1, 1)
    m_a, m_b = mean(a), mean(b)
    s_a, s_b, s_ab = (scale * (mean(p) - q) for p, q in ((a * a, m_a * m_a), (b * b, m_b * m_b), (a * b, m_a * m_b)))
    c1, c2 = 0.01**2, 0.03**2
    above = (2 * m_a * m_b + c1) * (2 * s_ab + c2)
    return float((above / ((m_a**2 + m_b**2 + c1) * (s_a + s_b + c2))).mean())


def unit(m: Array) -> Array:
    """(m - min) / (max - min); zeros for a constant map."""
    span = m.max() - m.min()
    return np.asarray((m - m.min()) / span if span > 0 else np.zeros_like(m))
