"""Elementwise activations: relevance passes unchanged; the pullback multiplies by the slope.

Source: Bach et al. 2015, activation layers
"""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from lrp import arrays
from lrp.arrays import Array, Number, transcendental
from lrp.errors import SettingError, ShapeError
from lrp.layers.base import Layer, Shape, as_weight
from lrp.rules import Identity, Rule, Taylor, engine
from lrp.rules.engine import Propagation


def _expit(z: Array) -> Array:
    from scipy import special  # loaded where needed: it takes longer than the rest of the package together

    return np.asarray(special.expit(z))


def _erf(z: Array) -> Array:
    from scipy import special

    return np.asarray(special.erf(z))


exp = transcendental(np.exp, "exp")
expm1 = transcendental(np.expm1, "expm1")
tanh = transcendental(np.tanh, "tanh")
logistic = transcendental(_expit, "sigmoid")
log1pexp = transcendental(lambda z: np.logaddexp(z, z.dtype.type(0)), "softplus")
erf = transcendental(_erf, "erf")


@dataclass(frozen=True, eq=False)
class Activation(Layer):
    """y = f(z) entry by entry. A subclass gives f and its slope."""

    @abstractmethod
    def value(self, z: Array) -> Array:
        """f(z)"""

    @abstractmethod
    def slope(self, z: Array, y: Array) -> Array:
        """f'(z); at a kink the slope on the left, as the frameworks have it (ReLU'(0) = 0)."""

    def compute(self, *xs: Array) -> Array:
        return self.value(xs[0])

    def distribute(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        return engine.all_to_inputs(R)

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        return (g * self.slope(xs[0], y),)

    def output_shape(self, *shapes: Shape) -> Shape:
        return shapes[0]


def step(condition: Array, z: Array, below: Any = 0) -> Array:
    """1 where the condition holds, `below` elsewhere, in the arithmetic of z."""
    return np.where(condition, arrays.scalar(1, z), below if isinstance(below, np.ndarray) else arrays.scalar(below, z))


@dataclass(frozen=True, eq=False)
class Linear(Activation):
    """f(z) = z"""

    def value(self, z: Array) -> Array:
        return z

    def slope(self, z: Array, y: Array) -> Array:
        return arrays.ones(z.shape, z)


@dataclass(frozen=True, eq=False)
class ReLU(Activation):
    """f(z) = max(z, 0), cut at `maximum` where one is given (ReLU6)"""

    maximum: Number | None = None

    def value(self, z: Array) -> Array:
        y = arrays.positive(z)
        return y if self.maximum is None else np.minimum(y, arrays.scalar(self.maximum, z))

    def slope(self, z: Array, y: Array) -> Array:
        inside = z > 0
        return step(inside if self.maximum is None else inside & (z < arrays.scalar(self.maximum, z)), z)


@dataclass(frozen=True, eq=False)
class LeakyReLU(Activation):
    """f(z) = z for z > 0, alpha z otherwise"""

    alpha: Number = 0.01

    def value(self, z: Array) -> Array:
        return arrays.positive(z) + arrays.scalar(self.alpha, z) * arrays.negative(z)

    def slope(self, z: Array, y: Array) -> Array:
        return step(z > 0, z, self.alpha)


@dataclass(frozen=True, eq=False)
class PReLU(Activation):
    """f(z) = z for z > 0, alpha z otherwise, alpha learned: an array that broadcasts to one sample"""

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
            raise ShapeError(f"expected slopes that broadcast to {shape}, got alpha of shape {self.alpha.shape}")
        return shape


@dataclass(frozen=True, eq=False)
class ELU(Activation):
    """f(z) = z for z > 0, alpha (exp(z) - 1) otherwise"""

    alpha: Number = 1.0

    def value(self, z: Array) -> Array:
        return arrays.positive(z) + arrays.scalar(self.alpha, z) * expm1(arrays.negative(z))

    def slope(self, z: Array, y: Array) -> Array:
        return np.where(z > 0, arrays.scalar(1, z), arrays.scalar(self.alpha, z) * exp(arrays.negative(z)))


@dataclass(frozen=True, eq=False)
class Tanh(Activation):
    """f(z) = tanh(z)"""

    def value(self, z: Array) -> Array:
        return tanh(z)

    def slope(self, z: Array, y: Array) -> Array:
        return 1 - y * y


@dataclass(frozen=True, eq=False)
class Sigmoid(Activation):
    """f(z) = 1 / (1 + exp(-z))"""

    def value(self, z: Array) -> Array:
        return logistic(z)

    def slope(self, z: Array, y: Array) -> Array:
        return y * (1 - y)


@dataclass(frozen=True, eq=False)
class Softplus(Activation):
    """f(z) = log(1 + exp(z))"""

    def value(self, z: Array) -> Array:
        return log1pexp(z)

    def slope(self, z: Array, y: Array) -> Array:
        return logistic(z)


@dataclass(frozen=True, eq=False)
class SiLU(Activation):
    """f(z) = z / (1 + exp(-z))"""

    def value(self, z: Array) -> Array:
        return z * logistic(z)

    def slope(self, z: Array, y: Array) -> Array:
        p = logistic(z)
        return p + z * p * (1 - p)


@dataclass(frozen=True, eq=False)
class GELU(Activation):
    """f(z) = z Phi(z), Phi the normal distribution; `approximate`: z/2 (1 + tanh(sqrt(2/pi) (z + 0.044715 z^3)))

    single: sqrt(2) and 0.044715 rounded to single precision, as TensorFlow has them in any arithmetic.
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


def softmax_relevance(R: Array, z: Array, s: Array, axis: int = -1) -> Array:
    """R_i = z_i (R_i - s_i sum_j R_j), for s = softmax(z) along the axis

    Source: Achtibat et al. 2024, softmax rule
    """
    return np.asarray(z * (R - s * R.sum(axis=axis, keepdims=True)))


@dataclass(frozen=True, eq=False)
class Softmax(Layer):
    """y_c = exp(z_c) / sum_c' exp(z_c'), over one axis (of the array with the samples first)

    At the end of a network the backward pass starts at the logits and passes the softmax over. Elsewhere a composite
    must say what happens: `taylor`, or `identity`, which passes relevance unchanged.
    """

    rules: ClassVar[tuple[type[Rule], ...]] = (Identity, Taylor)
    default_rule = None

    axis: int = -1

    def __post_init__(self) -> None:
        if self.axis == 0:
            raise SettingError("Softmax: expected an axis of the sample, got 0, the axis of the samples")

    def compute(self, *xs: Array) -> Array:
        z = xs[0]
        e = exp(z - z.max(axis=self.axis, keepdims=True))
        return np.asarray(e / e.sum(axis=self.axis, keepdims=True))

    def distribute(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        if isinstance(rule, Taylor):
            return engine.difference_as_dropped(R, softmax_relevance(R, xs[0], y, self.axis))
        return engine.all_to_inputs(R)

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        return (y * (g - (g * y).sum(axis=self.axis, keepdims=True)),)

    def output_shape(self, *shapes: Shape) -> Shape:
        return shapes[0]
