"""The bag of visual words: mapping of local descriptors to the words of a codebook, and pooling to a histogram."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lrp import arrays
from lrp.arrays import Array, transcendental
from lrp.errors import SettingError, ShapeError
from lrp.layers.base import Layer, Shape, as_weight
from lrp.layers.local_features.fisher_pooling import as_proportional, divide, proportional, widened
from lrp.layers.local_features.pyramid import WHOLE, Pyramid, as_pyramid, cell_count, members
from lrp.rules import LinearRule, Propagation, Rule, Uniform, all_to_inputs, epsilon, uniform


@dataclass(frozen=True, eq=False)
class Mapping(Layer):
    """Mapping weights m_d(l) of descriptors to words: x (n, L, D) -> (n, L, V); codebook (V, D).

    LRP: the relevance of m_d(l) over all words d is that of descriptor l, whose D entries share it in equal parts,
    for the formulas of a bag of words end at the descriptor as a whole.
    """

    rules: ClassVar[tuple[type[Rule], ...]] = (Uniform,)
    default_rule: ClassVar[Rule | None] = uniform()

    codebook: Array

    def __post_init__(self) -> None:
        object.__setattr__(self, "codebook", as_weight(self.codebook, "codebook"))
        if self.codebook.ndim != 2 or not self.codebook.size:
            raise ShapeError(f"codebook: expected words of shape (V, D), got {self.codebook.shape}")

    def squares(self, x: Array) -> Array:
        """|l - word|^2 in the arithmetic of x: (n, L, D) -> (n, L, V)."""
        arrays.check_finite(x, type(self).__name__)
        words = self.codebook
        mixed = (x * x).sum(axis=-1)[..., None] + (words * words).sum(axis=1) - 2 * (x @ words.T)
        return np.maximum(mixed, 0)

    def distribute(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        each = R.sum(axis=-1, keepdims=True) / self.codebook.shape[1]
        return all_to_inputs(each * arrays.ones(xs[0].shape, R))

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        if len(shape) != 2 or shape[1] != self.codebook.shape[1]:
            raise ShapeError(f"expected descriptors of shape (L, {self.codebook.shape[1]}) a sample, got {shape}")
        return (shape[0], len(self.codebook))


@dataclass(frozen=True, eq=False)
class HardMapping(Mapping):
    """m_d(l) = 1 for the word nearest to l (the first of equals), 0 for the others

    Source: Bach et al. 2015, hard mapping
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


