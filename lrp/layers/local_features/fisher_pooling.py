"""The Fisher vector of a set of local descriptors, and the relevance of each of them.

With posteriors gamma_l(k) of a Gaussian mixture {lambda_k, mu_k, sigma_k}, each descriptor l has the statistics

    m_{mu,k}(l)    = gamma_l(k) (l - mu_k) / sigma_k / sqrt(lambda_k)
    m_{sigma,k}(l) = gamma_l(k) ((l - mu_k)^2 / sigma_k^2 - 1) / sqrt(2 lambda_k)

and the Fisher vector of a pyramid cell is their mean over the N descriptors in the cell: first all m_mu
(K x D, component by component), then all m_sigma. This is VLFeat's order and sign. For scikit-image's see
`lrp.fisher.from_skimage`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import ShapeError
from lrp.layers.base import Layer, Shape, as_weight
from lrp.layers.local_features.descriptor_relevance import divide, widened
from lrp.layers.local_features.fisher_sums import FisherSums
from lrp.layers.local_features.pyramid import WHOLE, Pyramid, as_pyramid, atoms, cell_count, members
from lrp.layers.rule_checks import is_proportional, linear_rule
from lrp.rules import LinearRule, Propagation, Rule, epsilon


@dataclass(frozen=True, eq=False)
class FisherPooling(Layer):
    """The Fisher vector from descriptors, fixed posteriors and positions; rational, so exact in Fractions.

        FV_mu,k    = (1/N) sum_l gamma_l(k) (l - mu_k) a_k
        FV_sigma,k = (1/N) sum_l gamma_l(k) ((l - mu_k)^2 / v_k - 1) c_k

    Source: Lapuschkin et al. 2016, Fisher vector

    Inputs x (n, L, D), gamma (n, L, K) and, for a pyramid of more than the whole picture, positions (n, L, 2);
    output (n, cells * 2 K D), cell by cell. A cell without descriptors is zero.

    Relevance: see `divide`; eps is in the unit of sum_l m_d(l), which is N times the Fisher vector. The dimensions of a
    cell without descriptors lie in the zero set: they are divided over all descriptors of the picture. The relevance
    of a descriptor is given to the entries of l that the statistics read; its sum over them is R_l. Without any
    descriptor all is dropped. Posteriors and positions receive none.

    Parameters
    ----------
    means, variances : Array
        mu and v = sigma^2, (K, D).
    mean_scale : Array
        a = 1 / (sigma sqrt(lambda)), (K, D).
    sigma_scale : Array
        c = 1 / sqrt(2 lambda), (K,).
    pyramid : tuple of (rows, columns)
        The grids of the spatial pyramid; by default the whole picture.
    """

    accepted: ClassVar[str] = "zero or epsilon, without rms"
    rules: ClassVar[tuple[type[Rule], ...]] = (LinearRule,)
    default_rule: ClassVar[Rule | None] = epsilon(1)

    means: Array
    variances: Array
    mean_scale: Array
    sigma_scale: Array
    pyramid: Pyramid = WHOLE

    def __post_init__(self) -> None:
        for name in ("means", "variances", "mean_scale", "sigma_scale"):
            object.__setattr__(self, name, as_weight(getattr(self, name), f"FisherPooling {name}"))
        shapes = [self.means.shape, self.variances.shape, self.mean_scale.shape]
        if self.means.ndim != 2 or len(set(shapes)) > 1 or self.sigma_scale.shape != self.means.shape[:1]:
            raise ShapeError(
                "FisherPooling: expected means, variances and mean_scale of one shape (K, D) and sigma_scale (K,), got "
                f"{shapes} and {self.sigma_scale.shape}"
            )
        object.__setattr__(self, "pyramid", as_pyramid(self.pyramid))

    def admits(self, rule: Rule) -> bool:
        return is_proportional(rule) and not linear_rule(rule, self).stabilizer.rms

    @property
    def width(self) -> int:
        """2 K D, the length of one cell's Fisher vector."""
        return 2 * self.means.size

    def cells(self, xs: tuple[Array, ...], sample: int) -> Array:
        """Which descriptors of a sample lie in which cell: booleans (cells, L)."""
        return members(self.pyramid, xs[2][sample] if len(xs) == 3 else None, xs[0].shape[1])

    def compute(self, *xs: Array) -> Array:
        x, gamma = xs[:2]
        fisher = arrays.zeros((len(x), cell_count(self.pyramid), self.width), x)
        for n in range(len(x)):
            arrays.check_finite(x[n], "Fisher vector")
            member = self.cells(xs, n)
            totals = arrays.zeros(fisher.shape[1:], widened(x))
            for rows, cells in atoms(member):
                totals[cells] += self.sums.total(x[n, rows], gamma[n, rows])
            fisher[n] = totals / np.maximum(member.sum(axis=1), 1)[:, None]
        return fisher.reshape(len(x), -1)

    @property
    def sums(self) -> FisherSums:
        """The same formulas summed over descriptors, for speed."""
        return FisherSums(self.means, self.variances, self.mean_scale, self.sigma_scale)

    def statistics(self, x: Array, gamma: Array) -> Array:
        """m_d(l) of each descriptor, the definition: (L, D), (L, K) -> (L, 2 K D)."""
        mu, v, a, c = self.means, self.variances, self.mean_scale, self.sigma_scale
        l, gamma_l = x[:, None], gamma[..., None]  # (L, 1, D), (L, K, 1)
        m_mu = gamma_l * (l - mu) * a
        m_sigma = gamma_l * ((l - mu) * (l - mu) / v - 1) * c[:, None]
        return np.concatenate([m.reshape(len(x), -1) for m in (m_mu, m_sigma)], axis=1)

    def zero_set(self, y: Array) -> Array:
        """Where sum_l m_d(l) = 0: booleans of the output's shape, empty cells included."""
        return np.asarray(y == 0)

    def propagate(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        rule = linear_rule(rule, self)
        x, gamma = xs[:2]
        n, length = x.shape[:2]
        relevance = arrays.zeros(x.shape, R)
        to_stabilizer, dropped = (
            arrays.zeros((n, cell_count(self.pyramid), self.width), arrays.sum_per_sample(R)) for _ in range(2)
        )
        gross = arrays.zeros((n,), arrays.sum_per_sample(R))
        for i in range(n):
            R_cells, y_cells = (widened(a[i]).reshape(to_stabilizer.shape[1:]) for a in (R, y))
            to_descriptors = arrays.zeros(x.shape[1:], to_stabilizer)
            member = self.cells(xs, i)
            divided = divide(R_cells, y_cells * np.maximum(member.sum(axis=1), 1)[:, None], rule)
            for rows, cells in atoms(member):
                for flow in self.sums.weighted(x[i, rows], gamma[i, rows], divided.factor[cells].sum(axis=0)):
                    to_descriptors[rows] += flow
                    gross[i] += np.abs(flow).sum()
            everywhere = divided.everywhere.sum(axis=0)
            to_stabilizer[i], dropped[i] = divided.stabilizer, divided.dropped
            if length:
                relevance[i] = to_descriptors + everywhere.reshape(2 * len(self.means), -1).sum(axis=0) / length
            else:
                dropped[i, 0] += everywhere
            gross[i] += np.abs(everywhere).sum()
        return Propagation(
            (relevance, *(arrays.zeros(other.shape, R) for other in xs[1:])),
            arrays.zeros((n,), to_stabilizer),
            arrays.sum_per_sample(to_stabilizer),
            arrays.sum_per_sample(dropped),
            gross + arrays.sum_abs(to_stabilizer) + arrays.sum_abs(dropped),
        )

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        x, gamma = xs[:2]
        to_x, to_gamma = arrays.zeros(x.shape, g), arrays.zeros(gamma.shape, g)
        for i in range(len(x)):
            member = self.cells(xs, i)
            by_cell = g[i].reshape(len(member), -1) / np.maximum(member.sum(axis=1), 1)[:, None]
            for rows, cells in atoms(member):
                A, B, C = self.sums.polynomial(by_cell[cells].sum(axis=0), self.means)
                l, p = x[i, rows], gamma[i, rows]
                to_x[i, rows] = 2 * (p @ A) * l + p @ B
                to_gamma[i, rows] = (l * l) @ A.T + l @ B.T + C.sum(axis=1)
        return (to_x, to_gamma, *(arrays.zeros(other.shape, g) for other in xs[2:]))

    def output_shape(self, *shapes: Shape) -> Shape:
        if len(shapes) not in (2, 3):
            raise ShapeError(f"expected descriptors, posteriors and perhaps positions, got {len(shapes)} inputs")
        length, dimensions = shapes[0]
        expected = ((length, self.means.shape[1]), (length, len(self.means)), (length, 2))
        if dimensions != self.means.shape[1] or any(s[1:] != e[1:] for s, e in zip(shapes, expected)):
            raise ShapeError(f"expected inputs of shapes {expected[:len(shapes)]} per sample, got {shapes}")
        return (cell_count(self.pyramid) * self.width,)
