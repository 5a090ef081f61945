"""Lapuschkin et al. 2016 (arXiv 1512.00172): R3, R2 and R1 by scalar loops, in Fractions where the formula allows it.

The paper's equation numbers could not be confirmed, so these tests are named after what they test.
"""

from fractions import Fraction

import numpy as np
import pytest

from lrp import layers as L
from lrp import rules
from tests.cases import numbers

K, D, LENGTH = 3, 2, 5
PYRAMID = ((1, 1), (2, 1))


def fractions(*rows):
    return np.array([[Fraction(v) for v in row] for row in rows], dtype=object)


@pytest.fixture
def pooling(rng):
    """Means, variances and scales as rational numbers: statistics that are fixed."""
    positive = abs(numbers(rng, (K, D), "exact")) + Fraction(1, 3)
    return L.FisherPooling(
        numbers(rng, (K, D), "exact"), positive, numbers(rng, (K, D), "exact") + Fraction(1, 7),
        numbers(rng, (K,), "exact") + Fraction(1, 5), PYRAMID,
    )  # fmt: skip


@pytest.fixture
def picture(rng):
    """Descriptors, posteriors with a component that nothing belongs to, and positions that leave the lower half empty."""
    x = numbers(rng, (1, LENGTH, D), "exact")
    gamma = abs(numbers(rng, (1, LENGTH, K), "exact"))
    gamma[..., 1] = Fraction(0)
    positions = fractions(*[(Fraction(l, LENGTH), Fraction(l, 2 * LENGTH)) for l in range(LENGTH)])[None]
    return x, gamma, positions


def statistic(pooling, x, gamma, l, d):
    """m_d(l) straight from its definition; d counts all m_mu (component by component), then all m_sigma."""
    block, rest = divmod(d, K * D)
    k, i = divmod(rest, D)
    away = x[0, l, i] - pooling.means[k, i]
    if block == 0:
        return gamma[0, l, k] * away * pooling.mean_scale[k, i]
    return gamma[0, l, k] * (away * away / pooling.variances[k, i] - 1) * pooling.sigma_scale[k]


def relevance_of_descriptors(pooling, picture, R, eps):
    """R2 by loops over cells, dimensions and descriptors; returns R_l, and what the stabilizer keeps."""
    x, gamma, positions = picture
    cells = [list(range(LENGTH))] + [
        [l for l in range(LENGTH) if int(positions[0, l, 1] * 2) == row] for row in range(2)
    ]
    R_l, kept = [Fraction(0)] * LENGTH, Fraction(0)
    for c, cell in enumerate(cells):
        for d in range(2 * K * D):
            R_d = R[0, c * 2 * K * D + d]
            total = sum((statistic(pooling, x, gamma, l, d) for l in cell), Fraction(0))
            if total == 0:
                for l in range(LENGTH):
                    R_l[l] += R_d / LENGTH
                continue
            stabilized = total + (eps if total >= 0 else -eps)
            for l in cell:
                R_l[l] += R_d * statistic(pooling, x, gamma, l, d) / stabilized
            kept += R_d * (stabilized - total) / stabilized
    return R_l, kept


def test_fisher_vector_is_the_mean_of_the_statistics(pooling, picture):
    y = pooling.compute(*picture)[0].reshape(3, -1)
    x, gamma, _ = picture
    for d in range(2 * K * D):
        mean = sum(statistic(pooling, x, gamma, l, d) for l in range(LENGTH)) / LENGTH
        assert y[0, d] == mean and y[1, d] == mean
    assert (y[2] == 0).all()


@pytest.mark.parametrize("eps", [Fraction(0), Fraction(1, 3), Fraction(100)])
def test_r2_relevance_of_descriptors_is_exact(pooling, picture, eps, rng):
    y = pooling.compute(*picture)
    assert pooling.zero_set(y)[0, -2 * K * D :].all() and not pooling.zero_set(y).all()
    R = numbers(rng, y.shape, "exact")
    share = pooling.distribute(R, rules.epsilon(eps), picture, y)
    R_l, kept = relevance_of_descriptors(pooling, picture, R, eps)
    assert share.parts[0][0].sum(axis=1).tolist() == R_l
    assert share.stabilizer[0] == kept and share.dropped[0] == 0
    assert sum(R_l) + kept == R.sum()
    assert (share.parts[1] == 0).all() and (share.parts[2] == 0).all()


