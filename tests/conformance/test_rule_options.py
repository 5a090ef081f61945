"""The options that reproduce implementations, each against a scalar loop; and their lines of the ledger."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import lrp
from lrp.errors import ExactError, RuleError
from lrp.layers import Conv, Dense, GlobalMaxPool, MaxPool, ReLU
from lrp.rules import gamma, gradient, parse, w_square, winner, with_options, z_plus, zero
from lrp.rules.algebra import Sign
from lrp.rules.stabilizer import Stab, Stabilizer


def layer_ledger(layer, x, R, rule):
    """Relevance and ledger of one layer by itself, checked."""
    network = lrp.Network.sequential([layer], x.shape[1:], names=["one"])
    explanation = network.explain(x, composite=[("one", rule)], start=R)
    explanation.ledger.check()
    return explanation.relevance, explanation.ledger["one"]


@pytest.mark.parametrize(
    "stabilizer, expected",
    [
        (Stabilizer(Fraction(1, 2)), [2.5, -1.5, 0.5, 0.5, 0.75]),
        (Stabilizer(Fraction(1, 2), Stab.PLUS), [2.5, -0.5, 0.5, 0.5, 0.75]),
        (Stabilizer(Fraction(1, 2), Stab.CLIP), [2.0, -1.0, 0.5, 0.5, 0.5]),
        (Stabilizer(Fraction(0), Stab.ONE), [1.0, 1.0, 1.0, 1.0, 1.0]),
        (Stabilizer(Fraction(0), zero=Fraction(1, 4)), [2.0, -1.0, 0.25, 0.25, 0.25]),
    ],
)
def test_stabilizers_move_denominators_as_stated(stabilizer, expected):
    z = np.array([2.0, -1.0, 0.0, -0.0, 0.25])
    if stabilizer.zero is not None:
        z[4] = 0.0
    assert np.array_equal(z + stabilizer.shift(z), expected)
    exact = np.array([Fraction(v) for v in z], dtype=object)
    assert [float(v) for v in exact + stabilizer.shift(exact)] == expected


def test_rms_is_taken_over_the_whole_batch():
    z = np.array([[3.0, 0.0], [0.0, 4.0]])
    assert np.allclose(Stabilizer(rms=Fraction(1, 2)).shift(z), 0.5 * np.sqrt(25 / 4))
    with pytest.raises(ExactError):
        Stabilizer(rms=Fraction(1, 2)).shift(np.array([Fraction(1)], dtype=object))


def test_whole_bias_counts_in_every_group(rng):
    x, w, b, R = rng.normal(size=(2, 3)), rng.normal(size=(3, 5)), rng.normal(size=5), rng.normal(size=(2, 5))
    got, _ = layer_ledger(Dense(w, b), x, R, "alpha_beta:2,1,bias=whole")
    expected = np.zeros_like(x)
    for n in range(2):
        for k in range(5):
            products = x[n] * w[:, k]
            for share, part in ((2, np.maximum(products, 0)), (-1, np.minimum(products, 0))):
                expected[n] += share * part / (part.sum() + b[k]) * R[n, k]
    assert np.allclose(got, expected, rtol=1e-12)


@pytest.mark.parametrize("sign", ["weight", "positive"])
def test_the_sign_of_the_weight_alone(rng, sign):
    x, w, b, R = rng.normal(size=(2, 3)), rng.normal(size=(3, 5)), rng.normal(size=5), rng.normal(size=(2, 5))
    got, _ = layer_ledger(Dense(w, b), x, R, f"gamma:0.25,sign={sign}")
    u = np.maximum(x, 0) if sign == "positive" else x
    kernel, bias = w + 0.25 * np.maximum(w, 0), b + 0.25 * np.maximum(b, 0)
    expected = np.zeros_like(x)
    for n in range(2):
        for k in range(5):
            expected[n] += u[n] * kernel[:, k] / (u[n] @ kernel[:, k] + bias[k]) * R[n, k]
    assert np.allclose(got, expected, rtol=1e-12)


def test_the_gate_of_the_layer(rng):
    x, w, b, R = rng.normal(size=(2, 3)), rng.normal(size=(3, 5)), 3 * rng.normal(size=5), rng.normal(size=(2, 5))
    got, _ = layer_ledger(Dense(w, b), x, R, "gamma:0.25,bias=off,gate=layer")
    other, _ = layer_ledger(Dense(w, b), x, R, "gamma:0.25,bias=off")
    expected = np.zeros_like(x)
    for n in range(2):
        for k in range(5):
            products = x[n] * w[:, k]
            keep = np.maximum if products.sum() + b[k] > 0 else np.minimum
            contributions = products + 0.25 * keep(products, 0)
            expected[n] += contributions / contributions.sum() * R[n, k]
    assert np.allclose(got, expected, rtol=1e-12)
    assert not np.allclose(got, other)


def test_padding_that_counts_is_dropped_and_said(rng):
    x, w = rng.normal(size=(2, 3, 5, 2)), rng.normal(size=(3, 3, 2, 4))
    layer = Conv(w, rng.normal(size=4), padding="same")
    R = rng.normal(size=(2, 3, 5, 4))
    for rule, kernel in (("w_square:padding=count", w * w), ("flat:padding=count", np.ones_like(w))):
        got, line = layer_ledger(layer, x, R, rule)
        expected, lost = np.zeros_like(x), np.zeros(2)
        for n, i, j, k in np.ndindex(R.shape):
            for a, b, c in np.ndindex(3, 3, 2):
                share = kernel[a, b, c, k] / kernel[..., k].sum() * R[n, i, j, k]
                y, z = i + a - 1, j + b - 1
                if 0 <= y < 3 and 0 <= z < 5:
                    expected[n, y, z, c] += share
                else:
                    lost[n] += share
        assert np.allclose(got, expected, rtol=1e-12)
        assert np.allclose(line.dropped, lost, rtol=1e-12)
        assert not np.allclose(lost, 0)


def test_ties_that_all_win_multiply_relevance():
    x = np.array([[[[1.0], [1.0]], [[0.0], [1.0]]]])
    got, line = layer_ledger(MaxPool((2, 2)), x, np.array([[[[6.0]]]]), winner("all"))
    assert np.array_equal(got.ravel(), [6, 6, 0, 6])
    assert np.array_equal(line.dropped, [-12])
    got, line = layer_ledger(GlobalMaxPool(), x, np.array([[6.0]]), winner("all"))
    assert np.array_equal(got.ravel(), [6, 6, 0, 6])
    assert np.array_equal(line.dropped, [-12])


def test_a_stabilized_winner():
    x = np.array([[[[2.0], [1.0]], [[0.0], [-1.0]]]])
    got, line = layer_ledger(MaxPool((2, 2)), x, np.array([[[[5.0]]]]), "winner:first,0.5")
    assert np.array_equal(got.ravel(), [4, 0, 0, 0])
    assert np.array_equal(line.stabilizer, [1])
    assert winner("first", 0.5).text() == "winner:first,0.5"
    assert winner("first").text() == "winner:first"
    got, line = layer_ledger(GlobalMaxPool(), 0 * x, np.array([[5.0]]), winner("first", 0.5))
    assert np.array_equal(line.stabilizer, [5])
    assert not got.any()


def test_every_layer_takes_the_gradient_when_told(rng):
    x, w, b, R = rng.normal(size=(2, 3)), rng.normal(size=(3, 5)), rng.normal(size=5), rng.normal(size=(2, 5))
    got, line = layer_ledger(Dense(w, b), x, R, gradient())
    assert np.allclose(got, R @ w.T)
    assert np.allclose(line.dropped, R.sum(axis=1) - got.sum(axis=1))
    layer = ReLU()
    layer.forward(x)
    assert np.array_equal(layer.lrp(x, "gradient"), x * (x > 0))


@pytest.mark.parametrize(
    "text",
    [
        "gamma:0.25,eps=1e-06,stab=plus,zero=1e-07,rms=0.1,bias=whole,sign=weight,gate=layer,one_sided=renormalise",
        "w_square:padding=count,bias=on",
        "alpha_beta:2,1,sign=positive",
        "gradient",
        "winner:all",
        "winner:first,1e-09",
    ],
)
def test_options_survive_text_and_data(text):
    rule = parse(text)
    assert parse(rule.text()) == rule
    assert lrp.rules.from_dict(rule.to_dict()) == rule


def test_wrong_options_are_refused():
    for text in (
        "gamma:1,gate=open",
        "zero:stab=up",
        "zero:bias=half",
        "flat:padding=yes",
        "zero:sign=none",
        "winner:share,x",
    ):
        with pytest.raises(RuleError):
            parse(text)
    rule = gamma(1, sign="weight")
    assert with_options(rule, sign="weight") == rule
    assert with_options(z_plus(), sign=Sign.PRODUCT) == z_plus()
    with pytest.raises(RuleError, match="anew"):
        with_options(rule, sign="positive")
    assert with_options(zero(), zero="auto") == zero()
    assert w_square(padding="skip") == w_square()


def test_start_at_the_positive_part_of_the_logit():
    network = lrp.Network.sequential([Dense(np.eye(2))], (2,))
    explanation = network.explain(np.array([[3.0, -2.0]]), target=1, composite="epsilon", start="relu")
    assert not explanation.relevance.any()
    assert "positive" in explanation.start
    assert network.explain(np.array([[3.0, -2.0]]), target=0, start="relu").relevance[0, 0] == pytest.approx(3)
