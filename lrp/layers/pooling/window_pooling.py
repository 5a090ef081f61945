"""The base of pooling over sliding windows, and the linear map that sums over them."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import SettingError, ShapeError
from lrp.layers.base import Layer, Shape
from lrp.layers.rule_checks import reads_products
from lrp.layers.windows import Padding, Windows, check_padding, per_axis
from lrp.rules import LinearRule, Rule

ONE = np.ones(())  # the weight of every input of a pooling window, cast to the arithmetic of x where it is used


@dataclass(frozen=True)
class WindowSum:
    """z_q = weight * sum of the inputs in window q / divisor_q: the linear map of every pooling layer.

    The weight is one number (shape ()), so that a rule can read it as w, w^2 or 1; divisor (*windows, 1) or None.
    """

    windows: Windows
    weight: Array
    divisor: Array | None = None
    bias: None = None

    def apply(self, weight: Array, x: Any) -> Array:
        """(n, *spatial, c) -> (n, *windows, c), one axis after the other, which is faster than window by window"""
        z = self.windows.padded(x)
        for axis, (first, *others) in enumerate(self.windows.slices(x.shape[1:-1]), 1):
            before, z = z, z[at(axis, first)].copy()
            for tap in others:
                z += before[at(axis, tap)]
        return np.asarray(weight * z if self.divisor is None else weight * z / self.divisor)

    def adjoint(self, weight: Array, s: Array, shape: tuple[int, ...]) -> Array:
        """(n, *windows, c) -> (n, *spatial, c)"""
        s = np.asarray(weight * s if self.divisor is None else weight * s / self.divisor)
        lengths = self.windows.padded_spatial(shape[1:-1])
        for axis, taps in enumerate(self.windows.slices(shape[1:-1]), 1):
            above, s = s, arrays.zeros((*s.shape[:axis], lengths[axis - 1], *s.shape[axis + 1 :]), s)
            for tap in taps:
                s[at(axis, tap)] += above
        return self.windows.cropped(s, shape[1:-1])


def at(axis: int, entries: slice) -> tuple[slice, ...]:
    """The index that picks these entries of an axis."""
    return (*(slice(None),) * axis, entries)


@dataclass(frozen=True, eq=False)
class Pool(Layer):
    """The base of the pooling layers: their windows, and the linear map that sums over them.

    Parameters
    ----------
    size : int or tuple of int
        The length of a window on each spatial axis; a single integer is used for both axes of a picture.
    stride : int, tuple of int or None
        The distance between windows on each axis; None: the size, so that windows do not overlap.
    padding : str, int or pairs
        "valid", "same", or (before, after) for each axis.
    ceil : bool
        Whether the last window may exceed the end of the padded input; see `Windows`.
    """

    accepted: ClassVar[str] = "a rule with a table; padding=count of flat and w_square only without padding"

    size: Any = (2, 2)
    stride: Any = None
    padding: Padding | Any = "valid"
    ceil: bool = False

    def __post_init__(self) -> None:
        name = type(self).__name__
        size = self.size if isinstance(self.size, (tuple, list)) else (self.size, self.size)
        stride = size if self.stride is None else self.stride
        padding = check_padding(self.padding, len(size), f"{name} padding")
        size = per_axis(size, len(size), f"{name} size")
        if not isinstance(padding, str) and any(max(pair) >= k for pair, k in zip(padding, size, strict=True)):
            raise SettingError(f"{name}: expected padding smaller than the window {size}, got {padding}")
        object.__setattr__(self, "size", size)
        object.__setattr__(self, "stride", per_axis(stride, len(size), f"{name} stride"))
        object.__setattr__(self, "padding", padding)

    def admits(self, rule: Rule) -> bool:
        padded = self.ceil or (self.padding != "valid" and set(self.padding) != {(0, 0)})
        return not (padded and isinstance(rule, LinearRule) and rule.count_padding and not reads_products(rule))

    @cached_property
    def windows(self) -> Windows:
        """The windows on the spatial axes."""
        return Windows(self.size, self.stride, self.padding, ceil=self.ceil)

    @abstractmethod
    def linear(self, x: Array) -> WindowSum:
        """The sum (or mean) over the windows of x, in the arithmetic of x."""

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        if len(shape) != len(self.size) + 1:
            raise ShapeError(
                f"expected inputs of {len(self.size)} spatial axes and channels last, got {shape} per sample; size "
                "has one number per spatial axis"
            )
        return (*self.windows.output_shape(shape[:-1], type(self).__name__), shape[-1])
