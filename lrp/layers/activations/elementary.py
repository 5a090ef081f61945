"""Absolute value, logarithm and error function as activations; relevance passes them unchanged, as every activation.

Source: Bach et al. 2015, activation layers
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lrp import arrays
from lrp.arrays import Array, transcendental
from lrp.errors import InputError
from lrp.layers.activations.common import Activation, erf, exp, step

log = transcendental(np.log, "log")


@dataclass(frozen=True, eq=False)
class Abs(Activation):
    """f(z) = |z|, with slope 0 at 0"""

    def value(self, z: Array) -> Array:
        return np.abs(z)

    def slope(self, z: Array, y: Array) -> Array:
        return step(z > 0, z) - step(z < 0, z)


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
