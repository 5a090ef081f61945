"""Histograms of mapping weights: MeanHistogram, MaxHistogram."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lrp import arrays
from lrp.arrays import Array, transcendental
from lrp.errors import SettingError, ShapeError
from lrp.layers.base import Layer, Shape
from lrp.layers.local_features.descriptor_relevance import divide, widened
from lrp.layers.local_features.pyramid import WHOLE, Pyramid, as_pyramid, cell_count, members
from lrp.layers.rule_checks import is_proportional, linear_rule
from lrp.rules import LinearRule, Propagation, Rule, epsilon


@dataclass(frozen=True, eq=False)
class Histogram(Layer):
    """Mapping weights m (n, L, V), and positions (n, L, 2) for a pyramid, to one histogram per cell: (n, cells * V).

    Relevance, with M_d(l) the part of descriptor l in dimension d (subclasses), Z = {d: sum_l M_d(l) = 0}:

        R_l = sum_{d not in Z} R_d M_d(l) / sum_l' M_d(l')  +  (1/L) sum_{d in Z} R_d

    Source: Bach et al. 2015, relevance of a local feature

    Words that no descriptor maps to have relevance too (b/V, and k_d(x_i, 0) may differ from 0): it is divided over all
    descriptors of the picture in equal parts, like that of cells without descriptors. Without any descriptor all is
    dropped. R_l is the sum over d of the relevance of the weights m_d(l).
    """

    accepted: ClassVar[str] = "zero or epsilon, without rms"
    rules: ClassVar[tuple[type[Rule], ...]] = (LinearRule,)
    default_rule: ClassVar[Rule | None] = epsilon(0)

    pyramid: Pyramid = WHOLE

    def __post_init__(self) -> None:
        object.__setattr__(self, "pyramid", as_pyramid(self.pyramid))

    def admits(self, rule: Rule) -> bool:
        return is_proportional(rule) and not linear_rule(rule, self).stabilizer.rms

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

    def propagate(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        rule = linear_rule(rule, self)
        m = xs[0]
        length, words = m.shape[1:]
        relevance = arrays.zeros(m.shape, R)
        to_stabilizer = arrays.zeros(R.shape, arrays.sum_per_sample(R))
        dropped = arrays.zeros((len(m), words), to_stabilizer)
        gross = arrays.zeros((len(m),), to_stabilizer)
        for n in range(len(m)):
            everywhere = arrays.zeros((words,), to_stabilizer)
            to_descriptors = arrays.zeros(m.shape[1:], to_stabilizer)
            for cell, member in enumerate(self.cells(xs, n)):
                where = slice(cell * words, (cell + 1) * words)
                parts = self.parts(widened(m[n, member]))
                divided = divide(widened(R[n, where]), parts.sum(axis=0) + arrays.zeros((words,), to_stabilizer), rule)
                flow = divided.factor * parts
                to_descriptors[member] += flow
                gross[n] += np.abs(flow).sum()
                everywhere = everywhere + divided.everywhere
                to_stabilizer[n, where] = divided.stabilizer
                dropped[n] += divided.dropped
            if length:
                relevance[n] = to_descriptors + everywhere / length
            else:
                dropped[n] += everywhere
            gross[n] += np.abs(everywhere).sum()
        return Propagation(
            (relevance, *(arrays.zeros(p.shape, R) for p in xs[1:])),
            arrays.zeros((len(m),), to_stabilizer),
            arrays.sum_per_sample(to_stabilizer),
            arrays.sum_per_sample(dropped),
            gross + arrays.sum_abs(to_stabilizer) + arrays.sum_abs(dropped),
        )

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
            raise ShapeError(f"expected mapping weights (L, V) and perhaps positions (L, 2) per sample, got {shapes}")
        return (cell_count(self.pyramid) * shapes[0][1],)


@dataclass(frozen=True, eq=False)
class MeanHistogram(Histogram):
    """x_d = (mean_l m_d(l)^p)^(1/p), p the exponent; 1 is the ordinary histogram of relative frequencies

    Source: Bach et al. 2015, p-means of mapping weights

    M_d(l) = m_d(l)^p. In Fractions only p = 1 exists.

    Parameters
    ----------
    pyramid : tuple of (rows, columns)
        The grids of the spatial pyramid; by default the whole picture.
    exponent : float
        p > 0.
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
    """x_d = max_l m_d(l); M_d(l) = m_d(l) for the descriptors that reach the maximum, 0 for the others: equal maxima
    receive equal parts

    Source: Bach et al. 2015, max-pooled mapping weights

    Parameters
    ----------
    pyramid : tuple of (rows, columns)
        The grids of the spatial pyramid; by default the whole picture.
    """

    def parts(self, m: Array) -> Array:
        return m * (m == m.max(axis=0, initial=0))

    def pooled(self, m: Array) -> Array:
        return np.asarray(m.max(axis=0))

    def slope(self, m: Array, y: Array) -> Array:
        winners = arrays.ones(m.shape, m) * (m == y)
        return winners / winners.sum(axis=0)
