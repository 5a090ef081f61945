"""Bach et al. 2015, bags of words: kernels, mapping weights and features, by scalar loops in Fractions.

The numbers of these equations could not be confirmed, so the tests are named after what they test.
"""

import math
from fractions import Fraction

import numpy as np
import pytest

from lrp import layers as L
from lrp import rules
from lrp.errors import ExactError, InputError, RuleError, SettingError, ShapeError
from tests.cases import numbers

S, V, C = 7, 5, 3
KERNELS = {
    L.LinearKernel: lambda u, v: u * v,
    L.HistogramIntersection: min,
    L.ChiSquare: lambda u, v: 2 * u * v / (u + v) if u + v != 0 else Fraction(0),
}


def machine(kind, rng):
    support = abs(numbers(rng, (S, V), "exact"))
    return kind(support, numbers(rng, (S, C), "exact"), numbers(rng, (C,), "exact") + Fraction(1, 9))


@pytest.mark.parametrize("kind", KERNELS)
def test_sum_kernels_by_scalar_loop(kind, rng):
    """R_d = b/V + sum_i alpha_i y_i k_d(x_id, x_d), and their sum is f(x)."""
    svm, x = machine(kind, rng), abs(numbers(rng, (2, V), "exact"))
    f = svm.compute(x)
    for n in range(2):
        for c in range(C):
            R_d = [
                svm.bias[c] / V
                + sum(svm.coefficients[i, c] * KERNELS[kind](svm.support[i, d], x[n, d]) for i in range(S))
                for d in range(V)
            ]
            assert sum(R_d) == f[n, c] != 0
            R = np.where(np.arange(C) == c, f[n : n + 1], Fraction(0))
            share = svm.distribute(R, svm.default_rule, (x[n : n + 1],), f[n : n + 1])
            assert share.parts[0][0].tolist() == R_d


@pytest.mark.parametrize("kind", KERNELS)
def test_the_bias_may_stay_on_the_ledger(kind, rng):
    svm, x = machine(kind, rng), abs(numbers(rng, (1, V), "exact"))
    f = svm.compute(x)
    share = svm.distribute(f, rules.epsilon(Fraction(1, 4)), (x,), f)
    shifts = [Fraction(1, 4) if z >= 0 else -Fraction(1, 4) for z in f[0]]
    assert share.bias[0] == sum(z / (z + e) * b for z, e, b in zip(f[0], shifts, svm.bias))
    assert share.stabilizer[0] == sum(z / (z + e) * e for z, e in zip(f[0], shifts))
    assert share.parts[0].sum() + share.bias[0] + share.stabilizer[0] == f.sum()


def test_a_score_of_zero_divides_nothing():
    svm = L.LinearKernel(np.ones((1, 2)), np.array([[1.0]]), np.array([-2.0]))
    x = np.ones((1, 2))
    share = svm.distribute(np.array([[3.0]]), rules.zero(), (x,), svm.compute(x))
    assert share.dropped[0] == 3 and (share.parts[0] == 0).all()


def root_by_bisection(f, x, far):
    low, high = 0.0, 1.0
    for _ in range(80):
        middle = (low + high) / 2
        if f(x) * f(x + middle * (far - x)) >= 0:
            low = middle
        else:
            high = middle
    return x + low * (far - x)


