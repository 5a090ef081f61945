"""The graph of nearest neighbours, and the spectrum of its Laplacian."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix, diags, identity
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import eigsh
from scipy.spatial import cKDTree

from lrp.arrays import Array
from lrp.errors import SettingError

DENSE = 400  # samples of a component up to which its whole spectrum is computed


def neighbour_graph(x: Array, neighbours: int) -> csr_matrix:
    """The symmetric affinity A = (C + C^T) / 2 of the k-nearest-neighbour graph, sparse (n, n).

        C_ij = 1 if j is among the k nearest neighbours of i (i itself left out), else 0

    Source: Lapuschkin et al. 2019, affinity of the neighbourhood graph

    x: (n, d). Which of several samples in the same distance are taken is not defined, but the same in every run.
    """
    count = len(x)
    if not 1 <= neighbours < count:
        raise SettingError(f"spray: expected from 1 to {count - 1} neighbours for {count} samples, got {neighbours}")
    _, found = cKDTree(x).query(x, k=min(neighbours + 1, count))
    rows, columns = [], []
    for i, near in enumerate(np.atleast_2d(found)):
        others = [j for j in near if j != i][:neighbours]
        rows += [i] * len(others)
        columns += others
    C = csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(count, count))
    return (C + C.T) / 2


def normalised_laplacian(A: csr_matrix) -> csr_matrix:
    """L = I - D^(-1/2) A D^(-1/2), with D the diagonal of the sums of A's rows.

    Source: Ng et al. 2001, normalised spectral clustering

    Its eigenvalues lie in [0, 2]; 0 occurs as often as the graph has connected components.
    """
    degree = np.asarray(A.sum(axis=1)).ravel()
    scale = diags(np.divide(1.0, np.sqrt(degree), out=np.zeros_like(degree), where=degree > 0))
    return csr_matrix(identity(A.shape[0]) - scale @ A @ scale)


def smallest_eigenpairs(L: csr_matrix, count: int) -> tuple[Array, Array]:
    """The `count` smallest eigenvalues (count,) in ascending order, and their eigenvectors (n, count).

    Each connected component is solved alone: its eigenvalue 0 is simple, while an iterative solver finds only some of
    the equal zeros of the whole graph. The eigenvectors of 0 are then constant on one component and 0 elsewhere.
    """
    size = L.shape[0]
    number, component = connected_components(L, directed=False)
    values: list[float] = []
    columns: list[Array] = []
    for k in range(number):
        members = np.flatnonzero(component == k)
        own, vectors = _connected(csr_matrix(L[members][:, members]), count)
        for value, vector in zip(own, vectors.T):
            column = np.zeros(size)
            column[members] = vector
            values.append(float(value))
            columns.append(column)
    order = np.argsort(values, kind="stable")[:count]
    return np.array(values)[order], np.stack([columns[i] for i in order], axis=1)


def _connected(L: csr_matrix, count: int) -> tuple[Array, Array]:
    """The smallest eigenpairs of a connected graph."""
    size = L.shape[0]
    count = min(count, size)
    if size <= DENSE or count >= size - 1:
        values, vectors = np.linalg.eigh(L.toarray())
        return values[:count], vectors[:, :count]
    start = np.random.default_rng(0).random(size)  # the same numbers in every run
    values, vectors = eigsh(csr_matrix(2 * identity(size) - L), k=count, which="LA", v0=start)
    order = np.argsort(-values)
    return 2 - values[order], vectors[:, order]
