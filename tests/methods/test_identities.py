"""The identities that tie the methods together, and the values worked out by hand for a 3-3-2 network."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from lrp import Network
from lrp.layers import Conv, Dense, Flatten, GlobalMaxPool, MaxPool, ReLU, Sigmoid, Softplus, Tanh
from lrp.methods import (
    REVEAL_CANCEL,
    cam,
    contrastive_excitation_backprop,
    deconvolution,
    deep_lift,
    excitation_backprop,
    grad_cam,
    gradient,
    gradient_times_input,
    guided_backprop,
    integrated_gradients,
    occlusion,
    relevance_propagation,
    shapley,
)
from tests.methods import nets


@pytest.mark.parametrize(
    "method, settings, values",
    [
        (gradient, {}, (3.25, 0.5, -2)),
        (gradient_times_input, {}, (3.25, 1, -6)),
        (relevance_propagation, {"composite": "*=zero"}, (3.25, 1, -6)),
        (relevance_propagation, {"composite": "*=epsilon:0.1"}, (2.692053, 0.884090, -5.006677)),
        (deep_lift, {"baseline": nets.GOLDEN_R}, (1.2125, 1.2375, -3.825)),
        (integrated_gradients, {"baseline": nets.GOLDEN_R, "steps": 2000}, (1.2125, 1.2375, -3.825)),
        (deep_lift, {"baseline": nets.GOLDEN_R, "rule": REVEAL_CANCEL}, (0.958654, 1.297115, -3.630769)),
        (deconvolution, {}, (1.25, 1.5, 0)),
        (guided_backprop, {}, (1.25, 1.5, 0)),
        (excitation_backprop, {}, (0.190476, 0.666667, 0.142857)),
    ],
)
def test_golden_relu(method, settings, values):
    found = method(nets.golden(ReLU()), nets.GOLDEN_X, 0, **settings)
    tolerance = 2e-3 if method is integrated_gradients else 1e-6
    np.testing.assert_allclose(found.relevance[0], values, atol=tolerance)


@pytest.mark.parametrize(
    "method, settings, values",
    [
        (gradient, {}, (0.071401, -0.088796, 0.042164)),
        (gradient_times_input, {}, (0.071401, -0.177592, 0.126493)),
        (relevance_propagation, {"composite": "*=zero"}, (1.115196, -0.298066, -1.674742)),
        (relevance_propagation, {"composite": "*=epsilon:0.1"}, (0.869932, -0.212964, -1.327160)),
        (deep_lift, {"baseline": nets.GOLDEN_R}, (0.659936, 0.447309, -3.002800)),
        (integrated_gradients, {"baseline": nets.GOLDEN_R, "steps": 400}, (0.659936, 0.447309, -3.002800)),
        (deep_lift, {"baseline": nets.GOLDEN_R, "rule": REVEAL_CANCEL}, (0.280370, -0.000148, -2.175777)),
    ],
)
def test_golden_tanh(method, settings, values):
    found = method(nets.golden(Tanh()), nets.GOLDEN_X, 0, **settings)
    np.testing.assert_allclose(found.relevance[0], values, atol=2e-5 if method is integrated_gradients else 1e-6)


def test_alpha2_beta1_golden():
    found = relevance_propagation(
        nets.golden(ReLU()), nets.GOLDEN_X, 0, composite="*=alpha_beta:2,1,bias=off", start="one"
    )
    np.testing.assert_allclose(found.relevance[0], (1.761905, 1.833333, -2.595238), atol=1e-6)


@pytest.mark.parametrize("biases", [True, False])
def test_rule_zero_is_gradient_times_input_on_relu_networks(rng, biases):
    network = nets.conv(rng, biases=biases)
    x = rng.normal(size=(3, 7, 9, 2))
    a = relevance_propagation(network, x, [0, 2, 1], composite="Conv|Dense=zero")
    b = gradient_times_input(network, x, [0, 2, 1])
    np.testing.assert_allclose(a.relevance, b.relevance, atol=1e-9 * np.abs(b.relevance).max())
    assert (np.abs(b.total() - b.score).max() < 1e-9) == (not biases)


@pytest.mark.parametrize("activation", [ReLU(), Tanh()])
def test_deep_lift_is_rule_zero_without_bias_where_f_of_0_is_0(rng, activation):
    network = nets.dense(rng, activation, biases=False)
    x = rng.normal(size=(4, 5))
    a = deep_lift(network, x, 1)
    b = relevance_propagation(network, x, 1, composite="*=zero")
    np.testing.assert_allclose(a.relevance, b.relevance, rtol=1e-9)


@pytest.mark.parametrize("activation", [Sigmoid(), Softplus()])
def test_deep_lift_is_not_rule_zero_where_f_of_0_is_not_0(rng, activation):
    network = nets.dense(rng, activation, biases=False)
    x = rng.normal(size=(4, 5))
    a = deep_lift(network, x, 1).relevance
    b = relevance_propagation(network, x, 1, composite="*=zero").relevance
    assert np.abs(a - b).max() > 0.1


@pytest.mark.parametrize("activation", [ReLU(), Tanh(), Sigmoid(), Softplus()])
def test_integrated_gradients_is_rescale_with_one_hidden_layer(rng, activation):
    network, deeper = nets.dense(rng, activation, depth=1), nets.dense(rng, activation, depth=2)
    x, r = rng.normal(size=(3, 5)), rng.normal(size=5)
    difference = []
    for net in (network, deeper):
        a = integrated_gradients(net, x, 2, baseline=r, steps=4000).relevance
        difference.append(np.abs(a - deep_lift(net, x, 2, baseline=r).relevance).max())
    assert difference[0] < (2e-3 if isinstance(activation, ReLU) else 1e-6)
    assert difference[1] > 5 * difference[0]


def test_cam_is_grad_cam_on_a_pooling_head(rng):
    network = nets.pooled(rng)
    x = rng.normal(size=(3, 6, 7, 2))
    a, b = cam(network, x, 1), grad_cam(network, x, 1)
    positions = a.details["map"][0].size
    np.testing.assert_allclose(b.details["map"], a.details["map"] / positions, rtol=1e-12)
    np.testing.assert_allclose(b.relevance.sum() > 0, True)
    mean = a.details["map"].reshape(3, -1).mean(axis=1)
    np.testing.assert_allclose(mean + a.details["bias"], a.score, rtol=1e-12)


def test_excitation_backprop_is_z_plus_for_activations_that_are_not_negative(rng):
    network = nets.conv(rng)
    x = rng.random(size=(2, 7, 9, 2))
    a = excitation_backprop(network, x, [2, 0])
    b = relevance_propagation(network, x, [2, 0], composite="Conv|Dense=z_plus:bias=off", start="one")
    np.testing.assert_array_equal(a.relevance, b.relevance)
    assert (a.relevance >= 0).all()
    np.testing.assert_allclose(a.total(), 1, rtol=1e-12)


def test_excitation_backprop_against_scalar_loops(rng):
    network = nets.golden(ReLU())
    w1, w2 = (network.nodes[name].layer.weight for name in ("dense1", "dense2"))
    x = rng.random((1, 3))
    a = np.maximum(x[0] @ w1 + network.nodes["dense1"].layer.bias, 0)
    p = [0.0] * 3
    for i in range(3):
        total = sum(a[k] * max(w2[k, 1], 0) for k in range(3))
        p[i] = a[i] * max(w2[i, 1], 0) / total
    expected = [0.0] * 3
    for i in range(3):
        for j in range(3):
            total = sum(x[0, k] * max(w1[k, j], 0) for k in range(3))
            expected[i] += x[0, i] * max(w1[i, j], 0) / total * p[j]
    np.testing.assert_allclose(excitation_backprop(network, x, 1).relevance[0], expected, rtol=1e-12)


def test_contrastive_excitation_backprop_against_its_two_parts(rng):
    network = nets.pooled(rng)
    x = rng.random((2, 6, 7, 2))
    kernel = network.nodes["dense1"].layer
    trace = network.forward(x)
    a = trace.values["globalavgpool1"]
    difference = []
    for sample in range(2):
        parts = []
        for w in (kernel.weight[:, 2], -kernel.weight[:, 2]):
            z = a[sample] * np.maximum(w, 0)
            parts.append(z / z.sum())
        difference.append(parts[0] - parts[1])
    maps = trace.values["relu1"]
    totals = maps.sum(axis=(1, 2), keepdims=True)
    spread = np.array(difference)[:, None, None, :] * np.divide(maps, totals, where=totals > 0, out=np.zeros_like(maps))
    expected = np.maximum(spread.sum(axis=-1, keepdims=True), 0)
    found = contrastive_excitation_backprop(network, x, 2, layer="relu1")
    np.testing.assert_allclose(found.details["map"].clip(0), expected, atol=1e-12)
    assert (found.relevance >= 0).all() and found.relevance.shape == (2, 6, 7, 1)


def test_sensitivity_1_is_occlusion_1_on_vectors_and_exact_shapley_on_a_linear_network(rng):
    network = nets.dense(rng)
    x = rng.normal(size=(2, 5))
    found = occlusion(network, x, 1).relevance
    for sample in range(2):
        for i in range(5):
            changed = x[sample : sample + 1].copy()
            changed[0, i] = 0
            fall = network.forward(x).output[sample, 1] - network.forward(changed).output[0, 1]
            assert found[sample, i] == pytest.approx(fall, rel=1e-12)
    linear = Network.sequential([Dense(rng.normal(size=(5, 3)), rng.normal(size=3))], (5,))
    for method in (occlusion, shapley, gradient_times_input, integrated_gradients, deep_lift):
        np.testing.assert_allclose(
            method(linear, x, 2).relevance, x * linear.nodes["dense1"].layer.weight[:, 2], rtol=1e-9, atol=1e-12
        )


@pytest.mark.parametrize("activation", [ReLU(), Tanh(), Sigmoid()])
@pytest.mark.parametrize("rule", [None, REVEAL_CANCEL])
def test_summation_to_delta_with_biases_and_references(rng, activation, rule):
    network = nets.conv(rng, activation)
    x, r = rng.normal(size=(3, 7, 9, 2)), rng.normal(size=(7, 9, 2))
    settings = {} if rule is None else {"rule": rule}
    found = deep_lift(network, x, [0, 1, 2], baseline=r, **settings)
    np.testing.assert_allclose(found.gap(), 0, atol=1e-9)
    found.ledger.check()
    np.testing.assert_allclose(found.ledger.start, found.expected, rtol=1e-9)


def test_summation_to_delta_is_exact_in_fractions(rng):
    layers = [
        Conv(rng.normal(size=(2, 2, 1, 3)).round(2), rng.normal(size=3).round(2)),
        ReLU(),
        MaxPool(2, 1),
        Flatten(),
        Dense(rng.normal(size=(3 * 2 * 3, 2)).round(2), rng.normal(size=2).round(2)),
    ]
    network = Network.sequential(layers, (5, 4, 1)).exact()
    x, r = rng.normal(size=(2, 5, 4, 1)).round(2), rng.normal(size=(5, 4, 1)).round(2)
    for settings in ({}, {"rule": REVEAL_CANCEL}):
        found = deep_lift(network, x, 1, baseline=r, **settings)
        assert list(found.gap()) == [Fraction(0), Fraction(0)]
        found.ledger.check()


def test_reveal_cancel_shares_a_minimum_that_rescale_gives_to_one():
    """min(a, b) = a - relu(a - b) at (3, 1): gradient times input and Rescale see (0, 1), RevealCancel (1/2, 1/2)."""
    w1, w2 = np.array([[1.0, 1.0], [0.0, -1.0]]), np.array([[1.0], [-1.0]])
    network = Network.sequential([Dense(w1), ReLU(), Dense(w2)], (2,))
    x = np.array([[3.0, 1.0]])
    assert network.forward(x).output[0, 0] == 1
    np.testing.assert_allclose(gradient_times_input(network, x, 0).relevance[0], (0, 1))
    np.testing.assert_allclose(deep_lift(network, x, 0).relevance[0], (0, 1))
    np.testing.assert_allclose(deep_lift(network, x, 0, rule=REVEAL_CANCEL).relevance[0], (0.5, 0.5))


def test_deep_lift_is_continuous_where_gradient_times_input_jumps():
    network = Network.sequential([Dense(np.array([[1.0]]), np.array([-10.0])), ReLU()], (1,))
    for value in (10.0, 10.5, 12.0):
        assert deep_lift(network, [[value]], 0).relevance[0, 0] == pytest.approx(value - 10, abs=1e-9)
    assert gradient_times_input(network, [[10.5]], 0).relevance[0, 0] == 10.5


def test_max_pooling_sums_exactly_over_time(rng):
    network = Network.sequential(
        [Conv(rng.normal(size=(2, 3, 5)), rng.normal(size=5)), ReLU(), GlobalMaxPool(), Dense(rng.normal(size=(5, 2)))],
        (7, 3),
    )
    x, r = rng.normal(size=(4, 7, 3)), rng.normal(size=(7, 3))
    found = deep_lift(network, x, 0, baseline=r)
    np.testing.assert_allclose(found.gap(), 0, atol=1e-10)
    found.ledger.check()


@pytest.mark.parametrize("scheme", ["midpoint", "trapezoid"])
def test_completeness_of_integrated_gradients(rng, scheme):
    network = nets.smooth(rng)
    x = rng.normal(size=(2, 5, 7, 1))
    gaps = [
        np.abs(integrated_gradients(network, x, 1, baseline=-0.5, steps=n, scheme=scheme).gap()).max()
        for n in (20, 200)
    ]
    assert gaps[1] < 1e-3 and gaps[1] < gaps[0] / 50  # smooth functions: the error falls as 1/steps^2