@pytest.mark.parametrize(
    "kind, kernel",
    [
        (L.RBF, lambda u, v, g: math.exp(-g * sum((a - b) ** 2 for a, b in zip(u, v)))),
        (
            L.ExponentialChiSquare,
            lambda u, v, g: math.exp(-g * sum((a - b) ** 2 / (a + b) for a, b in zip(u, v) if a + b > 0)),
        ),
    ],
)
def test_taylor_kernels(kind, kernel, rng):
    """R_d = (x - x0)_d df/dx_d(x0) at a root x0, derivatives by differences; the rest of f stands as dropped."""
    svm = kind(rng.random((S, V)), rng.normal(size=(S, 1)), np.array([0.1]), 0.7)
    x = rng.random(V)

    def f(point):
        return sum(a * kernel(u, point, 0.7) for a, u in zip(svm.coefficients[:, 0], svm.support)) + 0.1

    score = svm.compute(x[None])
    assert score[0, 0] == pytest.approx(f(x))
    others = [u for u in svm.support if f(u) * f(x) < 0]
    far = min(others, key=lambda u: sum((u - x) ** 2))
    root = root_by_bisection(f, x, far)
    assert abs(f(root)) < 1e-9
    h = 1e-6
    expected = [
        (x[d] - root[d]) * (f(root + h * np.eye(V)[d]) - f(root - h * np.eye(V)[d])) / (2 * h) for d in range(V)
    ]
    share = svm.distribute(score, rules.zero(), (x[None],), score)
    assert share.parts[0][0] == pytest.approx(expected, abs=1e-7)
    assert share.dropped[0] == pytest.approx(score.sum() - sum(expected), abs=1e-6)


def test_taylor_without_a_root_drops_everything(rng):
    svm = L.RBF(rng.random((S, V)), np.ones((S, 1)), np.array([1.0]))
    x = rng.random((2, V))
    f = svm.compute(x)
    share = svm.distribute(f, svm.default_rule, (x,), f)
    assert (share.parts[0] == 0).all() and share.dropped == pytest.approx(f[:, 0])


def cells_of(positions, pyramid_cells):
    return [list(range(len(positions)))] + [
        [l for l in range(len(positions)) if int(positions[l, 1] * 2) == row] for row in (0, 1)
    ]


@pytest.mark.parametrize("pooled", ["mean", "max"])
@pytest.mark.parametrize("eps", [Fraction(0), Fraction(1, 3)])
def test_relevance_of_local_features(pooled, eps, rng):
    """R_l = sum_{d not in Z} R_d m_d(l) / sum m_d + (1/L) sum_{d in Z} R_d, with an empty cell and an unused word."""
    layer = {"mean": L.MeanHistogram, "max": L.MaxHistogram}[pooled](((1, 1), (2, 1)))
    m = abs(numbers(rng, (1, 6, V), "exact"))
    m[0, :, 2] = Fraction(0)
    m[0, 3] = m[0, 4]  # a tie
    positions = np.full((1, 6, 2), Fraction(1, 4), dtype=object)
    y = layer.compute(m, positions)
    R = numbers(rng, y.shape, "exact")
    R_l, kept = [Fraction(0)] * 6, Fraction(0)
    for c, cell in enumerate([range(6), range(6), range(0)]):
        for d in range(V):
            column = [m[0, l, d] for l in cell]
            top = max(column, default=0)
            assert y[0, c * V + d] == (top if pooled == "max" else sum(column) / Fraction(max(len(column), 1)))
            parts = [v if pooled == "mean" or v == top else Fraction(0) for v in column]
            R_d, total = R[0, c * V + d], sum(parts, Fraction(0))
            for l in range(6):
                if total == 0:
                    R_l[l] += R_d / 6
                elif l in cell:
                    R_l[l] += R_d * parts[l] / (total + eps)
            kept += R_d * eps / (total + eps) if total != 0 else 0
    share = layer.distribute(R, rules.epsilon(eps), (m, positions), y)
    assert share.parts[0][0].sum(axis=1).tolist() == R_l
    assert share.stabilizer[0] == kept and sum(R_l) + kept == R.sum()
    empty = layer.distribute(R, rules.zero(), (m[:, :0], positions[:, :0]), layer.compute(m[:, :0], positions[:, :0]))
    assert empty.dropped[0] == R.sum()


def test_p_means(rng):
    m = rng.random((2, 6, V))
    y = L.MeanHistogram(exponent=3).compute(m)
    for n, d in np.ndindex(2, V):
        assert y[n, d] == pytest.approx((sum(m[n, l, d] ** 3 for l in range(6)) / 6) ** (1 / 3))
    R = rng.normal(size=(2, V))
    layer = L.MeanHistogram(exponent=3)
    part = layer.distribute(R, layer.default_rule, (m,), y).parts[0]
    assert part == pytest.approx(R[:, None] * m**3 / (m**3).sum(axis=1, keepdims=True))


