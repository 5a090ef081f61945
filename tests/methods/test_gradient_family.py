"""Gradient, sensitivity, deconvolution, guided backpropagation, SmoothGrad: against loops and finite differences."""

from __future__ import annotations

import numpy as np
import pytest

from lrp import Network, Node
from lrp.errors import InputError, SettingError, ShapeError
from lrp.layers import Add, Dense, Embedding, Flatten, Input, Linear, ReLU, Tanh
from lrp.methods import (
    Norm,
    deconvolution,
    gradient,
    gradient_times_input,
    guided_backprop,
    integrated_gradients,
    sensitivity,
    smoothgrad,
    squared_gradient,
)
from tests.methods import nets


def test_gradient_is_the_limit_of_differences(rng):
    network = nets.smooth(rng)
    x = rng.normal(size=(1, 5, 7, 1))
    found = gradient(network, x, 2).relevance
    for index in [(0, 0, 0, 0), (0, 4, 6, 0), (0, 2, 3, 0)]:
        step = np.zeros_like(x)
        step[index] = 1e-6
        up, down = (network.forward(x + s * step).output[0, 2] for s in (1, -1))
        assert found[index] == pytest.approx((up - down) / 2e-6, rel=1e-6)


@pytest.mark.parametrize("norm", list(Norm))
def test_sensitivity_norms_by_loops(rng, norm):
    network = nets.conv(rng)
    x = rng.normal(size=(2, 7, 9, 2))
    g = gradient(network, x, 0).relevance
    found = sensitivity(network, x, 0, norm=norm).relevance
    assert found.shape == (2, 7, 9, 1)
    for n, i, j in [(0, 0, 0), (1, 6, 8), (1, 3, 2)]:
        values = [abs(v) for v in g[n, i, j]]
        wanted = {
            Norm.ONE: sum(values),
            Norm.TWO: sum(v * v for v in values) ** 0.5,
            Norm.INFINITY: max(values),
        }[norm]
        assert found[n, i, j, 0] == pytest.approx(wanted, rel=1e-12)


def test_sensitivity_of_vectors_is_entry_by_entry(rng):
    network, x = nets.dense(rng), rng.normal(size=(3, 5))
    g = gradient(network, x, 1).relevance
    np.testing.assert_allclose(sensitivity(network, x, 1).relevance, np.abs(g))
    np.testing.assert_allclose(squared_gradient(network, x, 1).relevance, g * g)


@pytest.mark.parametrize("method", [sensitivity, deconvolution, guided_backprop])
def test_channels_first_gives_the_same_pixels(rng, method):
    network = nets.conv(rng)
    x = rng.normal(size=(2, 7, 9, 2))
    a = method(network, x, 1, norm="inf").relevance
    b = method(nets.channels_first(network), x.transpose(0, 3, 1, 2), 1, norm="inf").relevance
    assert b.shape == (2, 1, 7, 9)
    np.testing.assert_allclose(a, b.transpose(0, 2, 3, 1), atol=1e-12)


@pytest.mark.parametrize("method, guided", [(deconvolution, False), (guided_backprop, True)])
def test_rectified_signals_by_loops(rng, method, guided):
    network = nets.dense(rng)
    layers = [network.nodes[f"dense{i}"].layer for i in (1, 2, 3)]
    x = rng.normal(size=5)
    signal = [layers[2].weight[i, 2] for i in range(7)]
    z1 = x @ layers[0].weight + layers[0].bias
    z2 = np.maximum(z1, 0) @ layers[1].weight + layers[1].bias
    for z, layer in ((z2, layers[1]), (z1, layers[0])):
        kept = [max(s, 0) if not guided or z[j] > 0 else 0 for j, s in enumerate(signal)]
        signal = [sum(layer.weight[i, j] * kept[j] for j in range(7)) for i in range(layer.weight.shape[0])]
    np.testing.assert_allclose(method(network, x[None], 2).relevance[0], signal, rtol=1e-12)


def test_z_of_0_is_not_active():
    network = Network.sequential([Dense(np.eye(2)), ReLU(), Linear(), Dense(np.ones((2, 1)))], (2,))
    x = np.array([[0.0, 1.0]])
    assert guided_backprop(network, x, 0).relevance.tolist() == [[0, 1]]
    assert deconvolution(network, x, 0).relevance.tolist() == [[1, 1]]


@pytest.mark.parametrize("method", [deconvolution, guided_backprop])
@pytest.mark.parametrize("activation", [Tanh(), ReLU(6)])
def test_other_activations_are_refused(rng, method, activation):
    with pytest.raises(SettingError, match="tanh1|relu1|relu2|tanh2.*is defined for ReLU activations"):
        method(nets.dense(rng, activation), np.ones((1, 5)), 0)


@pytest.mark.parametrize(
    "combine, wanted",
    [
        ("mean", lambda e: sum(e) / 5),
        ("square", lambda e: sum(v * v for v in e) / 5),
        ("variance", lambda e: sum((v - sum(e) / 5) ** 2 for v in e) / 5),
    ],
)
def test_smoothgrad_by_a_loop(rng, combine, wanted):
    network = nets.conv(rng)
    x = rng.normal(size=(2, 7, 9, 2))
    draws = np.random.default_rng(3)
    sigma = np.array([0.2 * (p.max() - p.min()) for p in x]).reshape(2, 1, 1, 1)
    maps = [gradient(network, x + sigma * draws.standard_normal(x.shape), [2, 1]).relevance for _ in range(5)]
    found = smoothgrad(network, x, [2, 1], samples=5, spread=0.2, combine=combine, rng=np.random.default_rng(3))
    np.testing.assert_allclose(found.relevance, wanted(maps), atol=1e-12)


