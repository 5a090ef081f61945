"""Depthwise convolution, one group a channel: entry by entry, where groups one by one would be a loop over channels.

x (n, *spatial, c), weight (*kernel, 1, c * m): output channels c * m, of which each m see one channel of x alone.
"""

from __future__ import annotations

from lrp import arrays
from lrp.arrays import Array
from lrp.layers.windows import Windows


def depthwise(windows: Windows, weight: Array, x: Array) -> Array:
    """z_{q,cm} = sum_tau x_{tau,c} w_{tau,cm}: (n, *spatial, c) -> (n, *windows, c * m)"""
    padded, spatial, channels = windows.padded(x), x.shape[1:-1], x.shape[-1]
    w = weight.reshape(*windows.size, channels, -1)
    y = arrays.zeros((len(x), *windows.output(spatial), *w.shape[-2:]), x)
    for offset, tap in windows.taps(spatial):
        y += padded[tap][..., None] * w[offset]  # (n, *windows, c, 1) * (c, m)
    return y.reshape(*y.shape[:-2], -1)


def depthwise_adjoint(windows: Windows, weight: Array, s: Array, shape: tuple[int, ...]) -> Array:
    """Its transpose: (n, *windows, c * m) -> shape (n, *spatial, c)"""
    spatial, channels = shape[1:-1], shape[-1]
    w, parts = weight.reshape(*windows.size, channels, -1), s.reshape(*s.shape[:-1], channels, -1)
    padded = arrays.zeros((len(s), *windows.padded_spatial(spatial), channels), s)
    for offset, tap in windows.taps(spatial):
        padded[tap] += (parts * w[offset]).sum(axis=-1)  # (n, *windows, c, m) * (c, m)
    return windows.cropped(padded, spatial)
