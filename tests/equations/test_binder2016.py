"""Binder et al. 2016 (local renormalization layers): LRN forward, its Taylor messages, the limits."""

import numpy as np
import pytest

from lrp import layers as L
from lrp import rules
from tests import oracles
from tests.cases import numbers

SETTINGS = [(3, 0.9, 0.75, 1.0), (5, 2.5, 0.5, 2.0), (4, 0.7, 1.25, 1.0)]  # alpha so large that LRN matters


@pytest.mark.parametrize("size, alpha, beta, k", SETTINGS)
def test_forward_equals_the_scalar_loop(size, alpha, beta, k, rng):
    layer, x = L.LRN(size, alpha, beta, k), numbers(rng, (2, 3, 7))
    y = layer.compute(x)
    for n, t in np.ndindex(2, 3):
        assert y[n, t] == pytest.approx(oracles.lrn_value(x[n, t], size, alpha, beta, k), rel=1e-13)


@pytest.mark.parametrize("size, alpha, beta, k", SETTINGS)
@pytest.mark.parametrize("text", ["zero", "epsilon:0.01", "alpha_beta:2,1", "z_plus"])
def test_taylor_messages_equal_the_scalar_loop(size, alpha, beta, k, text, rng):
    neurons_rule = {
        "zero": oracles.rule_epsilon,
        "epsilon:0.01": lambda i, b, R: oracles.rule_epsilon(i, b, R, 0.01),
        "alpha_beta:2,1": lambda i, b, R: oracles.rule_alpha_beta(i, b, R, 2, 1),
        "z_plus": lambda i, b, R: oracles.rule_alpha_beta(i, b, R, 1, 0),
    }[text]
    layer, x = L.LRN(size, alpha, beta, k), rng.normal(size=(2, 7))
    y, R = layer.compute(x), rng.normal(size=(2, 7))
    share = layer.distribute(R, rules.parse(text), (x,), y)
    for n in range(2):
        neurons = oracles.lrn_neurons(x[n], size, alpha, beta, k)
        messages, *_ = oracles.propagate(neurons, dict(enumerate(R[n])), neurons_rule)
        assert share.parts[0][n] == pytest.approx([messages[j] for j in range(7)], rel=1e-10, abs=1e-12)


def test_taylor_conserves_and_differs_from_identity(rng):
    """With alpha as small as AlexNet's the two treatments agree to rounding; with this alpha they must not."""
    x, R = rng.normal(size=(2, 7)), rng.normal(size=(2, 7))
    strong, weak = L.LRN(5, 5.0, 0.75), L.LRN(5, 1e-4, 0.75)
    relevance = {layer: layer.distribute(R, rules.zero(), (x,), layer.compute(x)).parts[0] for layer in (strong, weak)}
    assert relevance[strong].sum(axis=1) == pytest.approx(R.sum(axis=1), rel=1e-12)
    assert abs(relevance[strong] - R).max() > 0.1
    assert abs(relevance[weak] - R).max() < 1e-3


def test_beta_zero_is_the_identity_for_positive_inputs(rng):
    """Neighbours are inhibitory, so with alpha = 1, beta = 0 only the own term is left (4c of the protocol)."""
    layer, x, R = L.LRN(5, 3.0, 0.75), np.abs(rng.normal(size=(2, 7))), rng.normal(size=(2, 7))
    share = layer.distribute(R, rules.alpha_beta(1, 0), (x,), layer.compute(x))
    assert share.parts[0] == pytest.approx(R, rel=1e-12)


def test_an_lrn_that_does_nothing_passes_relevance_unchanged(rng):
    """alpha = 0: the authors' own code multiplies R by x here, because it does not normalise its messages."""
    layer, x = L.LRN(3, 0.0, 0.75), np.array([[0.5, 2.0, 3.0]])
    share = layer.distribute(np.ones((1, 3)), rules.zero(), (x,), layer.compute(x))
    assert share.parts[0].tolist() == [[1.0, 1.0, 1.0]]


def test_the_denominator_stays_away_from_zero(rng):
    """sum_j z_{j<-k} >= z_{k<-k} (1 - 2/(1 + 1/beta)^(beta+1)): no stabilizer is needed but at x_k = 0."""
    for beta in (0.25, 0.75, 2.0):
        layer = L.LRN(5, 5.0, beta)
        x = np.abs(rng.normal(size=(200, 9))) * 10 ** rng.uniform(-2, 2, size=(200, 9))
        taylor = layer.taylor(x)
        total, own = taylor.apply(taylor.weight, x), taylor.weight[layer.neighbours(x).offsets().index((0,))] * x
        assert (total >= own * (1 - 2 / (1 + 1 / beta) ** (beta + 1)) * (1 - 1e-12)).all()


def test_within_a_channel_the_window_is_spatial(rng):
    layer, x = L.LRN(3, 0.9, 0.75, within_channel=True), rng.normal(size=(1, 4, 5, 2))
    y = layer.compute(x)
    for i, j, c in np.ndindex(4, 5, 2):
        window = x[0, max(i - 1, 0) : i + 2, max(j - 1, 0) : j + 2, c]
        assert y[0, i, j, c] == pytest.approx(x[0, i, j, c] * (1 + 0.9 / 9 * (window**2).sum()) ** -0.75)
