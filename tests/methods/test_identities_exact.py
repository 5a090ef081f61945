"""The identities between methods once more, on convolutional networks and without rounding where Fractions go."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from lrp import Network
from lrp.evaluation import removals, sensitivity_n
from lrp.layers import (
    AvgPool,
    Conv,
    Dense,
    Flatten,
    GlobalAvgPool,
    GlobalSumPool,
    MaxPool,
    ReLU,
    Sigmoid,
    Softplus,
    Tanh,
)
from lrp.methods import (
    cam,
    deep_lift,
    excitation_backprop,
    grad_cam,
    gradient,
    gradient_times_input,
    integrated_gradients,
    occlusion,
    relevance_propagation,
    shapley,
)
from lrp.methods.tools.resize import resize
from tests.methods import nets


def small(rng, *shape):
    """Numbers of both signs that are short as fractions, one in eight of them 0."""
    return rng.integers(-9, 10, shape) / 4.0 * (rng.random(shape) > 1 / 8)


def exact_conv(rng, biases):
    """Pictures 5 x 4 x 2: convolution, ReLU, max-pooling, convolution with stride and padding, ReLU, dense; Fractions."""

    def b(n):
        return small(rng, n) + np.arange(n) % 2 / 8 - 1 / 16 if biases else None

    layers = [
        Conv(small(rng, 2, 3, 2, 3), b(3), padding="same"),
        ReLU(),
        MaxPool((2, 1), 1),
        Conv(small(rng, 3, 2, 3, 5), b(5), stride=(2, 1), padding=((1, 0), (0, 1))),
        ReLU(),
        Flatten(),
        Dense(small(rng, 2 * 4 * 5, 3), b(3)),
    ]
    return Network.sequential(layers, (5, 4, 2)).exact()


def equal(a, b):
    """Fractions, entry by entry, and not all of them 0."""
    assert a.dtype == b.dtype == object and (a == b).all() and (a != 0).any()


@pytest.mark.parametrize("biases", [True, False])
def test_rule_zero_is_gradient_times_input_exactly(rng, biases):
    network, x = exact_conv(rng, biases), small(rng, 3, 5, 4, 2)
    a = relevance_propagation(network, x, [0, 1, 2], composite="Conv|Dense=zero")
    b = gradient_times_input(network, x, [0, 1, 2])
    equal(a.relevance, b.relevance)
    assert (b.total() == b.score).all() == (not biases)


def test_deep_lift_is_rule_zero_exactly_with_max_pooling_and_without_bias(rng):
    """Behind a ReLU: a maximum below the reference's would send its difference to the reference's winner."""
    network, x = exact_conv(rng, biases=False), small(rng, 3, 5, 4, 2)
    found = deep_lift(network, x, [0, 1, 2])
    equal(found.relevance, relevance_propagation(network, x, [0, 1, 2], composite="Conv|Dense=zero").relevance)
    biased = exact_conv(rng, biases=True)
    a = deep_lift(biased, x, 1).relevance
    assert (a != relevance_propagation(biased, x, 1, composite="Conv|Dense=zero").relevance).any()


@pytest.mark.parametrize("activation", [Tanh(), ReLU()])
def test_deep_lift_is_rule_zero_on_convolutions(rng, activation):
    network, x = nets.conv(rng, activation, biases=False), rng.normal(size=(2, 7, 9, 2))
    x = np.abs(x)
    layers = [node.layer for node in network.nodes.values()][1:]
    pooled = [AvgPool((2, 2), (1, 2)) if isinstance(layer, MaxPool) else layer for layer in layers]
    network = Network.sequential(pooled, (7, 9, 2))
    a = deep_lift(network, x, [2, 0]).relevance
    b = relevance_propagation(network, x, [2, 0], composite="Conv|Dense|AvgPool=zero").relevance
    np.testing.assert_allclose(a, b, atol=1e-9 * np.abs(b).max())


@pytest.mark.parametrize("scheme", ["midpoint", "trapezoid", "left"])
def test_without_biases_integrated_gradients_is_gradient_times_input_exactly(rng, scheme):
    """The gradient is the same all along the ray from 0 (at 0 itself it is 0), so each scheme is complete."""
    network, x = exact_conv(rng, biases=False), small(rng, 2, 5, 4, 2)
    steps = 3
    found = integrated_gradients(network, x, [0, 2], steps=steps, scheme=scheme)
    seen = {"midpoint": Fraction(1), "trapezoid": 1 - Fraction(1, 2 * steps), "left": 1 - Fraction(1, steps)}[scheme]
    equal(found.relevance, seen * gradient_times_input(network, x, [0, 2]).relevance)
    assert (found.gap() == (1 - seen) * found.expected).all() and (found.expected == found.score).all()


@pytest.mark.parametrize("scheme", ["midpoint", "trapezoid", "left"])
def test_schemes_by_a_loop(rng, scheme):
    network, x, r = nets.conv(rng, Tanh()), rng.normal(size=(1, 7, 9, 2)), rng.normal(size=(1, 7, 9, 2))
    places = {
        "midpoint": [(0.125, 0.25), (0.375, 0.25), (0.625, 0.25), (0.875, 0.25)],
        "trapezoid": [(0, 0.125), (0.25, 0.25), (0.5, 0.25), (0.75, 0.25), (1, 0.125)],
        "left": [(0, 0.25), (0.25, 0.25), (0.5, 0.25), (0.75, 0.25)],
    }[scheme]
    wanted = sum(weight * gradient(network, r + a * (x - r), 1).relevance for a, weight in places) * (x - r)
    found = integrated_gradients(network, x, 1, baseline=r, steps=4, scheme=scheme)
    np.testing.assert_allclose(found.relevance, wanted, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("activation", [ReLU(), Tanh(), Sigmoid(), Softplus()])
def test_integrated_gradients_is_rescale_with_one_hidden_convolution(rng, activation):
    layers = [
        Conv(rng.normal(size=(3, 2, 2, 4)), rng.normal(size=4), padding="same"),
        activation,
        AvgPool((2, 3), (1, 2)),
        Flatten(),
        Dense(rng.normal(size=(4 * 2 * 4, 3)), rng.normal(size=3)),
    ]
    network = Network.sequential(layers, (5, 6, 2))
    x, r = rng.normal(size=(2, 5, 6, 2)), rng.normal(size=(5, 6, 2))
    a = integrated_gradients(network, x, [0, 2], baseline=r, steps=2000)
    b = deep_lift(network, x, [0, 2], baseline=r)
    np.testing.assert_allclose(a.relevance, b.relevance, atol=1e-2 if isinstance(activation, ReLU) else 1e-5)
    assert np.abs(gradient_times_input(network, x, [0, 2]).relevance - b.relevance).max() > 0.1


@pytest.mark.parametrize("pool, positions", [(GlobalAvgPool(), 20), (GlobalSumPool(), 1)])
def test_cam_is_grad_cam_on_both_pooling_heads(rng, pool, positions):
    """The mean of the gradient is w / Z behind a mean, w behind a sum."""
    layers = [
        Conv(rng.normal(size=(2, 3, 2, 5)), rng.normal(size=5)),
        ReLU(),
        pool,
        Dense(rng.normal(size=(5, 3)), rng.normal(size=3)),
    ]
    network, x = Network.sequential(layers, (6, 6, 2)), rng.normal(size=(4, 6, 6, 2))
    a, b = cam(network, x, [0, 1, 2, 1]), grad_cam(network, x, [0, 1, 2, 1])
    np.testing.assert_allclose(b.details["map"], a.details["map"] / positions, rtol=1e-12, atol=1e-14)
    wanted = resize(np.maximum(a.details["map"], 0), (6, 6)) / positions
    np.testing.assert_allclose(b.relevance, wanted, atol=1e-12)
    assert (a.details["map"] < 0).any() and (a.details["map"] > 0).any()
    total = a.details["map"].reshape(4, -1)
    sums = total.sum(axis=1) if positions == 1 else total.mean(axis=1)
    np.testing.assert_allclose(sums + a.details["bias"], a.score, rtol=1e-12)


def test_excitation_backprop_of_a_convolution_by_loops_in_fractions(rng):
    """Winning probabilities through a kernel with a bias, a maximum and a dense layer; their sum is 1, exactly."""
    w, b, v = small(rng, 2, 2, 2, 3), np.array([1.5, -0.75, 2.0]), np.abs(small(rng, 4, 2)) + 0.25
    head = np.concatenate([v, -v, v[::-1]])
    layers = [Conv(w, b), ReLU(), MaxPool((1, 2), (1, 2)), Flatten(), Dense(head, small(rng, 2))]
    network, x = Network.sequential(layers, (3, 5, 2)).exact(), np.abs(small(rng, 1, 3, 5, 2)) + 0.25
    trace = network.forward(x)
    y, top = trace.values["relu1"][0], trace.values["maxpool1"][0]
    up = [max(Fraction(float(value)), Fraction(0)) for value in head[:, 1]]
    a = top.reshape(-1)
    total = sum(p * q for p, q in zip(a, up))
    above = {place: a[k] * up[k] / total for k, place in enumerate(product(range(2), range(2), range(3)))}
    wanted = np.full((3, 5, 2), Fraction(0), dtype=object)
    for (i, j, c), P in above.items():
        winners = [q for q in (2 * j, 2 * j + 1) if y[i, q, c] == top[i, j, c]]
        for q in winners:
            taps = [(m, n, d) for m, n, d in product(range(2), range(2), range(2))]
            parts = [
                Fraction(float(x[0, i + m, q + n, d])) * max(Fraction(float(w[m, n, d, c])), 0) for m, n, d in taps
            ]
            for (m, n, d), part in zip(taps, parts):
                if part:
                    wanted[i + m, q + n, d] += part / sum(parts) * P / len(winners)
    found = excitation_backprop(network, x, 1)
    equal(found.relevance[0], wanted)
    assert found.total()[0] == 1
    plus = relevance_propagation(network, x, 1, composite="Conv|Dense=z_plus:bias=off", start="one")
    equal(found.relevance, plus.relevance)


def test_sensitivity_1_is_occlusion_1_on_pictures(rng):
    """On any network, by definition, where what covers is the baseline; all channels of a pixel go together."""
    network, x = nets.conv(rng, Tanh()), rng.normal(size=(2, 7, 9, 2))
    found = occlusion(network, x, [0, 2], baseline=0.5)
    removed = removals(network, x, [0, 2], sizes=(1,), subsets=80, baseline=0.5)
    for i in range(2):
        sums = removed.subsets(i) @ found.relevance[i].ravel()
        np.testing.assert_allclose(sums, removed.falls[i, 0], atol=1e-12)
    got = sensitivity_n(network, x, found, [0, 2], removed=removed)
    np.testing.assert_allclose(got.curves["correlation"].values, 1, rtol=1e-9)
    other = removals(network, x, [0, 2], sizes=(1,), subsets=80, baseline=0.0)
    assert np.abs(other.falls - removed.falls).max() > 1e-2


def test_on_a_linear_network_all_decompositions_hold_sensitivity_n_for_every_n(rng):
    """S is affine in x: S(x) - S(x without s) = sum over s of x_i w_i, whatever s; a bias does not matter."""
    layers = [
        Conv(rng.normal(size=(2, 3, 2, 4)), rng.normal(size=4)),
        AvgPool(2),
        Flatten(),
        Dense(rng.normal(size=(2 * 2 * 4, 3)), rng.normal(size=3)),
    ]
    network, x = Network.sequential(layers, (5, 6, 2)), rng.normal(size=(2, 5, 6, 2))
    removed = removals(network, x, [0, 1], sizes=(1, 7, 30), subsets=9)
    for method in (gradient_times_input, integrated_gradients, deep_lift, occlusion):
        R = method(network, x, [0, 1]).relevance.sum(axis=-1).reshape(2, -1)
        for i in range(2):
            np.testing.assert_allclose(removed.subsets(i) @ R[i], removed.falls[i].ravel(), atol=1e-10)


def test_sums_over_everything_are_the_difference_from_the_reference(rng):
    """Completeness of all methods that promise it, with biases of both signs and a reference that is not 0."""
    network, x, r = nets.conv(rng, Tanh()), rng.normal(size=(2, 7, 9, 2)), rng.normal(size=(7, 9, 2))
    fall = network.forward(x).values["dense2"][[0, 1], [2, 0]] - network.forward(r[None]).values["dense2"][0, [2, 0]]
    segments = np.add.outer(np.arange(7) // 2, np.arange(9) // 3)
    for found, tolerance in (
        (integrated_gradients(network, x, [2, 0], baseline=r, steps=400), 1e-3),
        (deep_lift(network, x, [2, 0], baseline=r), 1e-10),
        (deep_lift(network, x, [2, 0], baseline=r, rule="reveal_cancel"), 1e-10),
        (shapley(network, x, [2, 0], baseline=r, segments=segments), 1e-10),
        (shapley(network, x, [2, 0], baseline=r, samples=2), 1e-10),
    ):
        np.testing.assert_allclose(found.expected, fall, rtol=1e-12)
        np.testing.assert_allclose(found.total(), fall, atol=tolerance)
