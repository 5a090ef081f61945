"""The Gaussian mixture with diagonal covariances, fitted by expectation maximisation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.errors import SettingError
from lrp.fisher.descriptors import as_descriptors
from lrp.fisher.kmeans import k_means, nearest
from lrp.layers.local_features import Posteriors

CHUNK = 1 << 14  # rows whose posteriors are in memory at once


@dataclass(frozen=True)
class GmmFit:
    """A fitted mixture and how the fit went; str() says it in one line.

    log_likelihood: the mean over the descriptors. converged: whether it grew by less than the tolerance at the end.
    """

    mixture: Posteriors
    log_likelihood: float  # mean over the descriptors, of this mixture
    converged: bool
    iterations: int
    restarts: tuple[float, ...] = ()  # the final log-likelihood of each restart

    def __str__(self) -> str:
        state = "converged" if self.converged else "NOT converged"
        return (
            f"{len(self.mixture.priors)} components, {state} after {self.iterations} iterations, mean log-likelihood "
            f"{self.log_likelihood:.6g} (restarts: {', '.join(f'{value:.6g}' for value in self.restarts)})"
        )


def fit_gmm(
    descriptors: Any,
    components: int,
    rng: np.random.Generator,
    restarts: int = 3,
    max_iterations: int = 200,
    tolerance: float = 1e-5,
    variance_floor: float = 1e-6,
    start: Posteriors | None = None,
) -> GmmFit:
    """The Gaussian mixture with diagonal covariances of the largest likelihood among several runs of EM

        E: gamma_l(k) = lambda_k N(l; mu_k, sigma_k^2) / sum_k' ...
        M: lambda_k = mean_l gamma_l(k),  mu_k and sigma_k^2 = mean and variance of the descriptors weighted by
        gamma_l(k)

    A component whose prior falls below 1e-6 keeps its place and takes no part any more.

    Parameters
    ----------
    descriptors : array
        (L, D).
    components : int
        K.
    rng : numpy.random.Generator
        For the k-means starts.
    restarts : int
        Runs, each from its own k-means start.
    max_iterations : int
        Of one run.
    tolerance : float
        A run has converged when the mean log-likelihood grows by less.
    variance_floor : float
        The smallest variance, in squared units of the descriptors; no component can collapse onto one descriptor.
    start : Posteriors, optional
        One run from this mixture instead.

    Returns
    -------
    GmmFit

    Raises
    ------
    SettingError
        If a number is not positive.
    InputError
        For fewer different descriptors than components, NaN or infinity.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> fit = fit_gmm(np.concatenate([rng.normal(0, 1, (50, 1)), rng.normal(9, 1, (50, 1))]), 2, rng)
    >>> fit.converged, sorted(fit.mixture.means.ravel().round().tolist())
    (True, [0.0, 9.0])
    """
    if restarts < 1 or max_iterations < 1 or not variance_floor > 0 or components < 1:
        raise SettingError(
            "Gaussian mixture: expected at least 1 component, restart and iteration and a positive variance floor, "
            f"got {components}, {restarts}, {max_iterations} and {variance_floor}"
        )
    x = as_descriptors(descriptors, f"Gaussian mixture of {components} components", components)
    origin = x.mean(axis=0)  # second moments about the mean do not cancel
    x -= origin
    if start is not None:
        starts = [replace(start, means=start.means - origin)]
    else:
        starts = [_from_k_means(x, components, rng, variance_floor) for _ in range(restarts)]
    runs = [_expectation_maximisation(x, one, max_iterations, tolerance, variance_floor) for one in starts]
    best = max(runs, key=lambda run: run.log_likelihood)
    mixture = replace(best.mixture, means=best.mixture.means + origin)
    return replace(best, mixture=mixture, restarts=tuple(run.log_likelihood for run in runs))


def _from_k_means(x: Array, components: int, rng: np.random.Generator, floor: float) -> Posteriors:
    """Priors, means and variances of the clusters of a k-means run."""
    index, _ = nearest(x, k_means(x, components, rng))
    one_hot = np.equal.outer(index, np.arange(components)).astype(np.float64)
    return _maximised(len(x), one_hot.sum(axis=0), one_hot.T @ x, one_hot.T @ (x * x), floor)


def _expectation_maximisation(x: Array, mixture: Posteriors, iterations: int, tolerance: float, floor: float) -> GmmFit:
    """One run of EM from a mixture; the log-likelihood is that of the mixture it returns."""
    before = -np.inf
    for iteration in range(iterations + 1):
        likelihood, moments = _expected(x, mixture)
        if likelihood - before < tolerance:
            return GmmFit(mixture, likelihood, True, iteration)
        before = likelihood
        if iteration < iterations:
            mixture = _maximised(len(x), *moments, floor)
    return GmmFit(mixture, likelihood, False, iterations)


def _expected(x: Array, mixture: Posteriors) -> tuple[float, tuple[Array, Array, Array]]:
    """Mean log-likelihood, and the sums over l of gamma (K,), gamma l and gamma l^2 (K, D)."""
    likelihood, count, first, second = (np.zeros(()) for _ in range(4))
    for start in range(0, len(x), CHUNK):
        rows = x[start : start + CHUNK]
        gamma, evidence = mixture.assign(rows)
        likelihood = likelihood + evidence.sum()
        count = count + gamma.sum(axis=0)
        first = first + gamma.T @ rows
        second = second + gamma.T @ (rows * rows)
    return float(likelihood / len(x)), (count, first, second)


def _maximised(length: int, count: Array, first: Array, second: Array, floor: float) -> Posteriors:
    """The mixture with the given moments; a component without descriptors has the prior 0 and the smallest variance."""
    safe = np.maximum(count, np.finfo(float).tiny)[:, None]
    means = first / safe
    return Posteriors(count / length, means, np.maximum(second / safe - means * means, floor))
