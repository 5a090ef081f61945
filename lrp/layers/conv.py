"""Convolution in one, two or three dimensions, as a matrix product for each kernel offset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import SettingError, ShapeError
from lrp.layers.base import LinearLayer, Shape, as_weight
from lrp.layers.dense import check_bias
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

    @property
    def windows(self) -> Windows:
        """Where the kernel comes to lie."""
        return Windows(self.weight.shape[:-2], self.stride, self.padding, self.dilation)

    def apply(self, weight: Array, x: Any) -> Array:
        padded, spatial = self.windows.padded(x), x.shape[1:-1]
        y = arrays.zeros((len(x), *self.windows.output(spatial), weight.shape[-1]), x)
        for offset, tap in self.windows.taps(spatial):
            y += self._product(padded[tap], weight[offset])  # (n, *windows, in) @ (in/groups, out)
        return y

    def adjoint(self, weight: Array, s: Array, shape: tuple[int, ...]) -> Array:
        padded = self.windows.empty(np.broadcast_to(s.ravel()[:1], shape))
        for offset, tap in self.windows.taps(shape[1:-1]):
            padded[tap] += self._product_back(s, weight[offset])  # (n, *windows, out) @ (out, in/groups)
        return self.windows.cropped(padded, shape[1:-1])

    def _product(self, x: Array, w: Array) -> Array:
        """Channels through one kernel offset, each group by itself: (..., in) -> (..., out)."""
        if self.groups == 1:
            return np.asarray(x @ w)
        blocks = x.reshape(*x.shape[:-1], self.groups, -1)  # (..., groups, in/groups)
        kernels = w.reshape(len(w), self.groups, -1)  # (in/groups, groups, out/groups)
        parts = [blocks[..., g, :] @ kernels[:, g] for g in range(self.groups)]
        return np.concatenate(parts, axis=-1)

    def _product_back(self, s: Array, w: Array) -> Array:
        """The transpose of _product: (..., out) -> (..., in)."""
        if self.groups == 1:
            return np.asarray(s @ w.T)
        blocks = s.reshape(*s.shape[:-1], self.groups, -1)
        kernels = w.reshape(len(w), self.groups, -1)
        parts = [blocks[..., g, :] @ kernels[:, g].T for g in range(self.groups)]
        return np.concatenate(parts, axis=-1)

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
