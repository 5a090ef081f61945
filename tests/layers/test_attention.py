"""Attention by the rules of Achtibat et al. 2024, against numbers worked out by hand; recurrent cells against loops."""

import numpy as np
import pytest

from lrp import layers as L
from lrp import rules
from lrp.layers.activations import softmax_relevance

SCORES = np.array([[[1.0, 2.0], [0.0, -1.0]]])
V = np.array([[[1.0, 2.0], [3.0, -1.0]]])
R_O = np.eye(2)[None]


def test_the_product_and_the_softmax_of_a_worked_example():
    A = L.Softmax().compute(SCORES)
    np.testing.assert_allclose(A[0], [[0.268941, 0.731059], [0.731059, 0.268941]], atol=1e-6)
    product = L.MatMul()
    O = product.compute(A, V)
    np.testing.assert_allclose(O[0], [[2.462117, -0.193176], [1.537883, 1.193176]], atol=1e-6)
    divided = product.distribute(R_O, rules.zero(), (A, V), O)
    R_A, R_V = divided.parts
    np.testing.assert_allclose(R_A[0], [[0.054616, 0.445384], [0.612700, -0.112700]], atol=1e-6)
    np.testing.assert_allclose(R_V[0], [[0.054616, 0.612700], [0.445384, -0.112700]], atol=1e-6)
    assert R_A.sum() + R_V.sum() == pytest.approx(2) and divided.dropped == 0
    R_S = softmax_relevance(R_A, SCORES, A)
    np.testing.assert_allclose(R_S[0], [[-0.079855, 0.159710], [0.0, 0.247171]], atol=1e-6)
    by_layer = L.Softmax().distribute(R_A, rules.taylor(), (SCORES,), A)
    np.testing.assert_array_equal(by_layer.parts[0], R_S)
    assert by_layer.dropped == pytest.approx(R_A.sum() - R_S.sum())


def test_attention_is_its_parts_one_after_the_other(rng):
    """One head, built from the single layers: the same output, the same relevance."""
    q, k, v, o = (rng.normal(size=shape) for shape in ((3, 1, 4), (3, 1, 4), (3, 1, 5), (1, 5, 2)))
    bq, bk, bv, bo = (rng.normal(size=shape) for shape in ((1, 4), (1, 4), (1, 5), (2,)))
    x, R = rng.normal(size=(2, 7, 3)), rng.normal(size=(2, 7, 2))
    layer = L.MultiHeadAttention(q, k, v, o, bq, bk, bv, bo)
    rule = rules.epsilon(1e-3)
    dense = {n: L.Dense(w[:, 0], b[0]) for n, w, b in (("q", q, bq), ("k", k, bk), ("v", v, bv))}
    Q, K, W = (dense[n].compute(x) for n in "qkv")
    S = L.MatMul(True).compute(Q / 2, K)
    A = L.Softmax().compute(S)
    H = L.MatMul().compute(A, W)
    out = L.Dense(o[0], bo)
    y = out.compute(H)
    np.testing.assert_allclose(layer.compute(x, x, x), y, atol=1e-12)
    R_H = out.distribute(R, rule, (H,), y).parts[0]
    R_A, R_W = L.MatMul().distribute(R_H, rule, (A, W), H).parts
    R_S = softmax_relevance(R_A, S, A)
    R_Q, R_K = L.MatMul(True).distribute(R_S, rule, (Q / 2, K), S).parts
    expected = [
        dense[n].distribute(r, rule, (x,), z).parts[0] for n, r, z in (("q", R_Q, Q), ("v", R_W, W), ("k", R_K, K))
    ]
    for part, wanted in zip(layer.distribute(R, rule, (x, x, x), y).parts, expected, strict=True):
        np.testing.assert_allclose(part, wanted, atol=1e-9)


