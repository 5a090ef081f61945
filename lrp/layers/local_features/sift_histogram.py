"""The mathematics of one SIFT descriptor: orientation maps of a picture, the normalisation, and their gradients.

    g = (gx, gy), central differences inside, one-sided at the border;   r = |g|,   t = T angle(g) / 2 pi
    r goes to the orientations floor(t) and floor(t) + 1 (mod T) in the parts 1 - frac(t) and frac(t)
    descriptor = n(min(n(h), 0.2)),   n(h) = h / (|h| + 2^-23)

|g| and |h| below 1e-4 count as 0, the noise floor of VLFeat: pictures should be in [0, 1] or [0, 255].
"""

from __future__ import annotations

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import ExactError

NOISE_FLOOR = 1e-8  # squared sizes below count as zero
GUARD = 2.0**-23  # keeps the norm of a constant patch from dividing by zero
CLAMP = 0.2


def check_picture(picture: Array) -> None:
    """ExactError for Fractions, InputError for NaN or infinity."""
    if arrays.is_exact(picture):
        raise ExactError(
            "dense SIFT: expected floating-point pixels, got Fractions, and angles and square roots are in general not "
            "rational; lrp.fisher.fixed_statistics cuts the network below them for exact arithmetic"
        )
    arrays.check_finite(picture, "dense SIFT")


def differences(f: Array, axis: int) -> Array:
    """Central differences inside, one-sided ones at both ends; as a linear map of f."""
    f = np.moveaxis(f, axis, 0)
    d = np.empty_like(f)
    d[0], d[-1] = f[1] - f[0], f[-1] - f[-2]
    d[1:-1] = 0.5 * (f[2:] - f[:-2])
    return np.moveaxis(d, 0, axis)


def differences_adjoint(g: Array, axis: int) -> Array:
    """The transpose of `differences`."""
    g = np.moveaxis(g, axis, 0)
    f = np.zeros_like(g)
    f[0] -= g[0]
    f[1] += g[0]
    f[-1] += g[-1]
    f[-2] -= g[-1]
    f[2:] += 0.5 * g[1:-1]
    f[:-2] -= 0.5 * g[1:-1]
    return np.moveaxis(f, 0, axis)


def _polar(f: Array, orientations: int) -> tuple[Array, ...]:
    """gx, gy, r (0 below the noise floor), the lower orientation and the part of r that goes to the next one."""
    gx, gy = differences(f, 1), differences(f, 0)
    square = gx * gx + gy * gy
    r = np.sqrt(np.where(square < NOISE_FLOOR, 0, square))
    t = np.mod(np.arctan2(gy, gx), 2 * np.pi) * (orientations / (2 * np.pi))
    lower = np.floor(t)
    return gx, gy, r, lower.astype(int) % orientations, t - lower


def orientation_maps(f: Array, orientations: int) -> Array:
    """The gradient's size at every pixel, divided over the two nearest orientations: (h, w) -> (h, w, T)."""
    _, _, r, lower, part = _polar(f, orientations)
    maps = np.zeros((*f.shape, orientations))
    upper = (lower + 1) % orientations
    np.put_along_axis(maps, lower[..., None], ((1 - part) * r)[..., None], axis=2)
    there = np.take_along_axis(maps, upper[..., None], axis=2)  # 0 unless there is but one orientation
    np.put_along_axis(maps, upper[..., None], there + (part * r)[..., None], axis=2)
    return maps


def orientation_pullback(g: Array, f: Array) -> Array:
    """The gradient of sum(g * orientation_maps(f)) with respect to f; 0 where the gradient's size is."""
    orientations = g.shape[2]
    gx, gy, r, lower, part = _polar(f, orientations)
    low = np.take_along_axis(g, lower[..., None], axis=2)[..., 0]
    high = np.take_along_axis(g, ((lower + 1) % orientations)[..., None], axis=2)[..., 0]
    along = (1 - part) * low + part * high  # d/dr
    around = (high - low) * (orientations / (2 * np.pi))  # d/d angle, times 1/r for the arc
    ux, uy = (arrays.divide_where(c, r, r > 0) for c in (gx, gy))
    return differences_adjoint(along * ux - around * uy, 1) + differences_adjoint(along * uy + around * ux, 0)


def _norm(h: Array) -> Array:
    """|h| of every row, 0 below the noise floor."""
    square = (h * h).sum(axis=1, keepdims=True)
    return np.sqrt(np.where(square < NOISE_FLOOR, 0, square))


def normalized(h: Array) -> Array:
    """n(min(n(h), 0.2)) row by row; a row of zeros stays zero."""
    clipped = np.minimum(h / (_norm(h) + GUARD), CLAMP)
    return clipped / (_norm(clipped) + GUARD)


def _unit_pullback(g: Array, h: Array) -> Array:
    """The gradient of sum(g * h / (|h| + guard)) with respect to h."""
    norm = _norm(h)
    stretch = (g * h).sum(axis=1, keepdims=True) / (norm + GUARD) ** 2
    return g / (norm + GUARD) - arrays.divide_where(stretch, norm, norm > 0) * h


def normalized_pullback(g: Array, h: Array) -> Array:
    """The gradient of sum(g * normalized(h)) with respect to h."""
    unit = h / (_norm(h) + GUARD)
    return _unit_pullback(_unit_pullback(g, np.minimum(unit, CLAMP)) * (unit < CLAMP), h)
