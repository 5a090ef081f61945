"""Division of vectors by their Euclidean norm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.layers.activations import sqrt
from lrp.layers.normalization.sample_norm import VectorNorm, with_gamma

SMALLEST = 1e-12  # squared norms below count as this: a vector of zeros stays zero


@dataclass(frozen=True, eq=False)
class UnitNorm(VectorNorm):
    """y = x / sqrt(max(sum of x^2, 1e-12)), over the last axis

    Source: Achtibat et al. 2024, normalisation rule; generalised from LayerNorm and RMSNorm to the Euclidean norm
    """

    def spread(self, blocks: Array) -> Array:
        total = (blocks * blocks).sum(axis=-1, keepdims=True)
        return sqrt(np.maximum(total, arrays.scalar(SMALLEST, blocks)))

    def coefficients(self, blocks: Array) -> tuple[Array, Array | None]:
        return with_gamma(None, None, blocks)

    def feedback(self, products: Array, blocks: Array) -> Array:
        """sum(v h), for a spread^2 that is a sum of squares; 0 where the norm is below the smallest."""
        total = (blocks * blocks).sum(axis=-1, keepdims=True)
        sums = products.sum(axis=-1, keepdims=True)
        return np.where(total > SMALLEST, sums, arrays.scalar(0, blocks))
