"""Bach et al. 2015 (PLOS ONE 10(7): e0130140): the rules of dense layers, by scalar loops in Fractions."""

from fractions import Fraction

import numpy as np
import pytest

from lrp import layers as L
from lrp import rules
from tests import oracles
from tests.cases import numbers


@pytest.fixture
def neuron(rng):
    """A dense layer with biases of both signs, x of both signs, R drawn independently, all exact."""
    layer = L.Dense(numbers(rng, (5, 7), "exact"), numbers(rng, (7,), "exact"))
    x = numbers(rng, (1, 5), "exact")
    return layer, x, layer.compute(x), numbers(rng, (1, 7), "exact")


def assert_equals(neuron, rule, oracle):
    layer, x, y, R = neuron
    share = layer.distribute(R, rule, (x,), y)
    relevances = dict(enumerate(R[0]))
    messages, bias, stabilizer, dropped = oracles.propagate(
        oracles.dense_neurons(x[0], layer.weight, layer.bias), relevances, oracle
    )
    assert [share.parts[0][0, j] for j in range(5)] == [messages[j] for j in range(5)]
    assert (share.bias[0], share.stabilizer[0], share.dropped[0]) == (bias, stabilizer, dropped)


@pytest.mark.equation("bach2015", 56)
def test_eq56_zero(neuron):
    assert_equals(neuron, rules.zero(), oracles.rule_epsilon)


@pytest.mark.equation("bach2015", 56)
def test_eq56_add_and_average_are_dense_layers_of_ones(rng):
    xs = tuple(numbers(rng, (1, 3), "exact") for _ in range(4))
    R = numbers(rng, (1, 3), "exact")
    for layer in (L.Add(), L.Average()):
        parts = layer.distribute(R, rules.zero(), xs, layer.compute(*xs)).parts
        for i, part in enumerate(parts):
            for d in range(3):
                z = sum(x[0, d] for x in xs)
                assert part[0, d] == (xs[i][0, d] / z * R[0, d] if z != 0 else 0)


@pytest.mark.equation("bach2015", 58)
def test_eq58_epsilon(neuron):
    assert_equals(neuron, rules.epsilon(Fraction(1, 3)), lambda i, b, R: oracles.rule_epsilon(i, b, R, Fraction(1, 3)))


@pytest.mark.equation("bach2015", 58)
def test_eq58_the_sign_of_zero_is_plus():
    """At z = 0 the stabilizer is +eps, also for -0.0; numpy's sign would leave 0/0."""
    layer = L.Dense(np.array([[1.0], [-1.0]]))
    for x in (np.array([[1.0, 1.0]]), np.array([[-0.0, -0.0]])):
        share = layer.distribute(np.ones((1, 1)), rules.epsilon(0.5), (x,), layer.compute(x))
        assert share.parts[0].tolist() == (x * [[2.0, -2.0]]).tolist()
        assert share.stabilizer[0] == 1


@pytest.mark.equation("bach2015", 58)
def test_eq58_the_sign_of_zero_is_plus_in_fractions():
    layer = L.Dense(np.array([[1.0], [-1.0]])).astype("exact")
    x = np.full((1, 2), Fraction(1), dtype=object)
    share = layer.distribute(x[:, :1], rules.epsilon(Fraction(1, 2)), (x,), layer.compute(x))
    assert share.parts[0].tolist() == [[2, -2]] and share.stabilizer[0] == 1


@pytest.mark.equation("bach2015", 60)
@pytest.mark.parametrize("alpha, beta", [(1, 0), (2, 1), (Fraction(23, 20), Fraction(3, 20))])
def test_eq60_alpha_beta(neuron, alpha, beta):
    rule = rules.alpha_beta(alpha, beta)
    assert_equals(neuron, rule, lambda i, b, R: oracles.rule_alpha_beta(i, b, R, alpha, beta))


@pytest.mark.equation("bach2015", 60)
def test_eq60_a_neuron_without_inhibition_drops_minus_beta_R():
    layer = L.Dense(np.array([[1.0], [3.0]]), np.array([1.0]))
    x = np.array([[1.0, 1.0]])
    share = layer.distribute(np.array([[10.0]]), rules.alpha_beta(2, 1), (x,), layer.compute(x))
    assert share.parts[0].tolist() == [[4.0, 12.0]] and share.bias[0] == 4.0 and share.dropped[0] == -10.0
    healed = layer.distribute(
        np.array([[10.0]]), rules.alpha_beta(2, 1, one_sided="renormalise"), (x,), layer.compute(x)
    )
    assert healed.parts[0].tolist() == [[2.0, 6.0]] and healed.bias[0] == 2.0 and healed.dropped[0] == 0


def test_leak_of_each_rule_in_closed_form(neuron):
    """What the inputs do not get of R_j: b/z, (b + eps s)/(z + eps s), alpha b+/Z+ - beta b-/Z-."""
    layer, x, y, R = neuron
    eps = Fraction(1, 3)
    sign = np.where(y >= 0, 1, -1)
    for rule, kept in (
        (rules.zero(), 1 - layer.bias / y),
        (rules.epsilon(eps), 1 - (layer.bias + eps * sign) / (y + eps * sign)),
    ):
        share = layer.distribute(R, rule, (x,), y)
        assert share.parts[0].sum() == (kept * R).sum()
    plus, minus = oracle_sides(layer, x)
    kept = 2 * (1 - np.maximum(layer.bias, 0) / plus) - (1 - np.minimum(layer.bias, 0) / minus)
    share = layer.distribute(R, rules.alpha_beta(2, 1), (x,), y)
    assert share.parts[0].sum() == (kept * R).sum()


def oracle_sides(layer, x):
    """Z+ and Z- with their share of the bias, which this test's numbers keep away from 0."""
    z = x[0][:, None] * layer.weight
    plus = np.maximum(z, 0).sum(axis=0) + np.maximum(layer.bias, 0)
    minus = np.minimum(z, 0).sum(axis=0) + np.minimum(layer.bias, 0)
    assert (plus != 0).all() and (minus != 0).all()
    return plus, minus
