"""The mapping of local descriptors to the words of a codebook: HardMapping, SoftMapping."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lrp import arrays
from lrp.arrays import Array, transcendental
from lrp.errors import SettingError, ShapeError
from lrp.layers.base import Layer, Shape, as_weight
from lrp.rules import Propagation, Rule, Uniform, all_to_inputs, uniform


@dataclass(frozen=True, eq=False)
class Mapping(Layer):
    """Mapping weights m_d(l) of descriptors to words: x (n, L, D) -> (n, L, V).

    The relevance of descriptor l is the sum of that of m_d(l) over all words d. It is divided over the D entries of l
    in equal parts: the formulas of a bag of words end at the descriptor as a whole.
    """

    rules: ClassVar[tuple[type[Rule], ...]] = (Uniform,)
    default_rule: ClassVar[Rule | None] = uniform()

    codebook: Array

    def __post_init__(self) -> None:
        object.__setattr__(self, "codebook", as_weight(self.codebook, "codebook"))
        if self.codebook.ndim != 2 or not self.codebook.size:
            raise ShapeError(f"codebook: expected words of shape (V, D), got {self.codebook.shape}; a row is a word")

    def squares(self, x: Array) -> Array:
        """|l - word|^2 in the arithmetic of x: (n, L, D) -> (n, L, V)."""
        arrays.check_finite(x, type(self).__name__)
        words = self.codebook
        mixed = (x * x).sum(axis=-1)[..., None] + (words * words).sum(axis=1) - 2 * (x @ words.T)
        return np.maximum(mixed, 0)

    def propagate(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        each = R.sum(axis=-1, keepdims=True) / self.codebook.shape[1]
        return all_to_inputs(each * arrays.ones(xs[0].shape, R))

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        if len(shape) != 2 or shape[1] != self.codebook.shape[1]:
            raise ShapeError(f"expected descriptors of shape (L, {self.codebook.shape[1]}) per sample, got {shape}")
        return (shape[0], len(self.codebook))


@dataclass(frozen=True, eq=False)
class HardMapping(Mapping):
    """m_d(l) = 1 for the word nearest to l (the first of several), 0 for the others

    Source: Bach et al. 2015, hard mapping

    Parameters
    ----------
    codebook : Array
        The words, (V, D).
    """

    def compute(self, *xs: Array) -> Array:
        (x,) = xs
        nearest = self.squares(x).argmin(axis=-1)[..., None]
        return arrays.ones((1,), x) * (nearest == np.arange(len(self.codebook)))

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        return (arrays.zeros(xs[0].shape, g),)


@dataclass(frozen=True, eq=False)
class SoftMapping(Mapping):
    """m_d(l) = exp(-smoothness |l - word_d|^2) / sum_d' exp(-smoothness |l - word_d'|^2)

    Source: Bach et al. 2015, soft mapping

    Parameters
    ----------
    codebook : Array
        The words, (V, D).
    smoothness : float
        The positive factor of the squared distance.
    """

    smoothness: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.smoothness > 0:
            raise SettingError(f"SoftMapping: expected smoothness > 0, got {self.smoothness}")

    def compute(self, *xs: Array) -> Array:
        exponent = -self.squares(xs[0]) * arrays.scalar(self.smoothness, xs[0])
        m = transcendental(np.exp, "SoftMapping")(exponent - exponent.max(axis=-1, keepdims=True))
        return np.asarray(m / m.sum(axis=-1, keepdims=True))

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        to_exponent = y * (g - (g * y).sum(axis=-1, keepdims=True))  # sums to 0 over the words, so that |l|^2 falls out
        return (2 * g.dtype.type(self.smoothness) * (to_exponent @ self.codebook),)
