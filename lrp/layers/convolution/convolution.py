"""Convolution in one, two or three dimensions. `plain.py` is the definition of its sums, `fast.py` their quick form."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.errors import SettingError, ShapeError
from lrp.implementation import use_reference
from lrp.layers.base import LinearLayer, Shape, as_weight
from lrp.layers.convolution import fast, plain
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

    @cached_property
    def windows(self) -> Windows:
        """Where the kernel comes to lie."""
        return Windows(self.weight.shape[:-2], self.stride, self.padding, self.dilation)

    def apply(self, weight: Array, x: Any) -> Array:
        chosen = plain if use_reference() else fast
        return chosen.correlate(self.windows, weight, x, self.groups)

    def adjoint(self, weight: Array, s: Array, shape: tuple[int, ...]) -> Array:
        chosen = plain if use_reference() else fast
        return chosen.correlate_adjoint(self.windows, weight, s, shape, self.groups)

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
