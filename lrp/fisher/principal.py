"""Principal component analysis of local descriptors."""

from __future__ import annotations

from typing import Any

import numpy as np

from lrp.errors import SettingError
from lrp.fisher.descriptors import as_descriptors
from lrp.layers.local_features import PCA


def fit_pca(descriptors: Any, dimensions: int, whiten: bool = False) -> PCA:
    """The projection onto the directions in which the descriptors vary most

    Directions are the eigenvectors of the covariance (1/(L-1)) sum_l (x_l - mean)(x_l - mean)^T, the largest eigenvalue
    first, each with its largest entry positive.

    Parameters
    ----------
    descriptors : array
        (L, D).
    dimensions : int
        From 1 to D.
    whiten : bool
        Divide by the standard deviation, so that every component has the variance 1.

    Returns
    -------
    PCA

    Raises
    ------
    SettingError
        For another number of dimensions; with whiten, if a component has no variance.
    InputError
        For fewer than 2 different descriptors, NaN or infinity.

    Examples
    --------
    >>> fit_pca([[0.0, 0.0], [2.0, 0.0], [4.0, 0.0]], 1).components.tolist()
    [[1.0], [0.0]]
    """
    x = as_descriptors(descriptors, "PCA", 2)
    if not 1 <= dimensions <= x.shape[1]:
        raise SettingError(f"PCA: expected 1 to {x.shape[1]} dimensions, as the descriptors have, got {dimensions}")
    mean = x.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(x.T, ddof=1).reshape(x.shape[1], x.shape[1]))
    values, vectors = values[::-1][:dimensions], vectors[:, ::-1][:, :dimensions]
    largest = np.take_along_axis(vectors, np.abs(vectors).argmax(axis=0)[None], axis=0)
    components = vectors * np.where(largest < 0, -1, 1)
    if not whiten:
        return PCA(mean, components)
    noise = values[0] * x.shape[1] * np.finfo(float).eps
    return PCA(mean, components, np.sqrt(np.where(values > noise, values, 0)))
