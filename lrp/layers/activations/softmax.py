"""Softmax and its logarithm, over one axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lrp.arrays import Array
from lrp.errors import SettingError
from lrp.layers.activations.transcendental import exp, log
from lrp.layers.base import Layer, Shape
from lrp.rules import Identity, Propagation, Rule, Taylor, all_to_inputs, difference_as_dropped


def softmax_relevance(R: Array, z: Array, s: Array, axis: int = -1) -> Array:
    """R_i = z_i (R_i - s_i sum_j R_j), for s = softmax(z) along the axis

    Source: Achtibat et al. 2024, softmax rule
    """
    return np.asarray(z * (R - s * R.sum(axis=axis, keepdims=True)))


@dataclass(frozen=True, eq=False)
class Softmax(Layer):
    """y_c = exp(z_c) / sum_c' exp(z_c'), over one axis (of the array with the samples first)

    At the end of a network the backward pass starts at the logits, before the softmax. Elsewhere a composite must
    choose a rule: `taylor`, or `identity`, which passes relevance unchanged.

    Parameters
    ----------
    axis : int
        The axis of the array, with the samples as axis 0.
    """

    rules: ClassVar[tuple[type[Rule], ...]] = (Identity, Taylor)
    default_rule = None

    axis: int = -1

    def __post_init__(self) -> None:
        if self.axis == 0:
            raise SettingError(
                "Softmax: expected an axis of the sample, got 0, the axis of the samples; -1 is the last"
            )

    def compute(self, *xs: Array) -> Array:
        z = xs[0]
        e = exp(z - z.max(axis=self.axis, keepdims=True))
        return np.asarray(e / e.sum(axis=self.axis, keepdims=True))

    def propagate(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        if isinstance(rule, Taylor):
            return difference_as_dropped(R, softmax_relevance(R, xs[0], y, self.axis))
        return all_to_inputs(R)

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        return (y * (g - (g * y).sum(axis=self.axis, keepdims=True)),)

    def output_shape(self, *shapes: Shape) -> Shape:
        return shapes[0]


@dataclass(frozen=True, eq=False)
class LogSoftmax(Softmax):
    """y_c = z_c - log sum_c' exp(z_c'), over one axis

    Takes the rules of Softmax.


    Parameters
    ----------
    axis : int
        The axis of the array, with the samples as axis 0.
    """

    def compute(self, *xs: Array) -> Array:
        shifted = xs[0] - xs[0].max(axis=self.axis, keepdims=True)
        return np.asarray(shifted - log(exp(shifted).sum(axis=self.axis, keepdims=True)))

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        return (g - exp(y) * g.sum(axis=self.axis, keepdims=True),)
