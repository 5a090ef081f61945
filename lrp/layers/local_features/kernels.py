"""Support vector machines as layers: what each dimension of a histogram or Fisher vector adds to the score.

    f(x) = b + sum_i alpha_i y_i K(x_i, x)

Each class has a column of coefficients alpha_i y_i. A kernel that is a sum over dimensions is divided exactly; the
others by a Taylor expansion at a root point (`lrp.layers.local_features.kernel_taylor`).
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import InputError, ShapeError
from lrp.layers.base import Layer, Shape, as_weight
from lrp.layers.dense import check_bias
from lrp.layers.rule_checks import is_proportional, linear_rule
from lrp.rules import LinearRule, Propagation, Rule, Sink, zero


@dataclass(frozen=True, eq=False)
class KernelMachine(Layer):
    """f_c(x) = b_c + sum_i a_ic K(x_i, x): support (S, V), coefficients a = alpha y (S, classes), bias (classes,)."""

    of_histograms: ClassVar[bool] = False  # whether support vectors and inputs must not have negative entries

    support: Array
    coefficients: Array
    bias: Array

    def __post_init__(self) -> None:
        name = type(self).__name__
        for key in ("support", "coefficients"):
            object.__setattr__(self, key, as_weight(getattr(self, key), f"{name} {key}"))
        if self.support.ndim != 2 or self.coefficients.ndim != 2 or len(self.support) != len(self.coefficients):
            raise ShapeError(
                f"{name}: expected support vectors (S, V) and coefficients (S, classes), got {self.support.shape} and "
                f"{self.coefficients.shape}"
            )
        object.__setattr__(self, "bias", check_bias(self.bias, self.coefficients.shape[1], name))
        if self.of_histograms:
            check_histogram(self.support, name)

    @abstractmethod
    def kernel(self, x: Array) -> Array:
        """K(x_i, x) for all support vectors: (n, V) -> (n, S)."""

    def compute(self, *xs: Array) -> Array:
        if self.of_histograms:
            check_histogram(xs[0], type(self).__name__)
        return np.asarray(self.kernel(xs[0]) @ self.coefficients + self.bias)

    def output_shape(self, *shapes: Shape) -> Shape:
        if shapes[0] != self.support.shape[1:]:
            raise ShapeError(f"expected vectors of shape {self.support.shape[1:]} per sample, got {shapes[0]}")
        return self.coefficients.shape[1:]


@dataclass(frozen=True, eq=False)
class SumKernel(KernelMachine):
    """A machine whose kernel is a sum over dimensions: K(u, v) = sum_d k_d(u_d, v_d).

        R_d = b/V + sum_i alpha_i y_i k_d(x_id, x_d)

    Source: Bach et al. 2015, sum-decomposable kernels

    for the relevance R = f(x); any other R is divided in the same proportions, by the rule zero or epsilon. Their
    option sink=spread (the default here, as in the formula) divides the bias over the V dimensions, sink=keep leaves it
    as bias; with bias=off f(x) - b is divided instead. Under rule zero R is dropped where f(x) = 0.
    """

    accepted: ClassVar[str] = "zero or epsilon"
    rules: ClassVar[tuple[type[Rule], ...]] = (LinearRule,)
    default_rule: ClassVar[Rule | None] = zero(sink="spread")

    @abstractmethod
    def terms(self, u: Array, v: Array) -> Array:
        """k_d(u_d, v_d), elementwise."""

    @abstractmethod
    def slope(self, u: Array, v: Array) -> Array:
        """The derivative of k_d with respect to v_d, elementwise; one of them where there are two."""

    def admits(self, rule: Rule) -> bool:
        return is_proportional(rule)

    def kernel(self, x: Array) -> Array:
        return np.stack([self.terms(self.support, one).sum(axis=1) for one in x])

    def propagate(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        rule = linear_rule(rule, self)
        (x,) = xs
        b = self.bias if rule.bias else arrays.zeros(self.bias.shape, self.bias)
        f = y if rule.bias else self.kernel(x) @ self.coefficients
        shift = rule.stabilizer.shift(f)
        defined = f + shift != 0
        s = arrays.divide_where(R, f + shift, defined)
        s_i = s @ self.coefficients.T  # (n, S): sum over the classes of s_c alpha_i y_i
        k = [self.terms(self.support, x_n) for x_n in x]  # (S, V) for each sample
        relevance = np.stack([weight @ terms for weight, terms in zip(s_i, k)])
        flows = np.stack([np.abs(weight) @ np.abs(terms) for weight, terms in zip(s_i, k)])
        to_bias, to_shift = s * b, s * shift
        dropped = np.where(defined, arrays.scalar(0, R), R)
        gross = sum(map(arrays.sum_abs, (to_bias, to_shift, dropped)), arrays.sum_abs(flows))
        if rule.sink is Sink.SPREAD:
            relevance = relevance + (to_bias + to_shift).sum(axis=1, keepdims=True) / self.support.shape[1]
            to_bias, to_shift = 0 * to_bias, 0 * to_shift
        bias, stabilizer, dropped = map(arrays.sum_per_sample, (to_bias, to_shift, dropped))
        return Propagation((relevance,), bias, stabilizer, dropped, gross)

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        by_support = g @ self.coefficients.T
        return (np.stack([weight @ self.slope(self.support, one) for one, weight in zip(xs[0], by_support)]),)


@dataclass(frozen=True, eq=False)
class LinearKernel(SumKernel):
    """k_d(u, v) = u v

    Parameters
    ----------
    support, coefficients, bias : Array
        The support vectors x_i (S, V), alpha_i y_i (S, classes) and b (classes,).
    """

    def terms(self, u: Array, v: Array) -> Array:
        return u * v

    def slope(self, u: Array, v: Array) -> Array:
        return u + arrays.zeros(v.shape, v)


@dataclass(frozen=True, eq=False)
class HistogramIntersection(SumKernel):
    """k_d(u, v) = min(u, v)

    Source: Bach et al. 2015, histogram intersection kernel

    Parameters
    ----------
    support, coefficients, bias : Array
        The support vectors x_i (S, V), alpha_i y_i (S, classes) and b (classes,).
    """

    def terms(self, u: Array, v: Array) -> Array:
        return np.minimum(u, v)

    def slope(self, u: Array, v: Array) -> Array:
        return np.where(v < u, arrays.scalar(1, v), arrays.scalar(0, v))


@dataclass(frozen=True, eq=False)
class ChiSquare(SumKernel):
    """k_d(u, v) = 2 u v / (u + v), 0 where u + v = 0; for u, v >= 0

    Source: Bach et al. 2015, chi-square kernel

    Parameters
    ----------
    support, coefficients, bias : Array
        The support vectors x_i (S, V), alpha_i y_i (S, classes) and b (classes,).
    """

    of_histograms: ClassVar[bool] = True

    def terms(self, u: Array, v: Array) -> Array:
        return arrays.divide_where(2 * u * v, u + v, u + v != 0)

    def slope(self, u: Array, v: Array) -> Array:
        ratio = arrays.divide_where(u + 0 * v, u + v, u + v != 0)
        return 2 * ratio * ratio


def check_histogram(x: Array, subject: str) -> None:
    """InputError unless every entry is at least 0."""
    if not (x >= 0).all():
        index = tuple(int(i) for i in np.argwhere(~(x >= 0))[0])
        raise InputError(f"{subject}: expected histograms with entries >= 0, got {x[index]} at index {index}")
