"""Montavon et al. 2017 (deep Taylor decomposition) and 2019 (gamma): w^2, z+, z^B and gamma by scalar loops."""

from fractions import Fraction

import numpy as np
import pytest

from lrp import layers as L
from lrp import rules
from tests import oracles
from tests.cases import numbers


def by_loops(layer, x, R, oracle):
    neurons = oracles.dense_neurons(x[0], layer.weight, layer.bias)
    messages, *_ = oracles.propagate(neurons, dict(enumerate(R[0])), oracle)
    return [messages[j] for j in range(x.shape[1])]


@pytest.fixture
def layer(rng):
    return L.Dense(numbers(rng, (5, 7), "exact"), numbers(rng, (7,), "exact"))


def test_w_square(layer, rng):
    x, R = numbers(rng, (1, 5), "exact"), numbers(rng, (1, 7), "exact")
    share = layer.distribute(R, rules.w_square(), (x,), layer.compute(x))
    assert share.parts[0][0].tolist() == by_loops(layer, x, R, oracles.rule_w_square)


def test_z_plus_is_alpha1_beta0_without_bias(layer, rng):
    x, R = numbers(rng, (1, 5), "exact"), numbers(rng, (1, 7), "exact")
    share = layer.distribute(R, rules.z_plus(bias=False), (x,), layer.compute(x))
    assert share.parts[0][0].tolist() == by_loops(layer, x, R, lambda i, b, R: oracles.rule_alpha_beta(i, 0, R, 1, 0))


@pytest.mark.parametrize("shape", [(), (5,), (1, 5)])
def test_z_box_with_scalar_and_array_bounds(layer, rng, shape):
    x, R = numbers(rng, (1, 5), "exact"), numbers(rng, (1, 7), "exact")
    low = -7 - np.abs(rng.integers(0, 5, size=shape)).astype(float)
    high = 7 + np.abs(rng.integers(0, 5, size=shape)).astype(float)
    share = layer.distribute(R, rules.z_box(low, high), (x,), layer.compute(x))

    def bound(side):
        return lambda j: Fraction(float(np.broadcast_to(side, (1, 5))[0, j]))

    expected = by_loops(layer, x, R, lambda i, b, R: oracles.rule_z_box(i, b, R, bound(low), bound(high)))
    assert share.parts[0][0].tolist() == expected


def test_z_box_per_channel_and_per_pixel_on_a_convolution(rng):
    kernel = L.Conv(numbers(rng, (2, 2, 3, 2), "exact"), None, padding=1)
    x = numbers(rng, (2, 3, 4, 3), "exact")
    y = kernel.compute(x)
    R = numbers(rng, y.shape, "exact")
    per_channel = kernel.distribute(R, rules.z_box([-7, -8, -9], [7, 8, 9]), (x,), y)
    pixels = np.broadcast_to([-7, -8, -9], (3, 4, 3)), np.broadcast_to([7, 8, 9], (3, 4, 3))
    per_pixel = kernel.distribute(R, rules.z_box(*pixels), (x,), y)
    assert (per_channel.parts[0] == per_pixel.parts[0]).all()


def test_the_bias_cancels_out_of_z_box(layer, rng):
    x, R = numbers(rng, (1, 5), "exact"), numbers(rng, (1, 7), "exact")
    with_bias = layer.distribute(R, rules.z_box(-9, 9, bias=True), (x,), layer.compute(x))
    without = layer.distribute(R, rules.z_box(-9, 9), (x,), layer.compute(x))
    assert (with_bias.parts[0] == without.parts[0]).all() and with_bias.bias[0] == 0


def test_gamma(layer, rng):
    x, R = numbers(rng, (1, 5), "exact"), numbers(rng, (1, 7), "exact")
    share = layer.distribute(R, rules.gamma(Fraction(1, 4)), (x,), layer.compute(x))
    expected = by_loops(layer, x, R, lambda i, b, R: oracles.rule_gamma(i, b, R, Fraction(1, 4)))
    assert share.parts[0][0].tolist() == expected


def test_limits_of_gamma(rng):
    """gamma = 0 is the zero rule; gamma -> infinity is z+ for positive neurons."""
    layer = L.Dense(numbers(rng, (5, 7), "exact"))
    x, R = np.abs(numbers(rng, (1, 5), "exact")), numbers(rng, (1, 7), "exact")
    y = layer.compute(x)
    R = np.where(y > 0, R, Fraction(0))
    zero = layer.distribute(R, rules.gamma(0), (x,), y).parts[0]
    assert (zero == layer.distribute(R, rules.zero(), (x,), y).parts[0]).all()
    plus = layer.distribute(R, rules.z_plus(), (x,), y).parts[0]
    far = layer.distribute(R, rules.gamma(10**12), (x,), y).parts[0]
    assert abs(far - plus).max() < Fraction(1, 10**9)


def test_limit_of_epsilon(rng):
    layer = L.Dense(numbers(rng, (5, 7), "exact"), numbers(rng, (7,), "exact"))
    x, R = numbers(rng, (1, 5), "exact"), numbers(rng, (1, 7), "exact")
    y = layer.compute(x)
    R = np.where(y != 0, R, Fraction(0))
    near = layer.distribute(R, rules.epsilon(Fraction(1, 10**15)), (x,), y).parts[0]
    assert abs(near - layer.distribute(R, rules.zero(), (x,), y).parts[0]).max() < Fraction(1, 10**9)
