"""The sign of a sum's weights: RevealCancel and excitation backprop through Add, Subtract, Average and WeightedAdd."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from lrp import Network, Node
from lrp.layers import Add, Average, Dense, Input, ReLU, Sigmoid, Subtract, Tanh, WeightedAdd
from lrp.methods import REVEAL_CANCEL, deep_lift, excitation_backprop, integrated_gradients

# y = p a + q b, then h = f(y), then t = u a + v h: each of the two sums by the layers that can express it
SUMS = {
    "minimum, Subtract": (Subtract(), (1, -1), Subtract(), (1, -1)),
    "minimum, WeightedAdd": (WeightedAdd((1, -1)), (1, -1), WeightedAdd((1, -1)), (1, -1)),
    "half the maximum, Average": (WeightedAdd((-1, 1)), (-1, 1), Average(), (0.5, 0.5)),
    "maximum, Add": (WeightedAdd((-1, 1)), (-1, 1), Add(), (1, 1)),
    "other coefficients": (WeightedAdd((-0.5, 2)), (-0.5, 2), WeightedAdd((-3, 0.25)), (-3, 0.25)),
}


def by_layers(first, second, f):
    nodes = [
        Node("a", Input((3,))),
        Node("b", Input((3,))),
        Node("y", first, ("a", "b")),
        Node("h", f, ("y",)),
        Node("t", second, ("a", "h")),
    ]
    return Network(nodes)


def by_dense(p, f, u):
    """The same for one entry: (a, b) -> (p a + q b, a) -> f on the first alone -> u a + v h."""
    nodes = [
        Node("x", Input((2,))),
        Node("y", Dense(np.array([[p[0]], [p[1]]], dtype=float)), ("x",)),
        Node("a", Dense(np.array([[1.0], [0.0]])), ("x",)),
        Node("h", f, ("y",)),
        Node("from_a", Dense(np.array([[u[0]]], dtype=float)), ("a",)),
        Node("from_h", Dense(np.array([[u[1]]], dtype=float)), ("h",)),
        Node("t", Add(), ("from_a", "from_h")),
    ]
    return Network(nodes)


def by_loops(p, f, u, x, r):
    """R_a and R_b of one entry, from the formulas, with floats."""
    dx = [xi - ri for xi, ri in zip(x, r)]
    products = [w * d for w, d in zip(p, dx)]
    plus, minus = sum(max(q, 0.0) for q in products), sum(min(q, 0.0) for q in products)
    y0 = sum(w * ri for w, ri in zip(p, r))
    h_plus = (f(y0 + plus) - f(y0)) / 2 + (f(y0 + minus + plus) - f(y0 + minus)) / 2
    h_minus = (f(y0 + minus) - f(y0)) / 2 + (f(y0 + plus + minus) - f(y0 + plus)) / 2
    m = (h_plus / plus if plus else 0.0, h_minus / minus if minus else 0.0)
    R = [u[0] * dx[0], 0.0]
    for i, product in enumerate(products):
        R[i] += u[1] * product * (m[0] if product > 0 else m[1])
    return R


@pytest.mark.parametrize("name", list(SUMS))
@pytest.mark.parametrize("f", [ReLU(), Tanh(), Sigmoid()])
def test_reveal_cancel_through_sums_by_loops_and_as_a_dense_layer(rng, name, f):
    first, p, second, u = SUMS[name]
    network, dense = by_layers(first, second, f), by_dense(p, f, u)
    scalar = {ReLU: lambda z: max(z, 0.0), Tanh: np.tanh, Sigmoid: lambda z: 1 / (1 + np.exp(-z))}[type(f)]
    a, b, r = rng.normal(size=(40, 3)) * 3, rng.normal(size=(40, 3)) * 3, rng.normal(size=(2, 3))
    for entry in range(3):
        found = deep_lift(network, (a, b), entry, baseline=(r[0], r[1]), rule=REVEAL_CANCEL)
        np.testing.assert_allclose(found.gap(), 0, atol=1e-12)
        found.ledger.check()
        pair, reference = np.stack([a[:, entry], b[:, entry]], axis=1), r[:, entry]
        same = deep_lift(dense, pair, 0, baseline=reference, rule=REVEAL_CANCEL)
        for n in range(40):
            wanted = by_loops(p, scalar, u, pair[n], reference)
            got = [found.relevance[i][n, entry] for i in range(2)]
            np.testing.assert_allclose(got, wanted, rtol=1e-7, atol=1e-10)
            np.testing.assert_allclose(same.relevance[n], wanted, rtol=1e-7, atol=1e-10)


@pytest.mark.parametrize("layer", [Subtract(), WeightedAdd((1, -1))])
def test_a_minimum_is_divided_in_halves_exactly(layer):
    """min(a, b) = a - relu(a - b) at (3, 1) against 0: 1/2 and 1/2, as the same network built with a dense layer."""
    nodes = [
        Node("a", Input((1,))),
        Node("b", Input((1,))),
        Node("y", layer, ("a", "b")),
        Node("h", ReLU(), ("y",)),
        Node("t", layer, ("a", "h")),
    ]
    network = Network(nodes).exact()
    found = deep_lift(network, (np.array([[3.0]]), np.array([[1.0]])), 0, rule="reveal_cancel")
    assert [R[0, 0] for R in found.relevance] == [Fraction(1, 2), Fraction(1, 2)]
    found.ledger.check()


def test_broadcast_inputs_of_a_difference_get_the_sum_of_their_multipliers(rng):
    nodes = [
        Node("a", Input((2, 3, 2))),
        Node("b", Input((1, 3, 2))),
        Node("y", Subtract(), ("a", "b")),
        Node("h", ReLU(), ("y",)),
        Node("flat", Dense(rng.normal(size=(2, 2))), ("h",)),
    ]
    network = Network(nodes)
    x = rng.normal(size=(4, 2, 3, 2)), rng.normal(size=(4, 1, 3, 2))
    found = deep_lift(network, x, (1, 2, 0), rule="reveal_cancel", baseline=0.3)
    np.testing.assert_allclose(found.gap(), 0, atol=1e-12)
    assert [part.shape for part in found.relevance] == [x[0].shape, x[1].shape]


def test_rescale_through_sums_is_integrated_gradients_with_one_hidden_layer(rng):
    first, _, second, _ = SUMS["other coefficients"]
    network = by_layers(first, second, Tanh())
    x = rng.normal(size=(3, 3)), rng.normal(size=(3, 3))
    a, b = deep_lift(network, x, 1), integrated_gradients(network, x, 1, steps=2000)
    for one, other in zip(a.relevance, b.relevance):
        np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.parametrize(
    "layer, weights", [(Subtract(), (1, -1)), (WeightedAdd((-2, 0.5)), (-2, 0.5)), (Add(), (1, 1))]
)
def test_excitation_backprop_shares_a_sum_by_its_positive_products(rng, layer, weights):
    """P(a_i) = (w_i a_i)^+ / sum_k (w_k a_k)^+: a subtracted activation wins nothing, a subtracted negative one does."""
    network = Network([Node("a", Input((4,))), Node("b", Input((4,))), Node("y", layer, ("a", "b"))])
    x = rng.normal(size=(6, 4)), rng.normal(size=(6, 4))
    found = excitation_backprop(network, x, 2)
    for n in range(6):
        products = [max(w * part[n, 2], 0.0) for w, part in zip(weights, x)]
        total = sum(products)
        wanted = [p / total if total else 0.0 for p in products]
        np.testing.assert_allclose([part[n, 2] for part in found.relevance], wanted, rtol=1e-12)


def test_fan_out_adds_the_multipliers_of_both_branches(rng):
    """t = u relu(a) + v tanh(a): one input read twice, against the formula of Rescale."""
    nodes = [
        Node("a", Input((3,))),
        Node("relu", ReLU(), ("a",)),
        Node("tanh", Tanh(), ("a",)),
        Node("t", WeightedAdd((2, -3)), ("relu", "tanh")),
    ]
    network = Network(nodes)
    x, r = rng.normal(size=(5, 3)), rng.normal(size=3)
    for rule in ("rescale", "reveal_cancel"):
        found = deep_lift(network, x, 1, baseline=r, rule=rule)
        wanted = 2 * (np.maximum(x, 0) - np.maximum(r, 0)) - 3 * (np.tanh(x) - np.tanh(r))
        np.testing.assert_allclose(found.relevance[:, 1], wanted[:, 1], rtol=1e-7, atol=1e-12)


def test_two_hidden_layers_by_loops_where_differences_cancel(rng):
    """Whole numbers, so that dh = 0 with dz+ = -dz- occurs: there a multiplier is the mean of m+ and m-, and counts."""
    f = lambda z: max(z, 0.0)  # noqa: E731
    cancelled = 0
    for _ in range(60):
        w1, w2, w3 = (rng.integers(-2, 3, shape).astype(float) for shape in ((3, 4), (4, 3), (3, 1)))
        b1, b2 = rng.integers(0, 4, 4).astype(float), rng.integers(0, 4, 3).astype(float)
        x, r = rng.integers(-2, 3, 3).astype(float), rng.integers(-2, 3, 3).astype(float)

        def signed(w, d):
            plus = [sum(max(w[i][j] * d[i], 0.0) for i in range(len(d))) for j in range(w.shape[1])]
            minus = [sum(min(w[i][j] * d[i], 0.0) for i in range(len(d))) for j in range(w.shape[1])]
            return plus, minus

        def reveal(z0, plus, minus):
            y_plus = (f(z0 + plus) - f(z0)) / 2 + (f(z0 + minus + plus) - f(z0 + minus)) / 2
            y_minus = (f(z0 + minus) - f(z0)) / 2 + (f(z0 + plus + minus) - f(z0 + plus)) / 2
            slope = 1.0 if z0 + (plus + minus) / 2 > 0 else 0.0
            return (y_plus / plus if plus else slope), (y_minus / minus if minus else slope)

        def below(w, d, pairs):
            m = []
            for i in range(len(d)):
                total = 0.0
                for j, (m_plus, m_minus) in enumerate(pairs):
                    sign = w[i][j] * d[i]
                    chosen = m_plus if sign > 0 else m_minus if sign < 0 else (m_plus + m_minus) / 2
                    total += w[i][j] * chosen
                m.append(total)
            return m

        z1, z1_0 = x @ w1 + b1, r @ w1 + b1
        h, h0 = np.maximum(z1, 0), np.maximum(z1_0, 0)
        z2_0 = h0 @ w2 + b2
        (p1, n1), (p2, n2) = signed(w1, x - r), signed(w2, h - h0)
        pairs2 = [tuple(w3[k, 0] * m for m in reveal(z2_0[k], p2[k], n2[k])) for k in range(3)]
        m_h = below(w2, h - h0, pairs2)
        cancelled += sum(h[j] == h0[j] and p1[j] != 0 and m_h[j] != 0 for j in range(4))
        pairs1 = [tuple(m_h[j] * m for m in reveal(z1_0[j], p1[j], n1[j])) for j in range(4)]
        wanted = np.array(below(w1, x - r, pairs1)) * (x - r)
        network = Network.sequential([Dense(w1, b1), ReLU(), Dense(w2, b2), ReLU(), Dense(w3)], (3,))
        found = deep_lift(network, x[None], 0, baseline=r, rule="reveal_cancel")
        np.testing.assert_allclose(found.relevance[0], wanted, rtol=1e-9, atol=1e-12)
    assert cancelled > 5
