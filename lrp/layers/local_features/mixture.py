"""The soft assignment of descriptors to the components of a Gaussian mixture with diagonal covariances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import ExactError, SettingError, ShapeError
from lrp.layers.base import Layer, Shape, as_weight
from lrp.rules import Propagation, Rule, with_dropped

CHUNK = 1024  # descriptors whose densities are computed at once: they fit into the cache
LEAST_PRIOR = 1e-6  # a component below it has collapsed: its posterior and its Fisher vector are 0


@dataclass(frozen=True, eq=False)
class Posteriors(Layer):
    """gamma_l(k) = lambda_k N(l; mu_k, sigma_k^2) / sum_k' lambda_k' N(l; mu_k', sigma_k'^2)

    Source: Lapuschkin et al. 2016, posterior of a local descriptor

    x (n, L, D) -> (n, L, K), by log-sum-exp. Posteriors are weights of descriptors, not evidence: relevance that
    reaches them is dropped.

    Parameters
    ----------
    priors, means, variances : Array
        lambda (K,), mu (K, D) and sigma^2 (K, D), not sigma. Components with a prior below 1e-6 count as absent.
    threshold : float
        Posteriors below it become 0; the others stay as they are (VLFeat: 1e-6).
    hard : bool
        Whether the largest posterior becomes 1 and the others 0 (VLFeat's FAST).
    """

    priors: Array
    means: Array
    variances: Array
    threshold: float = 0.0
    hard: bool = False

    def __post_init__(self) -> None:
        for name in ("priors", "means", "variances"):
            object.__setattr__(self, name, as_weight(getattr(self, name), f"Gaussian mixture {name}"))
        if (
            self.means.ndim != 2
            or self.variances.shape != self.means.shape
            or self.priors.shape != self.means.shape[:1]
        ):
            raise ShapeError(
                "Gaussian mixture: expected priors (K,), means (K, D) and diagonal variances (K, D), got "
                f"{self.priors.shape}, {self.means.shape} and {self.variances.shape}"
            )
        collapsed = np.argwhere(~(self.variances > 0) & self.present[:, None])
        if len(collapsed):
            k, d = (int(i) for i in collapsed[0])
            raise SettingError(
                f"Gaussian mixture: expected positive variances, got {self.variances[k, d]} for component {k} in "
                f"dimension {d}, a collapsed component; fit again with a variance floor or fewer components"
            )
        if not self.present.any() or not (self.priors >= 0).all():
            raise SettingError(f"Gaussian mixture: expected priors >= 0 that sum to 1, got {self.priors.tolist()}")

    @property
    def present(self) -> Array:
        """Which components have not collapsed. (K,)"""
        return np.asarray(self.priors >= LEAST_PRIOR, dtype=bool)

    def assign(self, x: Array) -> tuple[Array, Array]:
        """Posteriors before threshold and hard, and log sum_k lambda_k N(x; mu_k, sigma_k^2).

        (..., D) -> (..., K) and (...), float64, by log-sum-exp; a collapsed component has the posterior 0.
        """
        if arrays.is_exact(x) or arrays.is_exact(self.means):
            raise ExactError(
                "Gaussian mixture: expected floating-point descriptors, got Fractions, and posteriors are in general "
                "not rational; fix them as an input of FisherPooling for exact arithmetic"
            )
        arrays.check_finite(x, "Gaussian mixture")
        present = self.present
        priors, means, variances = (a[present].astype(np.float64) for a in (self.priors, self.means, self.variances))
        origin = means.mean(axis=0)  # squares about it do not cancel
        means, inverse = means - origin, 1 / variances
        constant = np.log(priors) - 0.5 * (np.log(2 * np.pi * variances) + means * means * inverse).sum(axis=1)
        weight = np.concatenate([means * inverse, -0.5 * inverse], axis=1).T  # (2 D, K)
        rows = x.reshape(-1, x.shape[-1])
        gamma, evidence = np.zeros((len(rows), len(self.priors))), np.empty(len(rows))
        for start in range(0, len(rows), CHUNK):
            some = slice(start, start + CHUNK)
            away = rows[some].astype(np.float64) - origin
            joint = np.concatenate([away, away * away], axis=1) @ weight  # log lambda_k + log N(x; mu_k, sigma_k^2)
            joint += constant
            top = joint.max(axis=1, keepdims=True)
            joint -= top
            np.exp(joint, out=joint)
            total = joint.sum(axis=1, keepdims=True)
            joint /= total
            gamma[some, present] = joint
            evidence[some] = (top + np.log(total))[:, 0]
        return gamma.reshape(*x.shape[:-1], len(self.priors)), evidence.reshape(x.shape[:-1])

    def log_likelihood(self, x: Array) -> Array:
        """log sum_k lambda_k N(x; mu_k, sigma_k^2): (..., D) -> (...)."""
        return self.assign(x)[1]

    def compute(self, *xs: Array) -> Array:
        (x,) = xs
        gamma, _ = self.assign(x)
        if self.hard:
            gamma = (gamma.argmax(axis=-1)[..., None] == np.arange(gamma.shape[-1])).astype(np.float64)
        if self.threshold > 0:
            gamma *= gamma >= self.threshold
        return gamma.astype(x.dtype, copy=False)

    def propagate(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        return with_dropped(R, arrays.zeros(xs[0].shape, R))

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        (x,) = xs
        if self.hard:
            return (arrays.zeros(x.shape, g),)
        gamma, _ = self.assign(x)
        open_g = np.where(gamma < self.threshold, 0, g)
        joint_g = gamma * (open_g - (gamma * open_g).sum(axis=-1, keepdims=True))
        variances = np.where(self.present[:, None], self.variances, 1)
        return ((joint_g @ (self.means / variances) - x * (joint_g @ (1 / variances))).astype(g.dtype),)

    def output_shape(self, *shapes: Shape) -> Shape:
        return (*self.check_descriptors(shapes[0])[:-1], len(self.priors))

    def check_descriptors(self, shape: Shape) -> Shape:
        """The shape (L, D) of one sample's descriptors; ShapeError where D is another."""
        if len(shape) != 2 or shape[1] != self.means.shape[1]:
            raise ShapeError(
                f"expected descriptors of shape (L, {self.means.shape[1]}) per sample, as the mixture has, got {shape}"
            )
        return shape
