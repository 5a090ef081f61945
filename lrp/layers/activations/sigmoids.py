"""Functions with the shape of an S: Sigmoid, LogSigmoid, HardSigmoid, Tanh, HardTanh, Softsign.

Source: Bach et al. 2015, activation layers
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrp import arrays
from lrp.arrays import Array, Number
from lrp.layers.activations.activation import Activation, step
from lrp.layers.activations.transcendental import log1pexp, logistic, tanh


@dataclass(frozen=True, eq=False)
class Sigmoid(Activation):
    """f(z) = 1 / (1 + exp(-z))"""

    def value(self, z: Array) -> Array:
        return logistic(z)

    def slope(self, z: Array, y: Array) -> Array:
        return y * (1 - y)


@dataclass(frozen=True, eq=False)
class LogSigmoid(Activation):
    """f(z) = -log(1 + exp(-z))"""

    def value(self, z: Array) -> Array:
        return np.asarray(-log1pexp(-z))

    def slope(self, z: Array, y: Array) -> Array:
        return logistic(-z)


@dataclass(frozen=True, eq=False)
class HardSigmoid(Activation):
    """f(z) = min(max(factor z + 1/2, 0), 1)

    Parameters
    ----------
    factor : number
        The slope at 0: 1/5 in older Keras and Theano, 1/6 in Keras 3 and torch.
    """

    factor: Number = 0.2

    def value(self, z: Array) -> Array:
        inside = arrays.scalar(self.factor, z) * z + arrays.scalar(0.5, z)
        return np.asarray(np.minimum(arrays.positive(inside), arrays.scalar(1, z)))

    def slope(self, z: Array, y: Array) -> Array:
        return arrays.scalar(self.factor, z) * step((y > 0) & (y < 1), z)


@dataclass(frozen=True, eq=False)
class Tanh(Activation):
    """f(z) = tanh(z)"""

    def value(self, z: Array) -> Array:
        return tanh(z)

    def slope(self, z: Array, y: Array) -> Array:
        return 1 - y * y


@dataclass(frozen=True, eq=False)
class HardTanh(Activation):
    """f(z) = min(max(z, low), high)

    Parameters
    ----------
    low, high : number
        The smallest and the largest value.
    """

    low: Number = -1.0
    high: Number = 1.0

    def value(self, z: Array) -> Array:
        return np.asarray(np.minimum(np.maximum(z, arrays.scalar(self.low, z)), arrays.scalar(self.high, z)))

    def slope(self, z: Array, y: Array) -> Array:
        return step((z > arrays.scalar(self.low, z)) & (z < arrays.scalar(self.high, z)), z)


@dataclass(frozen=True, eq=False)
class Softsign(Activation):
    """f(z) = z / (1 + |z|)"""

    def value(self, z: Array) -> Array:
        return np.asarray(z / (1 + np.abs(z)))

    def slope(self, z: Array, y: Array) -> Array:
        root = 1 + np.abs(z)
        return np.asarray(1 / (root * root))
