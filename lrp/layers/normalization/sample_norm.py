"""The base of the normalisations by statistics of the sample itself.

The statistics are functions of the input. Relevance treats the scale 1/std as a constant (Achtibat et al. 2024), the
pullback does not: it is the derivative of the layer as it is.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from lrp import arrays
from lrp.arrays import Array, Number
from lrp.layers.activations import sqrt
from lrp.layers.base import Layer, Shape
from lrp.layers.rule_checks import is_proportional, keeps_losses, linear_rule
from lrp.rules import Identity, LinearRule, Propagation, Rule, all_to_inputs, distribute, epsilon


@dataclass(frozen=True)
class Centred:
    """z = (x - mean of x over its set) * scale * weight + bias, with the scale held fixed.

    blocks: x (n, ..., set) with the entries of one set on the last axes; this is a linear map of x.
    """

    weight: Array
    bias: Array | None
    scale: Array
    axes: tuple[int, ...]
    centre: bool

    def apply(self, weight: Array, x: Any) -> Array:
        """The linear part, for rules that read the weight as it is."""
        return np.asarray((x - x.mean(axis=self.axes, keepdims=True) if self.centre else x) * self.scale * weight)

    def adjoint(self, weight: Array, s: Array, shape: tuple[int, ...]) -> Array:
        """Its transpose: centring is its own."""
        g = s * weight * self.scale
        return np.asarray(g - g.mean(axis=self.axes, keepdims=True) if self.centre else g)


@dataclass(frozen=True, eq=False)
class SampleNorm(Layer):
    """The base: x is cut into sets (blocks()); each set is centred and divided by its spread, then gamma and beta.

        y = gamma (x - mean) / spread + beta

    Takes zero or epsilon, on the linear map of x that is left when the spread is held fixed, or `identity`. A map that
    centres refuses sink=spread, which divides over inputs by their connections.

    Source: Achtibat et al. 2024, normalisation rule
    """

    accepted: ClassVar[str] = "zero or epsilon (with sink=keep if it centres), identity"

    rules: ClassVar[tuple[type[Rule], ...]] = (LinearRule, Identity)
    default_rule: ClassVar[Rule | None] = epsilon()

    @abstractmethod
    def blocks(self, x: Array) -> Array:
        """x with the entries of each set on axes of their own."""

    @abstractmethod
    def axes(self, blocks: Array) -> tuple[int, ...]:
        """The axes of the entries of a set."""

    @abstractmethod
    def spread(self, blocks: Array) -> Array:
        """What each set is divided by, one number per set."""

    @abstractmethod
    def coefficients(self, blocks: Array) -> tuple[Array, Array | None]:
        """gamma and beta, as they broadcast to the blocks."""

    @property
    def centred(self) -> bool:
        """Whether the mean of the set is subtracted."""
        return True

    def linear(self, blocks: Array) -> Centred:
        """The linear map for this x."""
        weight, bias = self.coefficients(blocks)
        return Centred(weight, bias, 1 / self.spread(blocks), self.axes(blocks), self.centred)

    def admits(self, rule: Rule) -> bool:
        spreads = self.centred and not keeps_losses(rule)
        return isinstance(rule, Identity) or (is_proportional(rule) and not spreads)

    def compute(self, *xs: Array) -> Array:
        blocks = self.blocks(xs[0])
        linear = self.linear(blocks)
        y = linear.apply(linear.weight, blocks)
        return np.asarray(y if linear.bias is None else y + linear.bias).reshape(xs[0].shape)

    def propagate(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        if isinstance(rule, Identity):
            return all_to_inputs(R)
        blocks = self.blocks(xs[0])
        linear, z = self.linear(blocks), y.reshape(blocks.shape)
        divided = distribute(linear_rule(rule, self), linear, blocks, z, R.reshape(blocks.shape))
        return replace(divided, parts=(divided.parts[0].reshape(xs[0].shape),))

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        """With h = (x - mean) / spread and v = g gamma: (v - mean v - h mean(v h)) / spread."""
        blocks = self.blocks(xs[0])
        linear = self.linear(blocks)
        h = Centred(arrays.ones((), blocks), None, linear.scale, linear.axes, self.centred)
        unit = h.apply(h.weight, blocks)
        v = g.reshape(blocks.shape) * linear.weight
        back = v - unit * self.feedback(v * unit, blocks)
        if self.centred:
            back = back - v.mean(axis=linear.axes, keepdims=True)
        return (np.asarray(back * linear.scale).reshape(xs[0].shape),)

    def feedback(self, products: Array, blocks: Array) -> Array:
        """mean(v h): the mean of the products over each set, for a spread^2 that is a mean of squares."""
        return np.asarray(products.mean(axis=self.axes(blocks), keepdims=True))

    def output_shape(self, *shapes: Shape) -> Shape:
        return shapes[0]


def root_variance(blocks: Array, axes: tuple[int, ...], epsilon: Number) -> Array:
    """sqrt(variance + epsilon) over the axes, kept with length 1; the variance divides by the number of entries."""
    centred = blocks - blocks.mean(axis=axes, keepdims=True)
    return sqrt((centred * centred).mean(axis=axes, keepdims=True) + arrays.scalar(epsilon, blocks))


def with_gamma(gamma: Array | None, beta: Array | None, like: Array) -> tuple[Array, Array | None]:
    """gamma, or 1 for None, and beta."""
    return (arrays.ones((), like) if gamma is None else gamma), beta


@dataclass(frozen=True, eq=False)
class VectorNorm(SampleNorm):
    """The base of the normalisations of vectors on the last axis that do not centre."""

    @property
    def centred(self) -> bool:
        return False

    def blocks(self, x: Array) -> Array:
        return x

    def axes(self, blocks: Array) -> tuple[int, ...]:
        return (blocks.ndim - 1,)
