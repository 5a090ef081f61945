"""Rectifiers: piecewise linear functions with a kink: ReLU, LeakyReLU, PReLU, ThresholdReLU.

Source: Bach et al. 2015, activation layers
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrp import arrays
from lrp.arrays import Array, Number
from lrp.errors import ShapeError
from lrp.layers.activations.activation import Activation, step
from lrp.layers.base import Shape, as_weight


@dataclass(frozen=True, eq=False)
class ReLU(Activation):
    """f(z) = max(z, 0), cut at `maximum` where one is given (ReLU6)

    Parameters
    ----------
    maximum : number or None
        The value at which f is cut, 6 for ReLU6; None: never.
    """

    maximum: Number | None = None

    def value(self, z: Array) -> Array:
        y = arrays.positive(z)
        return y if self.maximum is None else np.minimum(y, arrays.scalar(self.maximum, z))

    def slope(self, z: Array, y: Array) -> Array:
        inside = z > 0
        return step(inside if self.maximum is None else inside & (z < arrays.scalar(self.maximum, z)), z)


@dataclass(frozen=True, eq=False)
class LeakyReLU(Activation):
    """f(z) = z for z > 0, alpha z otherwise

    Parameters
    ----------
    alpha : number
        The slope for z <= 0.
    """

    alpha: Number = 0.01

    def value(self, z: Array) -> Array:
        return arrays.positive(z) + arrays.scalar(self.alpha, z) * arrays.negative(z)

    def slope(self, z: Array, y: Array) -> Array:
        return step(z > 0, z, self.alpha)


@dataclass(frozen=True, eq=False)
class PReLU(Activation):
    """f(z) = z for z > 0, alpha z otherwise, with learned alpha

    Parameters
    ----------
    alpha : Array
        The learned slope for z <= 0; broadcasts to one sample.
    """

    alpha: Array

    def __post_init__(self) -> None:
        object.__setattr__(self, "alpha", as_weight(self.alpha, "PReLU alpha"))

    def value(self, z: Array) -> Array:
        return arrays.positive(z) + self.alpha * arrays.negative(z)

    def slope(self, z: Array, y: Array) -> Array:
        return step(z > 0, z, np.broadcast_to(self.alpha, z.shape))

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        rows = zip(reversed(self.alpha.shape), reversed(shape))
        if self.alpha.ndim > len(shape) or any(a not in (1, n) and n is not None for a, n in rows):
            raise ShapeError(
                f"expected slopes that broadcast to {shape}, got alpha of shape {self.alpha.shape}; it has the last "
                "axes of a sample, or lengths of 1"
            )
        return shape


@dataclass(frozen=True, eq=False)
class ThresholdReLU(Activation):
    """f(z) = maximum for z >= maximum, z for threshold <= z < maximum, slope_below (z - threshold) below

    The `ReLU` layer of Keras with all of its arguments.

    Parameters
    ----------
    maximum : number or None
        The value at which f is cut; None: never.
    slope_below : number
        The slope below the threshold.
    threshold : number
        Where the slope changes.
    """

    maximum: Number | None = None
    slope_below: Number = 0.0
    threshold: Number = 0.0

    def value(self, z: Array) -> Array:
        threshold = arrays.scalar(self.threshold, z)
        y = np.where(z >= threshold, z, arrays.scalar(self.slope_below, z) * (z - threshold))
        return y if self.maximum is None else np.minimum(y, arrays.scalar(self.maximum, z))

    def slope(self, z: Array, y: Array) -> Array:
        above = z > arrays.scalar(self.threshold, z)
        slope = step(above, z, self.slope_below)
        return slope if self.maximum is None else slope * step(~above | (z < arrays.scalar(self.maximum, z)), z)
