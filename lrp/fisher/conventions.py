"""Fisher vectors and weights of other libraries in this package's convention.

    ours, VLFeat      [m_mu (K x D), m_sigma (K x D)]
    scikit-image      [weight gradients (K), m_mu (K x D), -m_sigma (K x D)]

VLFeat takes the steps that the layers' options name: threshold=1e-6 drops small posteriors, hard=True is its FAST flag,
SignedPower() its SQUARE_ROOT and L2Normalize() its NORMALIZED flag; IMPROVED is both, in this order.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.errors import ShapeError


def from_skimage(vectors: Any, components: int) -> Array:
    """A Fisher vector, or weights trained on such, of scikit-image in our convention: (..., K + 2 K D) -> (..., 2 K D).

    The K gradients with respect to the mixture's weights are left out, and the sign of the sigma block is turned. A
    vector that was normalised with those K entries has another norm than ours.
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
    """The Fisher vector (2 K D,) of one cell as scikit-image has it (K + 2 K D,), from posteriors (L, K) and priors
    (K,).

    The weight gradients are (mean_l gamma_l(k) - lambda_k) / sqrt(lambda_k).
    """
    priors = np.asarray(priors)
    by_mean, by_sigma = np.split(np.asarray(vectors), 2)
    by_weight = (np.asarray(posteriors).mean(axis=0) - priors) / np.sqrt(priors)
    return np.concatenate([by_weight, by_mean, -by_sigma])
