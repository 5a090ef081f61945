"""The less common elementwise activations; relevance passes them unchanged, as every activation.

Source: Bach et al. 2015, activation layers
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lrp import arrays
from lrp.arrays import Array, Number, transcendental
from lrp.layers.activations.common import Activation, exp, expm1, log1pexp, logistic, step, tanh

sqrt = transcendental(np.sqrt, "sqrt")
SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805


@dataclass(frozen=True, eq=False)
class Softsign(Activation):
    """f(z) = z / (1 + |z|)"""

    def value(self, z: Array) -> Array:
        return np.asarray(z / (1 + np.abs(z)))

    def slope(self, z: Array, y: Array) -> Array:
        root = 1 + np.abs(z)
        return np.asarray(1 / (root * root))


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
    """f(z) = z for z > 0, alpha (exp(z / alpha) - 1) otherwise"""

    alpha: Number = 1.0

    def value(self, z: Array) -> Array:
        alpha = arrays.scalar(self.alpha, z)
        return np.asarray(arrays.positive(z) + alpha * expm1(arrays.negative(z) / alpha))

    def slope(self, z: Array, y: Array) -> Array:
        return np.where(z > 0, arrays.scalar(1, z), exp(arrays.negative(z) / arrays.scalar(self.alpha, z)))


@dataclass(frozen=True, eq=False)
class Exponential(Activation):
    """f(z) = exp(z)"""

    def value(self, z: Array) -> Array:
        return exp(z)

    def slope(self, z: Array, y: Array) -> Array:
        return y


@dataclass(frozen=True, eq=False)
class HardSigmoid(Activation):
    """f(z) = min(max(factor z + 1/2, 0), 1)

    factor 1/5 in older Keras and Theano, 1/6 in Keras 3 and torch: (z + 3) / 6 cut at 0 and 1.
    """

    factor: Number = 0.2

    def value(self, z: Array) -> Array:
        inside = arrays.scalar(self.factor, z) * z + arrays.scalar(0.5, z)
        return np.asarray(np.minimum(arrays.positive(inside), arrays.scalar(1, z)))

    def slope(self, z: Array, y: Array) -> Array:
        return arrays.scalar(self.factor, z) * step((y > 0) & (y < 1), z)


@dataclass(frozen=True, eq=False)
class HardSiLU(Activation):
    """f(z) = z min(max(z + 3, 0), 6) / 6"""

    def value(self, z: Array) -> Array:
        return np.asarray(z * np.minimum(arrays.positive(z + 3), arrays.scalar(6, z)) / arrays.scalar(6, z))

    def slope(self, z: Array, y: Array) -> Array:
        inside = (2 * z + 3) / arrays.scalar(6, z)
        return np.where(z >= 3, arrays.scalar(1, z), step(z > -3, z) * inside)


@dataclass(frozen=True, eq=False)
class HardTanh(Activation):
    """f(z) = min(max(z, low), high)"""

    low: Number = -1.0
    high: Number = 1.0

    def value(self, z: Array) -> Array:
        return np.asarray(np.minimum(np.maximum(z, arrays.scalar(self.low, z)), arrays.scalar(self.high, z)))

    def slope(self, z: Array, y: Array) -> Array:
        return step((z > arrays.scalar(self.low, z)) & (z < arrays.scalar(self.high, z)), z)


@dataclass(frozen=True, eq=False)
class ThresholdReLU(Activation):
    """f(z) = maximum for z >= maximum, z for threshold <= z < maximum, slope_below (z - threshold) below

    The `ReLU` layer of Keras with all of its arguments; maximum None: never cut.
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


@dataclass(frozen=True, eq=False)
class Threshold(Activation):
    """f(z) = z for z > threshold, `otherwise` below"""

    threshold: Number = 0.0
    otherwise: Number = 0.0

    def value(self, z: Array) -> Array:
        return np.where(z > arrays.scalar(self.threshold, z), z, arrays.scalar(self.otherwise, z))

    def slope(self, z: Array, y: Array) -> Array:
        return step(z > arrays.scalar(self.threshold, z), z)


@dataclass(frozen=True, eq=False)
class HardShrink(Activation):
    """f(z) = z for |z| > threshold, 0 otherwise"""

    threshold: Number = 0.5

    def value(self, z: Array) -> Array:
        return z * step(np.abs(z) > arrays.scalar(self.threshold, z), z)

    def slope(self, z: Array, y: Array) -> Array:
        return step(np.abs(z) > arrays.scalar(self.threshold, z), z)


@dataclass(frozen=True, eq=False)
class SoftShrink(Activation):
    """f(z) = z - threshold for z > threshold, z + threshold for z < -threshold, 0 between"""

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


@dataclass(frozen=True, eq=False)
class Mish(Activation):
    """f(z) = z tanh(log(1 + exp(z)))"""

    def value(self, z: Array) -> Array:
        return np.asarray(z * tanh(log1pexp(z)))

    def slope(self, z: Array, y: Array) -> Array:
        t = tanh(log1pexp(z))
        return np.asarray(t + z * (1 - t * t) * logistic(z))


@dataclass(frozen=True, eq=False)
class LogSigmoid(Activation):
    """f(z) = -log(1 + exp(-z))"""

    def value(self, z: Array) -> Array:
        return np.asarray(-log1pexp(-z))

    def slope(self, z: Array, y: Array) -> Array:
        return logistic(-z)


@dataclass(frozen=True, eq=False)
class Squareplus(Activation):
    """f(z) = (z + sqrt(z^2 + b)) / 2"""

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


@dataclass(frozen=True, eq=False)
class Power(Activation):
    """f(z) = (shift + scale z)^power"""

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
