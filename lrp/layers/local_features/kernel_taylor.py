"""Support vector machines whose kernel is not a sum over dimensions: a Taylor expansion at a root point."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lrp import arrays
from lrp.arrays import Array, transcendental
from lrp.errors import SettingError
from lrp.layers.local_features.kernels import KernelMachine
from lrp.layers.rule_checks import counts_bias, is_proportional, keeps_losses, linear_rule
from lrp.rules import LinearRule, Propagation, Rule, zero

BISECTIONS = 60  # halvings of the segment: the root is exact to the last bits


@dataclass(frozen=True, eq=False)
class TaylorKernel(KernelMachine):
    """A machine with a differentiable kernel exp(-gamma dist(x_i, x)).

        R_d = (x - x0)_d sum_i alpha_i y_i dK(x_i, .)/dx_d (x0),   f(x0) = 0

    Source: Bach et al. 2015, Taylor-type decomposition

    x0 lies where f changes its sign on the segment from x to the nearest support vector with a score of the other sign.
    Only a first-order expansion: the rest, f(x) - sum_d R_d, is counted as dropped; so is all relevance if no support
    vector has the other sign. R other than f(x) is divided in the same proportions.

    Parameters
    ----------
    support, coefficients, bias : Array
        The support vectors x_i (S, V), alpha_i y_i (S, classes) and b (classes,).
    gamma : float
        The positive factor of the distance.
    """

    accepted: ClassVar[str] = "zero or epsilon, with sink=keep and the bias on"
    rules: ClassVar[tuple[type[Rule], ...]] = (LinearRule,)
    default_rule: ClassVar[Rule | None] = zero()

    gamma: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.gamma > 0:
            raise SettingError(f"{type(self).__name__}: expected gamma > 0, got {self.gamma}")

    @abstractmethod
    def distance(self, u: Array, v: Array) -> Array:
        """The distance between histograms, without gamma: (S, V), (V,) -> (S,)."""

    @abstractmethod
    def slope(self, u: Array, v: Array) -> Array:
        """The gradient of the distance with respect to v: (S, V), (V,) -> (S, V)."""

    def admits(self, rule: Rule) -> bool:
        return is_proportional(rule) and keeps_losses(rule) and counts_bias(rule)

    def kernel(self, x: Array) -> Array:
        exp = transcendental(np.exp, type(self).__name__)
        return np.stack([exp(-x.dtype.type(self.gamma) * self.distance(self.support, one)) for one in x])

    def gradient(self, x: Array, weight: Array) -> Array:
        """The gradient of sum_i weight_i K(x_i, x) at one x (V,); weight (S,)."""
        return np.asarray(-self.gamma * ((weight * self.kernel(x[None])[0]) @ self.slope(self.support, x)))

    def root(self, x: Array, score: int) -> Array | None:
        """The root point of one x (V,) for one class, or None."""

        def f(point: Array) -> float:
            return float(self.compute(point[None])[0, score])

        sign = 1 if f(x) >= 0 else -1
        others = self.support[sign * self.compute(self.support)[:, score] < 0]
        if not len(others):
            return None
        far = others[((others - x) ** 2).sum(axis=1).argmin()]
        inside, outside = 0.0, 1.0
        for _ in range(BISECTIONS):
            middle = 0.5 * (inside + outside)
            if sign * f(x + middle * (far - x)) >= 0:
                inside = middle
            else:
                outside = middle
        return np.asarray(x + inside * (far - x))

    def propagate(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        stabilizer = linear_rule(rule, self).stabilizer
        (x,) = xs
        shift = stabilizer.shift(y)
        s = arrays.divide_where(R, y + shift, y + shift != 0)
        relevance = arrays.zeros(x.shape, x)
        explained = arrays.zeros(R.shape, R)
        for n, c in np.argwhere(s != 0):
            root = self.root(x[n], c)
            if root is not None:
                part = s[n, c] * (x[n] - root) * self.gradient(root, self.coefficients[:, c])
                relevance[n] += part
                explained[n, c] = part.sum()
        to_shift = s * shift
        dropped = R - explained - to_shift
        nothing = arrays.zeros((len(R),), arrays.sum_per_sample(R))
        gross = arrays.sum_abs(to_shift) + arrays.sum_abs(dropped) + arrays.sum_abs(explained)
        return Propagation(
            (relevance,), nothing, arrays.sum_per_sample(to_shift), arrays.sum_per_sample(dropped), gross
        )

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        by_support = g @ self.coefficients.T
        return (np.stack([self.gradient(one, weight) for one, weight in zip(xs[0], by_support)]).astype(g.dtype),)


@dataclass(frozen=True, eq=False)
class RBF(TaylorKernel):
    """K(u, v) = exp(-gamma sum_d (u_d - v_d)^2)

    Source: Bach et al. 2015, Gaussian kernel

    Parameters
    ----------
    support, coefficients, bias : Array
        The support vectors x_i (S, V), alpha_i y_i (S, classes) and b (classes,).
    gamma : float
        The positive factor of the squared distance.
    """

    def distance(self, u: Array, v: Array) -> Array:
        return np.asarray(((u - v) ** 2).sum(axis=1))

    def slope(self, u: Array, v: Array) -> Array:
        return 2 * (v - u)


@dataclass(frozen=True, eq=False)
class ExponentialChiSquare(TaylorKernel):
    """K(u, v) = exp(-gamma sum_d (u_d - v_d)^2 / (u_d + v_d)), 0/0 = 0; for u, v >= 0

    Source: Bach et al. 2015, exponential chi-square kernel

    Parameters
    ----------
    support, coefficients, bias : Array
        The support vectors x_i (S, V), alpha_i y_i (S, classes) and b (classes,).
    gamma : float
        The positive factor of the distance.
    """

    of_histograms: ClassVar[bool] = True

    def distance(self, u: Array, v: Array) -> Array:
        return np.asarray(arrays.divide_where((u - v) ** 2, u + v, u + v != 0).sum(axis=1))

    def slope(self, u: Array, v: Array) -> Array:
        return arrays.divide_where((v - u) * (3 * u + v), (u + v) ** 2, u + v != 0)
