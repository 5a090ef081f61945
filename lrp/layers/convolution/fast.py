"""The sums of `plain.py` with less work: chosen by the shape of the weight, the groups, and the type of the numbers.

* A weight that is one number for all connections (ones, stored once): sums over windows, the same for each output.
* float32 without groups: matrix products in blocks, see `float32.py`.
* As many groups as channels: entry by entry, see `depthwise.py`.
* Other groups: one after the other.
"""

from __future__ import annotations

import numpy as np

from lrp.arrays import Array
from lrp.layers.base import is_constant
from lrp.layers.convolution import plain
from lrp.layers.convolution.depthwise import depthwise, depthwise_adjoint
from lrp.layers.convolution.float32 import fast_adjoint, fast_apply
from lrp.layers.pooling import WindowSum
from lrp.layers.windows import Windows


def correlate(windows: Windows, weight: Array, x: Array, groups: int) -> Array:
    """(n, *spatial, in) -> (n, *windows, out)"""
    if is_constant(weight):
        same = WindowSum(windows, weight).apply(weight.flat[0], _group_sums(x, groups))
        return _repeated(same, weight.shape[-1])
    if groups == 1:
        return fast_apply(windows, weight, x) if x.dtype == np.float32 else plain.correlate(windows, weight, x)
    if groups == x.shape[-1]:
        return depthwise(windows, weight, x)
    parts = zip(np.split(weight, groups, -1), np.split(x, groups, -1), strict=True)
    return np.concatenate([correlate(windows, w, part, 1) for w, part in parts], axis=-1)


def correlate_adjoint(windows: Windows, weight: Array, s: Array, shape: tuple[int, ...], groups: int) -> Array:
    """Its transpose: (n, *windows, out) -> shape (n, *spatial, in)"""
    if is_constant(weight):
        narrow = (*shape[:-1], groups)
        same = WindowSum(windows, weight).adjoint(weight.flat[0], _group_sums(s, groups), narrow)
        return _repeated(same, shape[-1])
    if groups == 1:
        if s.dtype == np.float32:
            return fast_adjoint(windows, weight, s, shape)
        return plain.correlate_adjoint(windows, weight, s, shape)
    if groups == shape[-1]:
        return depthwise_adjoint(windows, weight, s, shape)
    parts = zip(np.split(weight, groups, -1), np.split(s, groups, -1), strict=True)
    shape = (len(s), *shape[1:-1], shape[-1] // groups)
    return np.concatenate([correlate_adjoint(windows, w, part, shape, 1) for w, part in parts], axis=-1)


def _group_sums(x: Array, groups: int) -> Array:
    """The sum over the channels of each group: (..., c) -> (..., groups)"""
    return np.asarray(x.reshape(*x.shape[:-1], groups, -1).sum(axis=-1))


def _repeated(y: Array, channels: int) -> Array:
    """Each group's number for all of its channels: (..., groups) -> (..., channels)"""
    spread = np.broadcast_to(y[..., None], (*y.shape, channels // y.shape[-1]))
    return spread.reshape(*y.shape[:-1], channels)
