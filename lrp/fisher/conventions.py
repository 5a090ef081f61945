"""Fisher vectors and weights of other libraries in this package's convention.

    ours, VLFeat      [m_mu (K x D), m_sigma (K x D)]
    scikit-image      [weight gradients (K), m_mu (K x D), -m_sigma (K x D)]

VLFeat's flags as options of the layers: threshold=1e-6 drops small posteriors, hard=True is FAST, SignedPower() is
SQUARE_ROOT and L2Normalize() is NORMALIZED; IMPROVED is both, in this order.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.errors import ShapeError


def from_skimage(vectors: Any, components: int) -> Array:
    """A Fisher vector of scikit-image, or weights trained on such vectors, in our convention

    The K gradients with respect to the mixture's weights are left out, and the sigma block changes its sign. A vector
    that was normalised with those K entries has another norm than ours.

    Parameters
    ----------
    vectors : array
        (..., K + 2 K D).
    components : int
        K, the number of components of the mixture.

    Returns
    -------
    array
        (..., 2 K D).

    Raises
    ------
    ShapeError
        If the length is no K + 2 K D.

    Examples
    --------
    >>> from_skimage([9.0, 1.0, 2.0], components=1).tolist()
    [1.0, -2.0]
    """
    vectors = np.asarray(vectors)
    rest = vectors.shape[-1] - components
    if rest <= 0 or rest % (2 * components):
        raise ShapeError(
            f"scikit-image Fisher vector: expected a length K + 2 K D with K = {components}, got {vectors.shape[-1]}"
        )
    by_mean, by_sigma = np.split(vectors[..., components:], 2, axis=-1)
    return np.concatenate([by_mean, -by_sigma], axis=-1)


def to_skimage(vectors: Any, posteriors: Any, priors: Any) -> Array:
    """The Fisher vector of one cell as scikit-image has it, with the weight gradients

        (mean_l gamma_l(k) - lambda_k) / sqrt(lambda_k)

    Parameters
    ----------
    vectors : array
        (2 K D,) in our convention.
    posteriors : array
        (L, K) gamma of the cell's descriptors.
    priors : array
        (K,) lambda.

    Returns
    -------
    array
        (K + 2 K D,).

    Examples
    --------
    >>> to_skimage([1.0, 2.0, 3.0, 4.0], [[1.0, 0.0], [0.5, 0.5]], [0.25, 0.75]).round(3).tolist()
    [1.0, -0.577, 1.0, 2.0, -3.0, -4.0]
    """
    priors = np.asarray(priors)
    by_mean, by_sigma = np.split(np.asarray(vectors), 2)
    by_weight = (np.asarray(posteriors).mean(axis=0) - priors) / np.sqrt(priors)
    return np.concatenate([by_weight, by_mean, -by_sigma])
