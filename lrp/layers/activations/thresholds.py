"""Functions that set small entries to 0 or move them towards it: Threshold, HardShrink, SoftShrink, TanhShrink.

Source: Bach et al. 2015, activation layers
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrp import arrays
from lrp.arrays import Array, Number
from lrp.layers.activations.activation import Activation, step
from lrp.layers.activations.transcendental import tanh


@dataclass(frozen=True, eq=False)
class Threshold(Activation):
    """f(z) = z for z > threshold, `otherwise` below

    Parameters
    ----------
    threshold : number
        Entries above it are kept.
    otherwise : number
        The value of all others.
    """

    threshold: Number = 0.0
    otherwise: Number = 0.0

    def value(self, z: Array) -> Array:
        return np.where(z > arrays.scalar(self.threshold, z), z, arrays.scalar(self.otherwise, z))

    def slope(self, z: Array, y: Array) -> Array:
        return step(z > arrays.scalar(self.threshold, z), z)


@dataclass(frozen=True, eq=False)
class HardShrink(Activation):
    """f(z) = z for |z| > threshold, 0 otherwise

    Parameters
    ----------
    threshold : number
        Entries of at most this absolute value become 0.
    """

    threshold: Number = 0.5

    def value(self, z: Array) -> Array:
        return z * step(np.abs(z) > arrays.scalar(self.threshold, z), z)

    def slope(self, z: Array, y: Array) -> Array:
        return step(np.abs(z) > arrays.scalar(self.threshold, z), z)


@dataclass(frozen=True, eq=False)
class SoftShrink(Activation):
    """f(z) = z - threshold for z > threshold, z + threshold for z < -threshold, 0 between

    Parameters
    ----------
    threshold : number
        How far entries are moved towards 0.
    """

    threshold: Number = 0.5

    def value(self, z: Array) -> Array:
        threshold = arrays.scalar(self.threshold, z)
        return arrays.positive(z - threshold) + arrays.negative(z + threshold)

    def slope(self, z: Array, y: Array) -> Array:
        return step(np.abs(z) > arrays.scalar(self.threshold, z), z)


@dataclass(frozen=True, eq=False)
class TanhShrink(Activation):
    """f(z) = z - tanh(z)"""

    def value(self, z: Array) -> Array:
        return np.asarray(z - tanh(z))

    def slope(self, z: Array, y: Array) -> Array:
        t = z - y
        return np.asarray(t * t)
