"""Masks: which steps of a sequence count. A mask is 0 or 1 for each step and receives no relevance."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from lrp import arrays
from lrp.arrays import Array, Number
from lrp.errors import ShapeError
from lrp.layers.base import Layer, Shape
from lrp.layers.rule_checks import linear_rule
from lrp.rules import LinearRule, Propagation, Rule, distribute, with_dropped


@dataclass(frozen=True, eq=False)
class StepMask(Layer):
    """The base of the layers that make a mask: locally constant, so inputs receive neither relevance nor gradient."""

    @abstractmethod
    def counts(self, *xs: Array) -> Array:
        """Where a step counts, as booleans."""

    def compute(self, *xs: Array) -> Array:
        counts = self.counts(*xs)
        like = xs[-1] if xs[-1].dtype.kind in "fO" else np.zeros(0)
        return np.where(counts, arrays.scalar(1, like), arrays.scalar(0, like))

    def propagate(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        return with_dropped(R, *self.pullback(R, xs, y))

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        return tuple(arrays.zeros(x.shape, g) for x in xs)


@dataclass(frozen=True, eq=False)
class TokenMask(StepMask):
    """1 where a token differs from `blank`: (n, t) -> (n, t)

    Parameters
    ----------
    blank : number
        The token of a masked step.
    """

    blank: Number = 0

    def counts(self, *xs: Array) -> Array:
        return xs[0] != self.blank

    def output_shape(self, *shapes: Shape) -> Shape:
        return shapes[0]


@dataclass(frozen=True, eq=False)
class FeatureMask(StepMask):
    """1 where a step's vector has an entry other than `blank`: (n, t, d) -> (n, t)

    Parameters
    ----------
    blank : number
        The number that fills the vector of a masked step.
    """

    blank: Number = 0

    def counts(self, *xs: Array) -> Array:
        return (xs[0] != arrays.scalar(self.blank, xs[0])).any(axis=-1)

    def output_shape(self, *shapes: Shape) -> Shape:
        if len(shapes[0]) < 2:
            raise ShapeError(f"FeatureMask: expected steps and features, got {shapes[0]} per sample")
        return shapes[0][:-1]


@dataclass(frozen=True, eq=False)
class Masking(Layer):
    """y_t = x_t m_t: masked steps become 0. Inputs: x (n, t, ...) and the mask (n, t).

    Relevance goes to x where the mask is 1; that of masked steps is dropped.
    """

    def compute(self, *xs: Array) -> Array:
        return xs[0] * spread_mask(xs[1], xs[0])

    def propagate(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        kept, mask = self.pullback(R, xs, y)
        return with_dropped(R - kept, kept, mask)

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        return g * spread_mask(xs[1], xs[0]), arrays.zeros(xs[1].shape, g)

    def output_shape(self, *shapes: Shape) -> Shape:
        return masked_shape(shapes, "Masking")


@dataclass(frozen=True)
class MaskedSum:
    """z = weight * sum_t m_t x_t / sum_t m_t: the linear map of the masked mean; the weight is one number."""

    weight: Array
    mask: Array
    bias: None = None

    def apply(self, weight: Array, x: Array) -> Array:
        """(n, t, d) -> (n, d)"""
        return np.asarray(weight * (x * self.mask).sum(axis=1))

    def adjoint(self, weight: Array, s: Array, shape: tuple[int, ...]) -> Array:
        """(n, d) -> (n, t, d)"""
        return np.asarray(weight * s[:, None] * self.mask)


@dataclass(frozen=True, eq=False)
class MaskedMean(Layer):
    """z = sum_t m_t x_t / sum_t m_t: the mean over the steps that count. Inputs: x (n, t, d), mask (n, t) -> (n, d).

    The mean is 0 if no step counts. Takes any table rule on this linear map; flat and w_square read every weight of the
    mean as 1/N, N the number of steps that count.
    """

    rules: ClassVar[tuple[type[Rule], ...]] = (LinearRule,)
    default_rule: ClassVar[Rule | None] = None

    def linear(self, xs: tuple[Array, ...]) -> MaskedSum:
        """The linear map on x, with the weight m_t / sum_t m_t of each step."""
        mask = spread_mask(xs[1], xs[0])
        count = mask.sum(axis=1, keepdims=True)
        weights = arrays.divide_where(mask, np.broadcast_to(count, mask.shape), np.broadcast_to(count != 0, mask.shape))
        return MaskedSum(arrays.ones((), xs[0]), weights)

    def compute(self, *xs: Array) -> Array:
        linear = self.linear(xs)
        return linear.apply(linear.weight, xs[0])

    def propagate(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        divided = distribute(linear_rule(rule, self), self.linear(xs), xs[0], y, R)
        return replace(divided, parts=(*divided.parts, arrays.zeros(xs[1].shape, R)))

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        linear = self.linear(xs)
        return linear.adjoint(linear.weight, g, xs[0].shape), arrays.zeros(xs[1].shape, g)

    def output_shape(self, *shapes: Shape) -> Shape:
        shape = masked_shape(shapes, "MaskedMean")
        if len(shape) != 2:
            raise ShapeError(f"MaskedMean: expected steps and features, got {shape} per sample")
        return shape[1:]


def spread_mask(mask: Array, x: Array) -> Array:
    """0 and 1 with the axes of x, 1 wherever the mask is not 0: (n, t) -> (n, t, 1, ...)"""
    present = np.where(mask != 0, arrays.scalar(1, x), arrays.scalar(0, x))
    return present.reshape(*mask.shape, *(1,) * (x.ndim - mask.ndim))


def masked_shape(shapes: tuple[Shape, ...], name: str) -> Shape:
    """The shape of x, if the mask is one number for each of its steps."""
    shape, mask = shapes
    if len(mask) != 1 or len(shape) < 1 or (None not in (mask[0], shape[0]) and mask[0] != shape[0]):
        raise ShapeError(f"{name}: expected a mask of one number per step of {shape}, got {mask} per sample")
    return shape