@dataclass(frozen=True, eq=False)
class Histogram(Layer):
    """Mapping weights m (n, L, V), and positions (n, L, 2) for a pyramid, to one histogram a cell: (n, cells * V).

    LRP with M_d(l) the part of descriptor l in dimension d (subclasses), Z = {d: sum_l M_d(l) = 0}:

        R_l = sum_{d not in Z} R_d M_d(l) / sum_l' M_d(l')  +  (1/L) sum_{d in Z} R_d

    Source: Bach et al. 2015, relevance of a local feature

    Words that nothing maps to carry relevance too (b/V, and k_d(x_i, 0) may be other than 0): all descriptors of the
    picture share it, and that of cells without descriptors. Without any descriptor all is dropped. Given for each
    weight m_d(l) apart: R_l is the sum over d.
    """

    rules: ClassVar[tuple[type[Rule], ...]] = (LinearRule,)
    default_rule: ClassVar[Rule | None] = epsilon(0)

    pyramid: Pyramid = WHOLE

    def __post_init__(self) -> None:
        object.__setattr__(self, "pyramid", as_pyramid(self.pyramid))

    def accepts(self, rule: Rule) -> bool:
        return proportional(rule)

    @abstractmethod
    def pooled(self, m: Array) -> Array:
        """The histogram of the descriptors in one cell, at least one: (L, V) -> (V,)."""

    @abstractmethod
    def parts(self, m: Array) -> Array:
        """M_d(l) >= 0: (L, V) -> (L, V)."""

    @abstractmethod
    def slope(self, m: Array, y: Array) -> Array:
        """d pooled_d / d m_d(l): (L, V), (V,) -> (L, V)."""

    def cells(self, xs: tuple[Array, ...], sample: int) -> Array:
        """Which descriptors of a sample lie in which cell: booleans (cells, L)."""
        return members(self.pyramid, xs[1][sample] if len(xs) == 2 else None, xs[0].shape[1])

    def compute(self, *xs: Array) -> Array:
        m = xs[0]
        histograms = arrays.zeros((len(m), cell_count(self.pyramid), m.shape[2]), m)
        for n in range(len(m)):
            for cell, member in enumerate(self.cells(xs, n)):
                if member.any():
                    histograms[n, cell] = self.pooled(widened(m[n, member]))
        return histograms.reshape(len(m), -1)

    def distribute(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        rule = as_proportional(rule, type(self).__name__)
        m = xs[0]
        length, words = m.shape[1:]
        relevance = arrays.zeros(m.shape, R)
        lost = arrays.zeros(R.shape, arrays.sum_per_sample(R))
        dropped = arrays.zeros((len(m), words), lost)
        gross = arrays.zeros((len(m),), lost)
        for n in range(len(m)):
            everywhere = arrays.zeros((words,), lost)
            total = arrays.zeros(m.shape[1:], lost)
            for cell, member in enumerate(self.cells(xs, n)):
                where = slice(cell * words, (cell + 1) * words)
                parts = self.parts(widened(m[n, member]))
                divided = divide(widened(R[n, where]), parts.sum(axis=0) + arrays.zeros((words,), total), rule)
                flow = divided.factor * parts
                total[member] += flow
                gross[n] += np.abs(flow).sum()
                everywhere = everywhere + divided.everywhere
                lost[n, where] = divided.stabilizer
                dropped[n] += divided.dropped
            if length:
                relevance[n] = total + everywhere / length
            else:
                dropped[n] += everywhere
            gross[n] += np.abs(everywhere).sum()
        zero = arrays.zeros((len(m),), lost)
        share = (
            arrays.sum_per_sample(lost),
            arrays.sum_per_sample(dropped),
            gross + arrays.sum_abs(lost) + arrays.sum_abs(dropped),
        )
        return Propagation((relevance, *(arrays.zeros(p.shape, R) for p in xs[1:])), zero, *share)

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        m = xs[0]
        to_m = arrays.zeros(m.shape, g)
        shape = (len(m), cell_count(self.pyramid), m.shape[2])
        for n in range(len(m)):
            for cell, member in enumerate(self.cells(xs, n)):
                if member.any():
                    to_m[n, member] += g.reshape(shape)[n, cell] * self.slope(m[n, member], y.reshape(shape)[n, cell])
        return (to_m, *(arrays.zeros(p.shape, g) for p in xs[1:]))

    def output_shape(self, *shapes: Shape) -> Shape:
        if (
            len(shapes) not in (1, 2)
            or len(shapes[0]) != 2
            or shapes[0][1] is None
            or shapes[1:] not in ((), ((shapes[0][0], 2),))
        ):
            raise ShapeError(f"expected mapping weights (L, V) and perhaps positions (L, 2) a sample, got {shapes}")
        return (cell_count(self.pyramid) * shapes[0][1],)


@dataclass(frozen=True, eq=False)
class MeanHistogram(Histogram):
    """x_d = (mean_l m_d(l)^p)^(1/p), p the exponent; 1 is the ordinary histogram of relative frequencies

    Source: Bach et al. 2015, p-means of mapping weights

    M_d(l) = m_d(l)^p. In Fractions only p = 1 exists.
    """

    exponent: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.exponent > 0:
            raise SettingError(
                f"MeanHistogram: expected an exponent > 0, got {self.exponent}; use MaxHistogram for infinity"
            )

    def parts(self, m: Array) -> Array:
        return m if self.exponent == 1 else transcendental(np.power, "MeanHistogram")(m, self.exponent)

    def pooled(self, m: Array) -> Array:
        mean = self.parts(m).sum(axis=0) / len(m)
        return np.asarray(mean if self.exponent == 1 else mean ** (1 / self.exponent))

    def slope(self, m: Array, y: Array) -> Array:
        ratio = arrays.divide_where(m, y + 0 * m, y + 0 * m != 0)
        return ratio ** (self.exponent - 1) / len(m) if self.exponent != 1 else arrays.ones(m.shape, m) / len(m)


@dataclass(frozen=True, eq=False)
class MaxHistogram(Histogram):
    """x_d = max_l m_d(l); M_d(l) = m_d(l) for the descriptors that reach the maximum, which share alike, 0 for the
    others

    Source: Bach et al. 2015, max-pooled mapping weights
    """

    def parts(self, m: Array) -> Array:
        return m * (m == m.max(axis=0, initial=0))

    def pooled(self, m: Array) -> Array:
        return np.asarray(m.max(axis=0))

    def slope(self, m: Array, y: Array) -> Array:
        winners = arrays.ones(m.shape, m) * (m == y)
        return winners / winners.sum(axis=0)
