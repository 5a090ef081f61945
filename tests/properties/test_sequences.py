"""Recurrent layers and attention against the loops of tests/oracles, by several rules and in every setting."""

import numpy as np
import pytest

from lrp import layers as L
from lrp import rules
from lrp.errors import RuleError
from tests import oracles

RULES = {
    "zero": ("zero", (), {}),
    "epsilon:0.125": ("epsilon", (0.125,), {}),
    "epsilon:0.125,bias=off": ("epsilon", (0.125,), {"bias": "off"}),
    "gamma:0.25": ("gamma", (0.25,), {}),
    "alpha_beta:2,1": ("alpha_beta", (2, 1), {}),
    "zero:sink=spread": ("zero", (), {"sink": "spread"}),
    "flat": ("flat", (), {}),
}


def rule_of(text):
    name, given, options = RULES[text]
    return rules.parse(text), oracles.any_rule(name, given, **options)


def compare(divided, n, expected, losses):
    for part, wanted in zip(divided.parts, expected, strict=False):
        np.testing.assert_allclose(part[n], np.array(wanted, dtype=float), rtol=1e-7, atol=1e-9)
    got = divided.bias[n], divided.stabilizer[n], divided.dropped[n]
    wanted = [float(v) for v in (losses.bias, losses.stabilizer, losses.dropped)]
    np.testing.assert_allclose(got, wanted, rtol=1e-7, atol=1e-9)


def run(kind, more, x, W, U, b, R, rule):
    if kind is L.SimpleRNN:
        return oracles.run_simple_rnn(x, W, U, b, R, rule)
    if kind is L.LSTM:
        return oracles.run_lstm(x, W, U, b, R, rule)
    return oracles.run_gru(x, W, U, b, R, rule, more.get("reset_after", True))


CELLS = [(L.SimpleRNN, {}), (L.LSTM, {}), (L.GRU, {}), (L.GRU, {"reset_after": False})]


@pytest.mark.parametrize("text", RULES)
@pytest.mark.parametrize("kind, more", CELLS, ids=["rnn", "lstm", "gru", "gru-before"])
def test_a_cell_equals_its_loops(kind, more, text, rng):
    rule, neuron = rule_of(text)
    blocks = kind.blocks
    for reverse in (False, True):
        W, U = rng.normal(size=(3, 2 * blocks)), rng.normal(size=(2, 2 * blocks))
        shape = (2, 6) if kind is L.GRU and more.get("reset_after", True) else (2 * blocks,)
        b, x, R = rng.normal(size=shape), rng.normal(size=(2, 4, 3)), rng.normal(size=(2, 2))
        x[0, 1] = 0
        layer = kind(W, U, b, reverse=reverse, **more)
        y = layer.compute(x)
        divided = layer.distribute(R, rule, (x,), y)
        for n in range(2):
            steps = [list(row) for row in (x[n, ::-1] if reverse else x[n])]
            arrays = W.tolist(), U.tolist(), b.tolist()
            h, to_x, losses = run(kind, more, steps, *arrays, R[n].tolist(), neuron)
            np.testing.assert_allclose(y[n], h, rtol=1e-12)
            compare(divided, n, [to_x[::-1] if reverse else to_x], losses)


SETTINGS = {
    "plain": ((), False),
    "causal": ((), True),
    "masks": (("query", "value", "key", "pair"), False),
    "masks and causal": (("pair", "key"), True),
}


@pytest.mark.parametrize("text", [text for text in RULES if "spread" not in text])
@pytest.mark.parametrize("setting", SETTINGS)
def test_attention_equals_its_loops(setting, text, rng):
    """With masks of both kinds, queries that may look at no key, and more keys than queries."""
    rule, neuron = rule_of(text)
    eps = 0.125 if text.startswith("epsilon") else 0
    masks, causal = SETTINGS[setting]
    W = {n: rng.normal(size=s) for n, s in (("q", (3, 2, 5)), ("k", (4, 2, 5)), ("v", (2, 2, 3)), ("o", (2, 3, 4)))}
    b = {
        "q": rng.normal(size=(2, 5)),
        "k": rng.normal(size=(2, 5)),
        "v": rng.normal(size=(2, 3)),
        "o": rng.normal(size=4),
    }
    arrays = [W["q"], W["k"], W["v"], W["o"], b["q"], b["k"], b["v"], b["o"]]
    for scale in (None, 0.375):
        layer = L.MultiHeadAttention(*arrays, scale=scale, causal=causal, masks=masks)
        t, s = 3, 5
        x_q, x_v, x_k = rng.normal(size=(2, t, 3)), rng.normal(size=(2, s, 2)), rng.normal(size=(2, s, 4))
        shapes = {"query": (2, t), "value": (2, s), "key": (2, s), "pair": (2, t, s)}
        given = {name: (rng.random(shapes[name]) < 0.7) * 1.0 for name in masks}
        for mask in given.values():
            mask[0, 0] = 0  # the first query, or the first key
        xs = (x_q, x_v, x_k, *given.values())
        y, R = layer.compute(*xs), rng.normal(size=(2, t, 4))
        divided = layer.distribute(R, rule, xs, y)
        for n in range(2):

            def allowed(i, j, n=n):
                seen = {name: mask[n] for name, mask in given.items()}
                return bool(
                    seen.get("query", np.ones(t))[i]
                    and seen.get("value", np.ones(s))[j]
                    and seen.get("key", np.ones(s))[j]
                    and seen.get("pair", np.ones((t, s)))[i, j]
                    and (j <= i or not causal)
                )

            factor = 5**-0.5 if scale is None else scale
            lists = {k: v.tolist() for k, v in W.items()}, {k: v.tolist() for k, v in b.items()}
            wanted, parts, losses = oracles.run_attention(
                x_q[n].tolist(), x_v[n].tolist(), x_k[n].tolist(), *lists, R[n].tolist(), neuron, eps, factor, allowed
            )
            np.testing.assert_allclose(y[n], wanted, rtol=1e-10)
            compare(divided, n, parts, losses)


def test_attention_refuses_to_spread(rng):
    layer = L.MultiHeadAttention(*(np.ones(s) for s in ((3, 2, 5), (3, 2, 5), (3, 2, 5), (2, 5, 3))))
    x = rng.normal(size=(1, 4, 3))
    y = layer.compute(x, x, x)
    with pytest.raises(RuleError, match="MultiHeadAttention layer takes .*sink=keep.*got 'epsilon:0.5,sink=spread'"):
        layer.distribute(y, "epsilon:0.5,sink=spread", (x, x, x), y)
