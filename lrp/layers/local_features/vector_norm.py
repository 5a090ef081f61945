"""The normalisations of Fisher vectors and histograms: the signed power, division by the L2 norm, fixed factors.

Each output dimension depends on its own input dimension, but for a common factor, so relevance passes unchanged.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrp.arrays import Array, divide_where, transcendental
from lrp.errors import SettingError, ShapeError
from lrp.layers.base import Layer, Shape, as_weight
from lrp.rules import Propagation, Rule, all_to_inputs

GUARD = 1e-12  # smaller norms count as this: a vector of zeros stays zero


@dataclass(frozen=True, eq=False)
class SignedPower(Layer):
    """y_d = sign(x_d) |x_d|^a, a the exponent in (0, 1]

    Source: Lapuschkin et al. 2016, power normalisation

    The gradient at x_d = 0 is infinite for a < 1; it is given as 0. In Fractions only the exponent 1 exists.

    Parameters
    ----------
    exponent : float
        a in (0, 1]; 1/2 is usual.
    """

    exponent: float = 0.5

    def __post_init__(self) -> None:
        if not 0 < self.exponent <= 1:
            raise SettingError(
                f"SignedPower: expected an exponent in (0, 1], got {self.exponent}; 0.5 is the usual one"
            )

    def compute(self, *xs: Array) -> Array:
        (x,) = xs
        if self.exponent == 1:
            return x
        return np.copysign(transcendental(lambda size: size**self.exponent, "SignedPower")(np.abs(x)), x)

    def propagate(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        return all_to_inputs(R)

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        (x,) = xs
        return (divide_where(g * y, x, x != 0) * g.dtype.type(self.exponent),)

    def output_shape(self, *shapes: Shape) -> Shape:
        return shapes[0]


@dataclass(frozen=True, eq=False)
class L2Normalize(Layer):
    """y = x / max(|x|_2, 1e-12), for each of `blocks` equal parts of the last axis

    Source: Lapuschkin et al. 2016, L2 normalisation

    The smallest norm, 1e-12, is VLFeat's.

    Parameters
    ----------
    blocks : int
        The number of equal parts of the last axis that are normalised each by itself: 1 for the whole vector, or the
        number of pyramid cells.
    """

    blocks: int = 1

    def __post_init__(self) -> None:
        if self.blocks < 1:
            raise SettingError(f"L2Normalize: expected at least 1 block, got {self.blocks}")

    def compute(self, *xs: Array) -> Array:
        (x,) = xs
        parts = self._parts(x)
        return (parts / self._norm(parts)).reshape(x.shape)

    def _parts(self, x: Array) -> Array:
        return x.reshape(*x.shape[:-1], self.blocks, -1)

    @staticmethod
    def _norm(parts: Array) -> Array:
        square = (parts * parts).sum(axis=-1, keepdims=True)
        return np.maximum(transcendental(np.sqrt, "L2Normalize")(square), parts.dtype.type(GUARD))

    def propagate(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        return all_to_inputs(R)

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        (x,) = xs
        parts, unit, g_parts = self._parts(x), self._parts(y), self._parts(g)
        norm = self._norm(parts)
        along = (g_parts * unit).sum(axis=-1, keepdims=True) * (norm > GUARD)
        return (((g_parts - along * unit) / norm).reshape(x.shape),)

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        if not shape or shape[-1] is None or shape[-1] % self.blocks:
            raise ShapeError(
                f"expected vectors whose length is a multiple of {self.blocks} blocks, got {shape} per sample"
            )
        return shape


@dataclass(frozen=True, eq=False)
class FixedScale(Layer):
    """y_d = factor_d x_d: a normalisation of one vector with its factor fixed, rational, for exact arithmetic

    Source: Lapuschkin et al. 2016, relevance of a dimension

    See `lrp.fisher.fixed_statistics`. Relevance passes unchanged, also where the factor is 0.

    Parameters
    ----------
    factor : Array
        (V,), one factor per dimension.
    """

    factor: Array

    def __post_init__(self) -> None:
        object.__setattr__(self, "factor", as_weight(self.factor, "FixedScale factor"))

    def compute(self, *xs: Array) -> Array:
        return xs[0] * self.factor

    def propagate(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        return all_to_inputs(R)

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        return (g * self.factor,)

    def output_shape(self, *shapes: Shape) -> Shape:
        if shapes[0] != self.factor.shape:
            raise ShapeError(f"expected vectors of shape {self.factor.shape} per sample, got {shapes[0]}")
        return shapes[0]
