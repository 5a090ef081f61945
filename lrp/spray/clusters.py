"""Spectral clustering of heatmaps: the number of clusters by the eigengap, k-means on the eigenvectors."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.sparse.csgraph import connected_components

from lrp.arrays import Array
from lrp.errors import SettingError
from lrp.fisher import k_means, nearest_centres
from lrp.spray.graph import neighbour_graph, normalised_laplacian, smallest_eigenpairs

MOST_CLUSTERS = 12
STARTS = 10  # of k-means; the best is kept


@dataclass(frozen=True, eq=False)
class Analysis:
    """The clusters of n samples.

    labels: (n,) the cluster of each sample, 0 the largest. eigenvalues: the smallest of the Laplacian, ascending.
    plane: (n, 2) coordinates to look at, the eigenvectors of the second and the third eigenvalue.
    """

    labels: Array = field(repr=False)
    eigenvalues: Array = field(repr=False)
    plane: Array = field(repr=False)
    neighbours: int = 0

    @property
    def count(self) -> int:
        """The number of clusters."""
        return int(self.labels.max()) + 1


def eigengap(eigenvalues: Array, most: int = MOST_CLUSTERS) -> int:
    """The number of clusters k in 2 .. most with the largest gap between the eigenvalues k and k + 1.

    Source: von Luxburg 2007, eigengap heuristic

    >>> eigengap(np.array([0.0, 0.01, 0.02, 0.5, 0.6]))
    3
    """
    gaps = np.diff(eigenvalues[: most + 1])[1:]
    return 2 + int(np.argmax(gaps)) if len(gaps) else min(2, len(eigenvalues))


def analyse(x: Array, clusters: int | None = None, neighbours: int = 10, seed: int = 0) -> Analysis:
    """Cluster the rows of x, such as `comparable(relevance)`.

    Parameters
    ----------
    x : Array
        (n, d), n >= 4.
    clusters : int, optional
        Their number; None: by the eigengap.
    neighbours : int
        Of the graph; fewer where there are fewer samples.
    seed : int
        Of the starts of k-means.

    Raises
    ------
    SettingError
        For fewer than four samples, and a number of clusters that does not fit.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> two = np.concatenate([rng.normal(size=(30, 5)), 9 + rng.normal(size=(20, 5))])
    >>> found = analyse(two)
    >>> found.count, found.labels[:2].tolist(), found.labels[-2:].tolist()
    (2, [0, 0], [1, 1])
    """
    if len(x) < 4:
        raise SettingError(f"spray: expected at least 4 samples, got {len(x)}")
    if clusters is not None and not 2 <= clusters <= len(x):
        raise SettingError(f"spray: expected from 2 to {len(x)} clusters, got {clusters}")
    near = min(neighbours, len(x) - 1)
    A = neighbour_graph(x, near)
    components, _ = connected_components(A, directed=False)
    most = max(MOST_CLUSTERS, components, clusters or 0)
    values, vectors = smallest_eigenpairs(normalised_laplacian(A), most + 1)
    count = eigengap(values, most) if clusters is None else clusters
    rows = vectors[:, : max(count, components)]  # with fewer, the samples of some components would all be 0
    norms = np.linalg.norm(rows, axis=1, keepdims=True)  # Ng et al. 2001: rows of norm 1
    rows = np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 0)
    labels = _best(rows, count, seed)
    order = np.argsort(-np.bincount(labels, minlength=count), kind="stable")
    return Analysis(np.argsort(order)[labels], values, vectors[:, 1:3], near)


def _best(rows: Array, count: int, seed: int) -> Array:
    """The labels of the k-means with the smallest sum of squared distances among several starts."""
    best, smallest = np.zeros(len(rows), int), np.inf
    for start in range(STARTS):
        centres = k_means(rows, count, np.random.default_rng([seed, start]))
        labels, distances = nearest_centres(rows, centres)
        if distances.sum() < smallest:
            best, smallest = labels, float(distances.sum())
    return best
