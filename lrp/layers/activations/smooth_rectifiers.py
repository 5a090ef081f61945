"""Smooth rectifiers: close to max(z, 0) and without a kink: Softplus, Squareplus, SparsePlus.

Source: Bach et al. 2015, activation layers
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrp import arrays
from lrp.arrays import Array, Number
from lrp.layers.activations.activation import Activation
from lrp.layers.activations.transcendental import log1pexp, logistic, sqrt


@dataclass(frozen=True, eq=False)
class Softplus(Activation):
    """f(z) = log(1 + exp(z))"""

    def value(self, z: Array) -> Array:
        return log1pexp(z)

    def slope(self, z: Array, y: Array) -> Array:
        return logistic(z)


@dataclass(frozen=True, eq=False)
class Squareplus(Activation):
    """f(z) = (z + sqrt(z^2 + b)) / 2

    Parameters
    ----------
    b : number
        How round the kink is; 0 is the ReLU.
    """

    b: Number = 4.0

    def value(self, z: Array) -> Array:
        return np.asarray((z + sqrt(z * z + self.b)) / 2)

    def slope(self, z: Array, y: Array) -> Array:
        return np.asarray((1 + z / sqrt(z * z + self.b)) / 2)


@dataclass(frozen=True, eq=False)
class SparsePlus(Activation):
    """f(z) = 0 for z <= -1, (z + 1)^2 / 4 for -1 < z < 1, z for z >= 1"""

    def value(self, z: Array) -> Array:
        root = arrays.positive(z + 1)
        return np.where(z >= 1, z, root * root / arrays.scalar(4, z))

    def slope(self, z: Array, y: Array) -> Array:
        return np.minimum(arrays.positive(z + 1) / arrays.scalar(2, z), arrays.scalar(1, z))
