"""The transpose of a convolution (deconvolution, fractionally strided convolution)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import SettingError, ShapeError
from lrp.layers.base import LinearLayer, Shape, as_weight
from lrp.layers.convolution.convolution import Conv
from lrp.layers.dense import check_bias
from lrp.layers.windows import check_padding, per_axis


@dataclass(frozen=True, eq=False)
class ConvTranspose(LinearLayer):
    """z_{p,j} = sum over q, tau with p = stride q + dilation tau - before of x_{q,i} w_{tau,j,i}, plus b_j

    Source: Arras et al. 2016, convolution over time, transposed

    weight (*kernel, out/groups, in): the kernel of the convolution that this transposes; x (n, *spatial, in) ->
    (n, *larger, out) with larger = (length - 1) stride + extent - before - after + extra. padding: (before, after)
    entries cut off; extra: entries more at the end (from what `after` cut off, then zeros).
    """

    stride: Any = 1
    padding: Any = 0
    extra: Any = 0
    dilation: Any = 1
    groups: int = 1

    def __post_init__(self) -> None:
        weight = as_weight(self.weight, "ConvTranspose weight")
        axes = weight.ndim - 2
        if axes < 1:
            raise ShapeError(f"ConvTranspose: expected a weight of shape (*kernel, out/groups, in), got {weight.shape}")
        padding = check_padding(self.padding, axes, "ConvTranspose padding")
        if isinstance(padding, str):
            raise SettingError(f"ConvTranspose padding: expected (before, after) pairs, got {padding!r}")
        object.__setattr__(self, "weight", weight)
        object.__setattr__(self, "padding", padding)
        object.__setattr__(self, "stride", per_axis(self.stride, axes, "ConvTranspose stride"))
        object.__setattr__(self, "extra", per_axis(self.extra, axes, "ConvTranspose extra", least=0))
        object.__setattr__(self, "dilation", per_axis(self.dilation, axes, "ConvTranspose dilation"))
        inner = self._convolution(weight)  # checks groups against the weight
        object.__setattr__(self, "bias", check_bias(self.bias, weight.shape[-2] * inner.groups, "ConvTranspose"))

    def _convolution(self, weight: Array) -> Conv:
        """The convolution from the larger array to the smaller one."""
        return Conv(weight, stride=self.stride, dilation=self.dilation, groups=self.groups)

    def _full(self, spatial: tuple[int, ...]) -> tuple[int, ...]:
        """The lengths before anything is cut off."""
        extents = self._convolution(self.weight).windows.extents()
        return tuple((n - 1) * s + extent for n, s, extent in zip(spatial, self.stride, extents, strict=True))

    def _ends(self) -> tuple[tuple[int, int], ...]:
        """(cut off before, cut off after): negative where zeros are appended."""
        return tuple((before, after - extra) for (before, after), extra in zip(self.padding, self.extra, strict=True))

    def apply(self, weight: Array, x: Any) -> Array:
        spatial = self._full(x.shape[1:-1])
        channels = weight.shape[-2] * self.groups
        full = self._convolution(weight).adjoint(weight, x, (len(x), *spatial, channels))
        return _reframed(full, self._ends())

    def adjoint(self, weight: Array, s: Array, shape: tuple[int, ...]) -> Array:
        full = _reframed(s, tuple((-before, -after) for before, after in self._ends()))
        return self._convolution(weight).apply(weight, full)

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        if len(shape) != len(self.stride) + 1 or shape[-1] != self.weight.shape[-1]:
            raise ShapeError(
                f"expected inputs of {len(self.stride)} spatial axes and {self.weight.shape[-1]} channels, got {shape} "
                f"a sample (kernel {self.weight.shape} is (*kernel, out/groups, in))"
            )
        rows = zip(shape[:-1], self._ends(), self._full((1,) * len(self.stride)), self.stride, strict=True)
        spatial = tuple(
            None if n is None else (n - 1) * stride + extent - before - after
            for n, (before, after), extent, stride in rows
        )
        if any(n is not None and n < 1 for n in spatial):
            raise ShapeError(f"nothing is left of {shape} a sample when {self.padding} is cut off")
        return (*spatial, self.weight.shape[-2] * self.groups)


def _reframed(x: Array, ends: tuple[tuple[int, int], ...]) -> Array:
    """x without `before` and `after` entries on each spatial axis; with so many zeros more where they are negative."""
    more = tuple((max(-before, 0), max(-after, 0)) for before, after in ends)
    inner = tuple(slice(max(before, 0), length - max(after, 0)) for length, (before, after) in zip(x.shape[1:-1], ends))
    return np.pad(x[(slice(None), *inner)], ((0, 0), *more, (0, 0)), constant_values=arrays.scalar(0, x))
