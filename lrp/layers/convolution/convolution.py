"""Convolution in one, two or three dimensions, as a matrix product for each kernel offset."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import SettingError, ShapeError
from lrp.layers.base import LinearLayer, Shape, as_weight, is_constant
from lrp.layers.convolution.depthwise import depthwise, depthwise_adjoint
from lrp.layers.convolution.fast import fast_adjoint, fast_apply
from lrp.layers.dense import check_bias
from lrp.layers.pooling import WindowSum
from lrp.layers.windows import Padding, Windows, check_padding, per_axis


@dataclass(frozen=True, eq=False)
class Conv(LinearLayer):
    """z_{q,j} = sum_{tau,i} x_{stride q + dilation tau - before, i} w_{tau,i,j} + b_j  (cross-correlation)

    Source: Arras et al. 2016, convolution over time, here on D axes

    weight (*kernel, in/groups, out), its D leading axes the kernel; x (n, *spatial, in) -> (n, *windows, out).
    groups: output channels in as many blocks, each seeing its own block of the input channels (groups = in: depthwise).
    The kernel is not flipped. What lies in padding is no input and receives no relevance.
    """

    stride: Any = 1
    padding: Padding | Any = "valid"
    dilation: Any = 1
    groups: int = 1

    def __post_init__(self) -> None:
        weight = as_weight(self.weight, "Conv weight")
        axes = weight.ndim - 2
        if axes < 1:
            raise ShapeError(f"Conv: expected a weight of shape (*kernel, in/groups, out), got {weight.shape}")
        if not isinstance(self.groups, (int, np.integer)) or self.groups < 1 or weight.shape[-1] % self.groups:
            raise SettingError(f"Conv: expected groups that divide the {weight.shape[-1]} outputs, got {self.groups!r}")
        object.__setattr__(self, "weight", weight)
        object.__setattr__(self, "bias", check_bias(self.bias, weight.shape[-1], "Conv"))
        object.__setattr__(self, "stride", per_axis(self.stride, axes, "Conv stride"))
        object.__setattr__(self, "padding", check_padding(self.padding, axes, "Conv padding"))
        object.__setattr__(self, "dilation", per_axis(self.dilation, axes, "Conv dilation"))

    @cached_property
    def windows(self) -> Windows:
        """Where the kernel comes to lie."""
        return Windows(self.weight.shape[:-2], self.stride, self.padding, self.dilation)

    def apply(self, weight: Array, x: Any) -> Array:
        if is_constant(weight):  # every output channel of a group is the same sum
            same = WindowSum(self.windows, weight).apply(weight.flat[0], self._group_sums(x))
            return self._repeated(same, weight.shape[-1])
        if self.groups == 1:
            return correlate(self.windows, weight, x)
        if self.groups == x.shape[-1]:
            return depthwise(self.windows, weight, x)
        parts = zip(np.split(weight, self.groups, -1), np.split(x, self.groups, -1), strict=True)
        return np.concatenate([correlate(self.windows, w, part) for w, part in parts], axis=-1)

    def adjoint(self, weight: Array, s: Array, shape: tuple[int, ...]) -> Array:
        if is_constant(weight):
            narrow = (*shape[:-1], self.groups)
            same = WindowSum(self.windows, weight).adjoint(weight.flat[0], self._group_sums(s), narrow)
            return self._repeated(same, shape[-1])
        if self.groups == 1:
            return correlate_adjoint(self.windows, weight, s, shape)
        if self.groups == shape[-1]:
            return depthwise_adjoint(self.windows, weight, s, shape)
        parts = zip(np.split(weight, self.groups, -1), np.split(s, self.groups, -1), strict=True)
        shape = (len(s), *shape[1:-1], shape[-1] // self.groups)
        return np.concatenate([correlate_adjoint(self.windows, w, part, shape) for w, part in parts], axis=-1)

    def _group_sums(self, x: Array) -> Array:
        """The sum over the channels of each group: (..., c) -> (..., groups)"""
        return np.asarray(x.reshape(*x.shape[:-1], self.groups, -1).sum(axis=-1))

    def _repeated(self, y: Array, channels: int) -> Array:
        """Its transpose: each group's number for all of its channels. (..., groups) -> (..., channels)"""
        spread = np.broadcast_to(y[..., None], (*y.shape, channels // self.groups))
        return spread.reshape(*y.shape[:-1], channels)

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        axes = len(self.stride)
        if len(shape) != axes + 1:
            raise ShapeError(
                f"expected inputs of {axes} spatial axes and channels last, got {shape} a sample (kernel"
                f" {self.weight.shape})"
            )
        channels = self.weight.shape[-2] * self.groups
        if shape[-1] != channels:
            raise ShapeError(
                f"input has {shape[-1]} channels, kernel expects {channels} (kernel shape {self.weight.shape}, "
                f"groups {self.groups}); are the channels last?"
            )
        return (*self.windows.output_shape(shape[:-1], "Conv"), self.weight.shape[-1])


def correlate(windows: Windows, weight: Array, x: Array) -> Array:
    """One group: (n, *spatial, in), (*kernel, in, out) -> (n, *windows, out)"""
    if x.dtype == np.float32:
        return fast_apply(windows, weight, x)
    padded, spatial = windows.padded(x), x.shape[1:-1]
    y = arrays.zeros((len(x), *windows.output(spatial), weight.shape[-1]), x)
    for offset, tap in windows.taps(spatial):
        y += padded[tap] @ weight[offset]  # (n, *windows, in) @ (in, out)
    return y


def correlate_adjoint(windows: Windows, weight: Array, s: Array, shape: tuple[int, ...]) -> Array:
    """Its transpose: (n, *windows, out) -> shape (n, *spatial, in)"""
    if s.dtype == np.float32:
        return fast_adjoint(windows, weight, s, shape)
    padded = arrays.zeros((*shape[:1], *windows.padded_spatial(shape[1:-1]), shape[-1]), s)
    for offset, tap in windows.taps(shape[1:-1]):
        padded[tap] += s @ weight[offset].T  # (n, *windows, out) @ (out, in)
    return windows.cropped(padded, shape[1:-1])