def test_smoothgrad_repeats_itself_and_takes_any_method(rng):
    network, x = nets.conv(rng), rng.normal(size=(1, 7, 9, 2))
    a, b = (smoothgrad(network, x, method=gradient_times_input, samples=3) for _ in range(2))
    np.testing.assert_array_equal(a.relevance, b.relevance)
    assert a.settings["method"] == "gradient_times_input"
    quiet = smoothgrad(network, x, samples=2, spread=0)
    np.testing.assert_allclose(quiet.relevance, gradient(network, x).relevance, rtol=1e-12)


def two_inputs(rng):
    nodes = [
        Node("a", Input((3,))),
        Node("b", Input((2,))),
        Node("wa", Dense(rng.normal(size=(3, 4)), rng.normal(size=4)), ("a",)),
        Node("wb", Dense(rng.normal(size=(2, 4))), ("b",)),
        Node("sum", Add(), ("wa", "wb")),
        Node("relu", ReLU(), ("sum",)),
        Node("out", Dense(rng.normal(size=(4, 2))), ("relu",)),
    ]
    return Network(nodes)


def test_several_inputs_keep_their_form(rng):
    network = two_inputs(rng)
    a, b = rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
    by_name = gradient_times_input(network, {"a": a, "b": b}, 1)
    by_order = gradient_times_input(network, (a, b), 1)
    np.testing.assert_array_equal(by_name.relevance["b"], by_order.relevance[1])
    np.testing.assert_allclose(by_name.total(), by_order.relevance[0].sum(axis=1) + by_order.relevance[1].sum(axis=1))
    paths = integrated_gradients(network, (a, b), 1, baseline=(0.5, {"b": 0}["b"]), steps=300)
    np.testing.assert_allclose(paths.gap(), 0, atol=0.1)
    named = integrated_gradients(network, (a, b), 1, baseline={"a": 0.5, "b": 0}, steps=300)
    np.testing.assert_array_equal(paths.relevance[0], named.relevance[0])
    with pytest.raises(InputError, match="expected a baseline for each of a, b, got 0"):
        integrated_gradients(network, (a, b), 1, baseline=(0.5,))


def test_what_cannot_be_explained_says_so(rng):
    tokens = Network.sequential(
        [Embedding(rng.normal(size=(11, 3))), Flatten(), Dense(rng.normal(size=(15, 2)))], (5,), tokens=True
    )
    with pytest.raises(InputError, match="gradient: expected inputs of real numbers, got token numbers at 'input'"):
        gradient(tokens, np.ones((1, 5), dtype=int), 0)
    network, x = nets.conv(rng), rng.normal(size=(1, 7, 9, 2))
    with pytest.raises(SettingError, match="norm: expected one of .'1', '2', 'inf'., got '3'"):
        sensitivity(network, x, norm="3")
    with pytest.raises(SettingError, match="scheme: expected one of"):
        integrated_gradients(network, x, scheme="right")
    with pytest.raises(SettingError, match="integrated_gradients: steps: expected a whole number of at least 1, got 0"):
        integrated_gradients(network, x, steps=0)
    with pytest.raises(ShapeError, match="expected a baseline that broadcasts"):
        integrated_gradients(network, x, baseline=np.ones(5))
    with pytest.raises(SettingError, match="combine: expected one of"):
        smoothgrad(network, x, combine="median")
    with pytest.raises(SettingError, match="smoothgrad: samples: expected a whole number of at least 1, got 0"):
        smoothgrad(network, x, samples=0)
    with pytest.raises(InputError, match="expected a network with one input, got 2"):
        smoothgrad(two_inputs(rng), (np.ones((1, 3)), np.ones((1, 2))))


def test_gap_is_none_where_nothing_is_promised(rng):
    assert gradient(nets.dense(rng), np.ones((1, 5))).gap() is None


def test_a_path_that_leads_nowhere_gets_zeros(rng):
    nodes = [
        Node("a", Input((3,))),
        Node("b", Input((2,))),
        Node("out", Dense(rng.normal(size=(3, 2))), ("a",)),
        Node("side", Dense(rng.normal(size=(2, 2))), ("b",)),
    ]
    network = Network(nodes, ["out"])
    found = gradient(network, (np.ones((1, 3)), np.ones((1, 2))), 0)
    assert found.relevance[1].tolist() == [[0, 0]]


def test_sigma_is_the_noise_in_units_of_the_input(rng):
    network, x = nets.conv(rng, Tanh()), rng.normal(size=(2, 7, 9, 2)) * 3
    draws = np.random.default_rng(4)
    maps = [gradient(network, x + 0.3 * draws.standard_normal(x.shape), 1).relevance for _ in range(3)]
    found = smoothgrad(network, x, 1, samples=3, sigma=0.3, rng=np.random.default_rng(4))
    np.testing.assert_allclose(found.relevance, sum(maps) / 3, atol=1e-12)
