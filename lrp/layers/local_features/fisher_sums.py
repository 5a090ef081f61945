"""Sums of Fisher statistics over many descriptors, without the statistics of each: for speed.

    sum_l gamma_l(k) (l - mu_k) a_k                      = (sum_l gamma l - sum_l gamma mu) a
    sum_l gamma_l(k) ((l - mu_k)^2 / v_k - 1) c_k        = ((sum gamma l^2 - 2 mu sum gamma l + mu^2 sum gamma) / v
                                                            - sum gamma) c

so that products of matrices (K, L) (L, D) are all there is to compute. `FisherPooling.statistics` is the definition.
Descriptors and means are taken about the mean of the means: there the squares do not cancel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrp.arrays import Array
from lrp.layers.local_features.descriptor_relevance import widened


@dataclass(frozen=True)
class FisherSums:
    """The weights of the statistics: means mu (K, D), variances v (K, D), a (K, D) and c (K,)."""

    mu: Array
    v: Array
    a: Array
    c: Array

    @property
    def origin(self) -> Array:
        """The mean of the means, (D,)."""
        return np.asarray(self.mu.sum(axis=0) / len(self.mu))

    def total(self, x: Array, gamma: Array) -> Array:
        """sum_l m_d(l): (L, D), (L, K) -> (2 K D,); sums of float32 are taken in float64."""
        x, gamma, mu, v = (widened(array) for array in (x - self.origin, gamma, self.mu - self.origin, self.v))
        count = gamma.sum(axis=0)[:, None]  # (K, 1)
        first, second = gamma.T @ x, gamma.T @ (x * x)  # (K, D)
        by_mean = (first - count * mu) * self.a
        by_sigma = ((second - 2 * mu * first + count * mu * mu) / v - count) * self.c[:, None]
        return np.concatenate([by_mean.ravel(), by_sigma.ravel()])

    def weighted(self, x: Array, gamma: Array, factor: Array) -> tuple[Array, Array, Array]:
        """sum over d of factor_d m_d(l), entry by entry of the descriptors: three arrays (L, D) whose sum it is.

        x (L, D), gamma (L, K), factor (2 K D,).
        """
        A, B, C = self.polynomial(factor, self.mu - self.origin)
        x, gamma = widened(x - self.origin), widened(gamma)
        return (gamma @ A) * x * x, (gamma @ B) * x, gamma @ C

    def polynomial(self, factor: Array, mu: Array) -> tuple[Array, Array, Array]:
        """The weighted statistics of one component as gamma (A x^2 + B x + C): A, B, C of shape (K, D).

        mu: the means, about the origin that x is taken about.
        """
        by_mean, by_sigma = factor.reshape(2, *self.mu.shape)
        by_mean = by_mean * self.a
        by_sigma = by_sigma * self.c[:, None]
        A = by_sigma / self.v
        return A, by_mean - 2 * mu * A, mu * (mu * A - by_mean) - by_sigma
