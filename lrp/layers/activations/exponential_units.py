"""Exponential linear units: linear above 0, an exponential below: ELU, SELU, CELU.

Source: Bach et al. 2015, activation layers
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrp import arrays
from lrp.arrays import Array, Number
from lrp.layers.activations.activation import Activation
from lrp.layers.activations.transcendental import exp, expm1


@dataclass(frozen=True, eq=False)
class ELU(Activation):
    """f(z) = z for z > 0, alpha (exp(z) - 1) otherwise

    Parameters
    ----------
    alpha : number
        The negated limit of f for z -> -infinity.
    """

    alpha: Number = 1.0

    def value(self, z: Array) -> Array:
        return arrays.positive(z) + arrays.scalar(self.alpha, z) * expm1(arrays.negative(z))

    def slope(self, z: Array, y: Array) -> Array:
        return np.where(z > 0, arrays.scalar(1, z), arrays.scalar(self.alpha, z) * exp(arrays.negative(z)))


SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805


@dataclass(frozen=True, eq=False)
class SELU(Activation):
    """f(z) = 1.0507 (z for z > 0, 1.6733 (exp(z) - 1) otherwise), the constants to double precision"""

    def value(self, z: Array) -> Array:
        scale, alpha = arrays.scalar(SELU_SCALE, z), arrays.scalar(SELU_SCALE * SELU_ALPHA, z)
        return np.asarray(scale * arrays.positive(z) + alpha * expm1(arrays.negative(z)))

    def slope(self, z: Array, y: Array) -> Array:
        alpha = arrays.scalar(SELU_SCALE * SELU_ALPHA, z)
        return np.where(z > 0, arrays.scalar(SELU_SCALE, z), alpha * exp(arrays.negative(z)))


@dataclass(frozen=True, eq=False)
class CELU(Activation):
    """f(z) = z for z > 0, alpha (exp(z / alpha) - 1) otherwise

    Parameters
    ----------
    alpha : number
        The negated limit of f for z -> -infinity; not 0.
    """

    alpha: Number = 1.0

    def value(self, z: Array) -> Array:
        alpha = arrays.scalar(self.alpha, z)
        return np.asarray(arrays.positive(z) + alpha * expm1(arrays.negative(z) / alpha))

    def slope(self, z: Array, y: Array) -> Array:
        return np.where(z > 0, arrays.scalar(1, z), exp(arrays.negative(z) / arrays.scalar(self.alpha, z)))
