"""Functions known by their own name: the identity, |z|, powers, exp, log, erf.

Source: Bach et al. 2015, activation layers
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lrp import arrays
from lrp.arrays import Array, Number, transcendental
from lrp.errors import InputError
from lrp.layers.activations.activation import Activation, step
from lrp.layers.activations.transcendental import erf, exp, log


@dataclass(frozen=True, eq=False)
class Linear(Activation):
    """f(z) = z"""

    def value(self, z: Array) -> Array:
        return z

    def slope(self, z: Array, y: Array) -> Array:
        return arrays.ones(z.shape, z)


@dataclass(frozen=True, eq=False)
class Abs(Activation):
    """f(z) = |z|, with slope 0 at 0"""

    def value(self, z: Array) -> Array:
        return np.abs(z)

    def slope(self, z: Array, y: Array) -> Array:
        return step(z > 0, z) - step(z < 0, z)


@dataclass(frozen=True, eq=False)
class Exponential(Activation):
    """f(z) = exp(z)"""

    def value(self, z: Array) -> Array:
        return exp(z)

    def slope(self, z: Array, y: Array) -> Array:
        return y


@dataclass(frozen=True, eq=False)
class Power(Activation):
    """f(z) = (shift + scale z)^power

    Parameters
    ----------
    power, scale, shift : number
        Of the formula; a power that is not a whole number >= 0 needs floating-point numbers.
    """

    power: Number = 1.0
    scale: Number = 1.0
    shift: Number = 0.0

    def value(self, z: Array) -> Array:
        return self._raised(z, float(self.power))

    def slope(self, z: Array, y: Array) -> Array:
        return np.asarray(self._raised(z, float(self.power) - 1) * arrays.scalar(self.power, z) * self.scale)

    def _raised(self, z: Array, power: float) -> Array:
        inner = arrays.scalar(self.shift, z) + arrays.scalar(self.scale, z) * z
        if power == math.floor(power) and power >= 0:
            return np.asarray(inner ** int(power))
        return transcendental(lambda base: base ** base.dtype.type(power), "power")(inner)


@dataclass(frozen=True, eq=False)
class Log(Activation):
    """f(z) = log(z), for z > 0 alone"""

    def value(self, z: Array) -> Array:
        if not (z > 0).all():
            raise InputError("Log: expected numbers above 0, got one that is not; no relevance can be computed from it")
        return log(z)

    def slope(self, z: Array, y: Array) -> Array:
        return np.asarray(arrays.ones(z.shape, z) / z)


@dataclass(frozen=True, eq=False)
class Erf(Activation):
    """f(z) = 2/sqrt(pi) integral from 0 to z of exp(-t^2) dt"""

    def value(self, z: Array) -> Array:
        return erf(z)

    def slope(self, z: Array, y: Array) -> Array:
        return np.asarray(exp(-z * z) * z.dtype.type(2 / math.sqrt(math.pi)))