def test_mappings_by_scalar_loop(rng):
    words, x = rng.normal(size=(V, 2)), rng.normal(size=(1, 6, 2))
    hard, soft = L.HardMapping(words).compute(x)[0], L.SoftMapping(words, 0.8).compute(x)[0]
    for l in range(6):
        squares = [sum((x[0, l, i] - words[d, i]) ** 2 for i in range(2)) for d in range(V)]
        weights = [math.exp(-0.8 * square) for square in squares]
        assert soft[l] == pytest.approx([w / sum(weights) for w in weights])
        assert hard[l].tolist() == [float(square == min(squares)) for square in squares]


def test_the_chain_is_exact_down_to_the_descriptors(rng):
    """Hard mapping, histogram and histogram intersection in one network: f(x) = sum of the descriptors' relevance."""
    import lrp

    x = numbers(rng, (2, 7, 2), "exact")
    network = lrp.Network.sequential(
        [
            L.HardMapping(rng.integers(-2, 3, size=(V, 2)).astype(float)),
            L.MeanHistogram(),
            L.HistogramIntersection(rng.random((S, V)), rng.normal(size=(S, C)), rng.normal(size=C)),
        ],
        (7, 2),
        dtype="exact",
    )
    explanation = network.explain(x)
    explanation.ledger.check()
    assert (explanation.relevance.sum(axis=(1, 2)) == explanation.trace.output.max(axis=1)).all()


def test_refused(rng):
    good = rng.random((S, V)), rng.random((S, C)), rng.random(C)
    with pytest.raises(ShapeError, match=r"LinearKernel: expected support vectors \(S, V\) and coefficients"):
        L.LinearKernel(good[0], good[1][1:], good[2])
    with pytest.raises(ShapeError, match=r"vectors of shape \(5,\) per sample, got \(6,\)"):
        L.LinearKernel(*good).output_shape((6,))
    with pytest.raises(InputError, match="ChiSquare: expected histograms with entries >= 0, got -1.0 at index"):
        L.ChiSquare(*good).compute(-np.ones((1, V)))
    with pytest.raises(InputError, match="ExponentialChiSquare: expected histograms"):
        L.ExponentialChiSquare(-good[0], *good[1:])
    with pytest.raises(SettingError, match="RBF: expected gamma > 0, got 0"):
        L.RBF(*good, 0)
    with pytest.raises(ExactError, match="RBF: expected floating-point numbers"):
        L.RBF(*good).astype("exact").compute(numbers(rng, (1, V), "exact"))
    with pytest.raises(RuleError, match="LinearKernel layer takes .zero or epsilon., got 'gamma:0.25'"):
        L.LinearKernel(*good).distribute(rng.random((1, C)), rules.gamma(), (rng.random((1, V)),), rng.random((1, C)))
    with pytest.raises(ShapeError, match=r"codebook: expected words of shape \(V, D\)"):
        L.HardMapping(np.ones(3))
    with pytest.raises(SettingError, match="SoftMapping: expected smoothness > 0"):
        L.SoftMapping(np.ones((3, 2)), 0)
    with pytest.raises(SettingError, match="MeanHistogram: expected an exponent > 0"):
        L.MeanHistogram(exponent=0)
    with pytest.raises(ShapeError, match=r"descriptors of shape \(L, 2\) per sample, got \(3,\)"):
        L.HardMapping(np.ones((3, 2))).output_shape((3,))
    with pytest.raises(ShapeError, match=r"mapping weights \(L, V\) and perhaps positions \(L, 2\) per sample, got"):
        L.MeanHistogram().output_shape((3, 4), (5, 2))
    with pytest.raises(InputError, match="HardMapping: expected finite numbers, got .*nan"):
        L.HardMapping(np.ones((3, 2))).compute(np.full((1, 4, 2), np.nan))
