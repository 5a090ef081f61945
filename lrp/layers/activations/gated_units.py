"""Products z gate(z) of the input and a function with the shape of an S: SiLU, HardSiLU, GELU, Mish.

Source: Bach et al. 2015, activation layers
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.layers.activations.activation import Activation, step
from lrp.layers.activations.transcendental import erf, exp, log1pexp, logistic, tanh


@dataclass(frozen=True, eq=False)
class SiLU(Activation):
    """f(z) = z / (1 + exp(-z))"""

    def value(self, z: Array) -> Array:
        return z * logistic(z)

    def slope(self, z: Array, y: Array) -> Array:
        p = logistic(z)
        return p + z * p * (1 - p)


@dataclass(frozen=True, eq=False)
class HardSiLU(Activation):
    """f(z) = z min(max(z + 3, 0), 6) / 6"""

    def value(self, z: Array) -> Array:
        return np.asarray(z * np.minimum(arrays.positive(z + 3), arrays.scalar(6, z)) / arrays.scalar(6, z))

    def slope(self, z: Array, y: Array) -> Array:
        inside = (2 * z + 3) / arrays.scalar(6, z)
        return np.where(z >= 3, arrays.scalar(1, z), step(z > -3, z) * inside)


@dataclass(frozen=True, eq=False)
class GELU(Activation):
    """f(z) = z Phi(z), Phi the normal distribution; `approximate`: z/2 (1 + tanh(sqrt(2/pi) (z + 0.044715 z^3)))

    Parameters
    ----------
    approximate : bool
        Whether Phi is approximated by tanh.
    single : bool
        Whether sqrt(2) and 0.044715 are rounded to single precision, as TensorFlow has them in any arithmetic.
    """

    approximate: bool = False
    single: bool = False

    def value(self, z: Array) -> Array:
        return z * self._gate(z)

    def slope(self, z: Array, y: Array) -> Array:
        if self.approximate:
            t = 2 * self._gate(z) - 1
            inner = math.sqrt(2 / math.pi) * (1 + 3 * self._number(0.044715) * z * z)
            return 0.5 * (1 + t) + 0.5 * z * (1 - t * t) * inner
        root = self._number(math.sqrt(2))
        return self._gate(z) + z * exp(-(z * z) / (root * root)) * (1 / (math.sqrt(math.pi) * root))

    def _number(self, value: float) -> float:
        return float(np.float32(value)) if self.single else value

    def _gate(self, z: Array) -> Array:
        if self.approximate:
            return 0.5 * (1 + tanh(math.sqrt(2 / math.pi) * (z + self._number(0.044715) * z * z * z)))
        return 0.5 * (1 + erf(z * (1 / self._number(math.sqrt(2)))))


@dataclass(frozen=True, eq=False)
class Mish(Activation):
    """f(z) = z tanh(log(1 + exp(z)))"""

    def value(self, z: Array) -> Array:
        return np.asarray(z * tanh(log1pexp(z)))

    def slope(self, z: Array, y: Array) -> Array:
        t = tanh(log1pexp(z))
        return np.asarray(t + z * (1 - t * t) * logistic(z))