def test_layer_norm_holds_the_deviation_fixed(rng):
    """R_i = x_i J^T(R / y) with the standard deviation as a constant; conserves where beta is 0."""
    x, gamma, R = rng.normal(size=(2, 5)), rng.normal(size=5), rng.normal(size=(2, 5))
    layer = L.LayerNorm(1, gamma, None, 1e-6)
    y = layer.compute(x)
    std = np.sqrt(x.var(axis=1, keepdims=True) + 1e-6)
    v = R / y * gamma / std
    part = layer.distribute(R, rules.zero(), (x,), y).parts[0]
    np.testing.assert_allclose(part, x * (v - v.mean(axis=1, keepdims=True)), atol=1e-12)
    np.testing.assert_allclose(part.sum(axis=1), R.sum(axis=1))
    assert layer.lrp is not None and not layer.accepts(rules.gamma(1))


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def arras_message(x, W, b, z, R):
    """R_i = sum_j x_i w_ij R_j / z_j: the linear message without stabilizer, and what the bias takes."""
    return np.array([sum(x[i] * W[i, j] * R[j] / z[j] for j in range(len(z))) for i in range(len(x))])


def test_lstm_against_the_recursion_in_loops(rng):
    """Arras et al. 2017: R(c_t) += R(h_t); the gates receive nothing."""
    W, U, b = rng.normal(size=(3, 8)), rng.normal(size=(2, 8)), rng.normal(size=8)
    x, R = rng.normal(size=(4, 3)), rng.normal(size=2)
    h, c, seen = np.zeros(2), np.zeros(2), []
    for t in range(4):
        z = x[t] @ W + h @ U + b
        i, f, g, o = sigmoid(z[:2]), sigmoid(z[2:4]), np.tanh(z[4:6]), sigmoid(z[6:])
        new = f * c + i * g
        seen.append((h, c, i, f, g, z[4:6], new))
        h, c = o * np.tanh(new), new
    layer = L.LSTM(W, U, b)
    np.testing.assert_allclose(layer.compute(x[None])[0], h, atol=1e-12)
    R_h, R_c, expected = R, np.zeros(2), np.zeros((4, 3))
    for t in reversed(range(4)):
        before, past, i, f, g, z, new = seen[t]
        total = R_h + R_c
        R_c = f * past / new * total
        R_g = i * g / new * total
        expected[t] = arras_message(x[t], W[:, 4:6], b[4:6], z, R_g)
        R_h = arras_message(before, U[:, 4:6], b[4:6], z, R_g)
    divided = layer.distribute(R[None], rules.zero(), (x[None],), h[None])
    np.testing.assert_allclose(divided.parts[0][0], expected, atol=1e-9)
    assert divided.parts[0].sum() + divided.bias[0] + divided.dropped[0] == pytest.approx(R.sum())


@pytest.mark.parametrize("kind", [L.SimpleRNN, L.LSTM, L.GRU])
def test_a_masked_sequence_is_the_sequence_without_its_masked_steps(kind, rng):
    blocks = kind.blocks
    bias = rng.normal(size=(2, 3 * 2) if kind is L.GRU else 2 * blocks)
    arrays = rng.normal(size=(3, 2 * blocks)), rng.normal(size=(2, 2 * blocks)), bias
    x, mask = rng.normal(size=(1, 5, 3)), np.array([[0.0, 1, 0, 1, 1]])
    masked, plain = kind(*arrays, masked=True), kind(*arrays)
    kept = x[:, mask[0] > 0]
    y = masked.compute(x, mask)
    np.testing.assert_allclose(y, plain.compute(kept), atol=1e-12)
    R = rng.normal(size=y.shape)
    part, none = masked.distribute(R, rules.zero(), (x, mask), y).parts
    np.testing.assert_allclose(part[:, mask[0] > 0], plain.distribute(R, rules.zero(), (kept,), y).parts[0], atol=1e-9)
    assert not part[:, mask[0] == 0].any() and not none.any()
    with pytest.raises(Exception, match="features"):
        plain.output_shape((5, 4))
