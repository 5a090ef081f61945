"""A small classifier on Fisher vectors, and pictures for it."""

from __future__ import annotations

import numpy as np
import pytest

import lrp
from lrp import fisher, layers

PYRAMID = ((1, 1), (3, 1), (2, 2))


def texture(rng: np.random.Generator, height: int, width: int, turn: float) -> np.ndarray:
    """Noise with a wave in one direction, in [0, 1]: (h, w, 1)."""
    y, x = np.mgrid[:height, :width]
    wave = np.sin(2 * np.pi * (np.cos(turn) * x + np.sin(turn) * y) / 7)
    return np.clip(0.5 + 0.3 * wave + 0.08 * rng.normal(size=(height, width)), 0, 1)[..., None]


@pytest.fixture(scope="session")
def pictures() -> np.ndarray:
    """(8, 30, 37, 1): four of each of two textures."""
    rng = np.random.default_rng(3)
    return np.stack([texture(rng, 30, 37, turn) for turn in [0.0] * 4 + [1.2] * 4])


@pytest.fixture(scope="session")
def classifier(pictures) -> lrp.Network:
    """Dense SIFT of two bin sizes, PCA to 6, 3 components, a pyramid of 8 cells, two classes."""
    rng = np.random.default_rng(4)
    sift = layers.DenseSIFT((3, 4), (4, 5))
    descriptors = sift.compute(pictures)
    pca = fisher.fit_pca(descriptors.reshape(-1, 128), 6)
    m = fisher.fit_gmm(pca.compute(descriptors).reshape(-1, 6), 3, rng, restarts=1).mixture
    encode = layers.FisherVector(m.priors, m.means, m.variances, threshold=1e-6, pyramid=PYRAMID)
    vectors = fisher.encoder(sift, pca, encode).forward(pictures).output
    svm = fisher.fit_svm(vectors, np.repeat(np.eye(2), 4, axis=0))
    metadata = lrp.Metadata(classes=("upright", "slanted"), input_range=(0, 1))
    return fisher.classifier(sift, pca, encode, svm, metadata=metadata)
