"""Pooling by a p-norm, by scalar loops; and a network with it comes back from its file."""

import math
from fractions import Fraction

import numpy as np
import pytest

import lrp
from lrp import layers as L
from lrp.errors import ExactError, SettingError, ShapeError
from tests.cases import numbers

NORMS = [1, 2, 3, 2.5, math.inf]


def norm(values, p):
    """||values||_p, one value after the other."""
    total = 0.0
    for v in values:
        total = max(total, abs(v)) if p == math.inf else total + abs(v) ** p
    return total if p == math.inf else total ** (1 / p)


@pytest.mark.parametrize("p", NORMS)
def test_values_and_relevance_by_scalar_loops(rng, p):
    pool, x = L.PNormPool(3, p), rng.uniform(0.1, 1, size=(2, 15))
    x[0, 3:6] = 0  # a pool of zeros
    x[1, 9:12] = [0.5, 0.5, 0.25]  # a tie
    R, y = rng.normal(size=(2, 5)), pool.forward(x)
    expected, dropped = np.zeros((2, 15)), np.zeros(2)
    for n, k in np.ndindex(2, 5):
        members = [x[n, 3 * k + j] for j in range(3)]
        assert y[n, k] == pytest.approx(norm(members, p), rel=1e-14)
        if sum(members) == 0:
            dropped[n] += R[n, k]
            continue
        for j in range(3):
            expected[n, 3 * k + j] = members[j] / sum(members) * R[n, k]
    np.testing.assert_allclose(pool.lrp(R), expected, rtol=1e-14)
    divided = pool.distribute(R, pool.default_rule, (x,), y)
    assert divided.dropped.tolist() == dropped.tolist() and dropped[0] == R[0, 1]


@pytest.mark.parametrize("p", NORMS)
def test_the_gradient_by_differences(rng, p):
    pool, x = L.PNormPool(3, p), rng.uniform(0.1, 1, size=(2, 15)) * rng.choice([-1, 1], size=(2, 15))
    g, h = rng.normal(size=(2, 5)), 1e-6
    (slope,) = pool.pullback(g, (x,), pool.compute(x))
    for index in np.ndindex(2, 15):
        step = np.zeros((2, 15))
        step[index] = h
        change = (g * (pool.compute(x + step) - pool.compute(x - step))).sum() / (2 * h)
        assert slope[index] == pytest.approx(change, abs=1e-6)


def test_edges_of_the_gradient():
    one, two, most = (L.PNormPool(2, p) for p in (1, 2, math.inf))
    x, g = np.array([[3.0, 3, 0, 0]]), np.array([[1.0, 1]])
    assert one.pullback(g, (x,), one.compute(x))[0].tolist() == [[1, 1, 0, 0]]
    assert most.pullback(g, (x,), most.compute(x))[0].tolist() == [[1, 0, 0, 0]]  # the first of two maxima
    np.testing.assert_allclose(two.pullback(g, (x,), two.compute(x))[0], [[0.5**0.5, 0.5**0.5, 0, 0]])


@pytest.mark.parametrize("p", [1, math.inf])
def test_exact(rng, p):
    x, R = np.abs(numbers(rng, (2, 6), "exact")), numbers(rng, (2, 2), "exact")
    x[0, :3] = Fraction(0)
    pool = L.PNormPool(3, p)
    y = pool.compute(x)
    divided = pool.distribute(R, pool.default_rule, (x,), y)
    for n, k in np.ndindex(2, 2):
        members = [x[n, 3 * k + j] for j in range(3)]
        assert y[n, k] == (max(members) if p == math.inf else sum(members))
        for j in range(3):
            expected = members[j] / sum(members) * R[n, k] if sum(members) else 0
            assert divided.parts[0][n, 3 * k + j] == expected
    assert divided.dropped.tolist() == [R[0, 0], 0]
    (g,) = pool.pullback(R, (x,), y)
    assert (g * x).sum() == (R * y).sum()  # Euler: a norm is homogeneous of degree 1


@pytest.mark.parametrize("p", [1, 2, math.inf])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_network_with_it_comes_back_from_its_file(rng, tmp_path, p, dtype):
    stack = [L.Dense(rng.normal(size=(5, 6)), -np.abs(rng.normal(size=6))), L.ReLU(), L.PNormPool(2, p)]
    network = lrp.Network.sequential([*stack, L.Dense(rng.normal(size=(3, 2)))], (5,), dtype=dtype)
    lrp.save(network, tmp_path / "m.h5")
    x = rng.normal(size=(4, 5)).astype(dtype)
    for trusted in (True, False):
        again = lrp.load(tmp_path / "m.h5", dtype, trusted=trusted)
        (pool,) = (node.layer for node in again.nodes.values() if isinstance(node.layer, L.PNormPool))
        assert (pool.size, pool.p) == (2, p)
        assert again.forward(x).output.tobytes() == network.forward(x).output.tobytes()
        one, two = (n.explain(x, 1, "dense*=z_plus:bias=off") for n in (network, again))
        assert one.relevance.tobytes() == two.relevance.tobytes() and one.relevance.dtype == dtype
        two.ledger.check()
    lrp.save(again, tmp_path / "again.h5")
    assert (tmp_path / "m.h5").read_bytes() == (tmp_path / "again.h5").read_bytes()


def test_the_training_free_decomposition_is_consistent_for_every_p(rng):
    """R_j = x_j / sum x_j' R_k: sum R = f where the biases of the detection neurons are not above 0."""
    x = np.abs(rng.normal(size=(3, 5)))
    upper = L.Dense(rng.normal(size=(3, 2)) + 1, -np.abs(rng.normal(size=2)) / 9)
    first = L.Dense(rng.normal(size=(5, 6)), -np.abs(rng.normal(size=6)) / 9)
    for p in NORMS:
        network = lrp.Network.sequential([first, L.ReLU(), L.PNormPool(2, p), upper, L.ReLU()], (5,))
        lines = [("dense1", "w_square"), ("dense2", "z_plus:bias=off")]
        explained = network.explain(x, 1, lines, start="relu")
        assert (explained.relevance >= 0).all() and (explained.ledger.start > 0).any()
        np.testing.assert_allclose(explained.relevance.sum(axis=1), explained.ledger.start, rtol=1e-12)


def test_errors():
    with pytest.raises(ExactError, match="p = 2"):
        L.PNormPool(3, 2).compute(np.ones((1, 6), int) * Fraction(1))
    for p in (0.5, "many", None, math.nan):
        with pytest.raises(SettingError, match="p >= 1"):
            L.PNormPool(3, p)
    with pytest.raises(ShapeError, match="multiple of 4"):
        L.PNormPool(4).forward(np.ones((1, 6)))
    assert L.PNormPool(2, "inf").p == math.inf
