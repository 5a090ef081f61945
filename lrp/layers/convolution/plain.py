"""The sums of a convolution, as its definition has them: one matrix product for each kernel position.

    z_{q,j} = sum_{tau,i} x_{stride q + dilation tau - before, i} w_{tau,i,j}          i over the channels of j's group

x (n, *spatial, in), weight (*kernel, in/groups, out), z (n, *windows, out). Runs in any arithmetic.
"""

from __future__ import annotations

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.layers.windows import Windows


def correlate(windows: Windows, weight: Array, x: Array, groups: int = 1) -> Array:
    """z from x: (n, *spatial, in) -> (n, *windows, out)."""
    padded, spatial = windows.padded(x), x.shape[1:-1]
    z = arrays.zeros((len(x), *windows.output(spatial), groups, 1, weight.shape[-1] // groups), x)
    for tau, inputs in windows.taps(spatial):
        z = z + grouped(padded[inputs], groups) @ by_group(weight[tau], groups)
    return z.reshape(*z.shape[:-3], -1)


def correlate_adjoint(windows: Windows, weight: Array, s: Array, shape: tuple[int, ...], groups: int = 1) -> Array:
    """Its transpose, <correlate(x), s> = <x, correlate_adjoint(s)>: (n, *windows, out) -> shape (n, *spatial, in)."""
    spatial = shape[1:-1]
    padded = arrays.zeros((len(s), *windows.padded_spatial(spatial), shape[-1]), s)
    for tau, inputs in windows.taps(spatial):
        part = grouped(s, groups) @ by_group(weight[tau], groups).swapaxes(-1, -2)
        padded[inputs] += part.reshape(*s.shape[:-1], shape[-1])
    return windows.cropped(padded, spatial)


def grouped(x: Array, groups: int) -> Array:
    """The channels of each group as a row of their own: (..., c) -> (..., groups, 1, c/groups)."""
    return x.reshape(*x.shape[:-1], groups, 1, x.shape[-1] // groups)


def by_group(w: Array, groups: int) -> Array:
    """The matrix of each group: (in/groups, out) -> (groups, in/groups, out/groups)."""
    return np.moveaxis(w.reshape(len(w), groups, -1), 1, 0)
