"""Pooling by a p-norm: the sum, the Euclidean norm, the maximum, in one layer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import ExactError, SettingError, ShapeError
from lrp.layers.base import Layer, Shape
from lrp.rules import Propagation, Rule, with_dropped


@dataclass(frozen=True, eq=False)
class PNormPool(Layer):
    """x_k = ||{x_j}||_p over `size` neighbouring neurons, and R_j = x_j / sum_j' x_j' R_k for any p

    Source: Montavon et al. 2017, p-norm pooling

    x (n, m size) -> (n, m). For x >= 0, after a ReLU; the relevance of a pool whose sum is 0 is dropped. Fractions need
    p = 1 or infinity.

    Parameters
    ----------
    size : int
        The number of neighbouring neurons in a pool.
    p : float
        From 1 on; infinity, or "inf" as files store it, is the maximum.
    """

    size: int = 2
    p: float = 1

    def __post_init__(self) -> None:
        try:
            p = float(self.p)
        except (TypeError, ValueError):
            p = math.nan
        if self.size < 1 or not p >= 1:
            raise SettingError(f"PNormPool: expected size >= 1 and p >= 1, got {self.size} and {self.p}")
        object.__setattr__(self, "p", int(p) if p.is_integer() else p)

    def settings(self) -> dict[str, Any]:
        """The arguments; infinity as text, because JSON has no number for it."""
        return {"size": self.size, "p": "inf" if math.isinf(self.p) else self.p}

    def compute(self, *xs: Array) -> Array:
        pools = np.abs(self._pools(xs[0]))
        if self.p == 1:
            return np.asarray(pools.sum(axis=-1))
        largest = pools.max(axis=-1)
        if math.isinf(self.p):
            return np.asarray(largest)
        if arrays.is_exact(pools):
            raise ExactError(f"PNormPool: expected p = 1 or infinity for Fractions, got p = {self.p}; use float64")
        scaled = pools / np.where(largest > 0, largest, 1)[..., None]
        return np.asarray(largest * (scaled**self.p).sum(axis=-1) ** (1 / self.p)).astype(xs[0].dtype)

    def propagate(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        pools = self._pools(xs[0])
        total = pools.sum(axis=-1)
        each = arrays.divide_where(R, total, total != 0)
        return with_dropped(R * (total == 0), (pools * each[..., None]).reshape(xs[0].shape))

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        pools = self._pools(xs[0])
        sign = np.sign(pools.astype(float)).astype(int) if arrays.is_exact(pools) else np.sign(pools)
        if self.p == 1:
            slope = sign
        elif math.isinf(self.p):  # the first of several maxima, as in max-pooling
            first = np.argmax(np.abs(pools), axis=-1)
            slope = sign * (np.arange(self.size) == first[..., None])
        else:
            slope = sign * arrays.divide_where(np.abs(pools), y[..., None], (y != 0)[..., None]) ** (self.p - 1)
        return ((g[..., None] * slope).reshape(xs[0].shape),)

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        if len(shape) != 1 or shape[0] is None or shape[0] % self.size:
            raise ShapeError(f"expected vectors whose length is a multiple of {self.size}, got {shape} per sample")
        return (shape[0] // self.size,)

    def _pools(self, x: Array) -> Array:
        return x.reshape(len(x), -1, self.size)