def test_r2_spread_stabilizer_goes_to_all_descriptors(pooling, picture, rng):
    y = pooling.compute(*picture)
    R = numbers(rng, y.shape, "exact")
    share = pooling.distribute(R, rules.epsilon(2, sink="spread"), picture, y)
    R_l, kept = relevance_of_descriptors(pooling, picture, R, 2)
    assert share.parts[0][0].sum(axis=1).tolist() == [r + kept / LENGTH for r in R_l]
    assert share.stabilizer[0] == 0


def test_r2_without_descriptors_everything_is_dropped(pooling, picture, rng):
    empty = tuple(part[:, :0] for part in picture)
    y = pooling.compute(*empty)
    R = numbers(rng, y.shape, "exact")
    share = pooling.distribute(R, rules.zero(), empty, y)
    assert share.dropped[0] == R.sum() and share.parts[0].shape == (1, 0, D)


def test_r2_a_stabilized_sum_of_zero_is_dropped(rng):
    """The stabilizer that always adds eps meets a sum of -eps: no division by zero, the ledger says dropped."""
    pooling = L.FisherPooling(*(np.ones((1, 1)) for _ in range(3)), np.ones(1))
    x, gamma = np.zeros((1, 1, 1)), np.ones((1, 1, 1))
    y = pooling.compute(x, gamma)
    assert y.tolist() == [[-1, 0]]
    rule = rules.parse("epsilon:1,stab=plus")
    share = pooling.distribute(np.array([[3.0, 4.0]]), rule, (x, gamma), y)
    assert share.dropped[0] == 3 and share.parts[0].tolist() == [[[4]]]


def test_r3_relevance_of_dimensions_is_exact(rng):
    svm = L.LinearSVM(numbers(rng, (7, 3), "exact"), numbers(rng, (3,), "exact") + Fraction(1, 5))
    phi = numbers(rng, (1, 7), "exact")
    f = svm.compute(phi)
    c = int(np.argmax(f[0] != 0))
    R = np.where(np.arange(3) == c, f, Fraction(0))
    share = svm.distribute(R, svm.default_rule, (phi,), f)
    assert share.parts[0][0].tolist() == [svm.weight[d, c] * phi[0, d] + svm.bias[c] / 7 for d in range(7)]
    assert share.parts[0].sum() == f[0, c]


@pytest.mark.parametrize("channels", [1, 3])
def test_r1_relevance_of_pixels_is_exact(channels, rng):
    sift = L.DenseSIFT((2, 3), (4, 5), colour_weights=(0.5,) * channels)
    x = rng.random((1, 12, 15, channels))
    supports = sift.describe(x[0]).supports
    R = numbers(rng, (1, len(supports), 128), "exact")
    (pixels,) = sift.distribute(R, sift.default_rule, (x,), None).parts
    expected = [[Fraction(0)] * 15 for _ in range(12)]
    for l, (x0, y0, x1, y1) in enumerate(supports.tolist()):
        area = (x1 - x0 + 1) * (y1 - y0 + 1)
        for q in range(y0, y1 + 1):
            for p in range(x0, x1 + 1):
                expected[q][p] += sum(R[0, l]) / area
    assert pixels.sum(axis=3)[0].tolist() == expected
    assert (pixels == pixels[..., :1]).all() and pixels.sum() == R.sum()


def test_pca_keeps_the_relevance_of_every_descriptor(rng):
    pca = L.PCA(numbers(rng, (5,), "exact"), numbers(rng, (5, 3), "exact"))
    x = numbers(rng, (2, 7, 5), "exact")
    R = numbers(rng, (2, 7, 3), "exact")
    (part,) = pca.distribute(R, pca.default_rule, (x,), pca.compute(x)).parts
    assert (part.sum(axis=2) == R.sum(axis=2)).all()
    assert (part == part[..., :1]).all()


def test_context_ratio(rng):
    from lrp.fisher import context_ratio

    R = rng.normal(size=(5, 7)) + 0.5
    inside = rng.random((5, 7)) < 0.4
    outside_mean = sum(R[i, j] for i, j in np.ndindex(5, 7) if not inside[i, j]) / (~inside).sum()
    inside_mean = sum(R[i, j] for i, j in np.ndindex(5, 7) if inside[i, j]) / inside.sum()
    assert context_ratio(R, inside) == pytest.approx(outside_mean / inside_mean)
    assert context_ratio(np.where(inside, -1.0, R), inside) is None
    assert context_ratio(R, inside | True) is None and context_ratio(R, inside & False) is None
