"""More than two thousand random layers and rules in Fractions, each equal to scalar loops written from the papers."""

from fractions import Fraction

import numpy as np
import pytest

from lrp import arrays, rules
from lrp import layers as L
from tests import oracles
from tests.cases import numbers

LOW, HIGH = Fraction(-7), Fraction(8)

# text of our rule -> the oracle's neuron
RULES = {
    "zero": lambda i, b, R: oracles.rule_epsilon(i, b, R),
    "zero:bias=off": lambda i, b, R: oracles.rule_epsilon(i, 0, R),
    "epsilon:0.5": lambda i, b, R: oracles.rule_epsilon(i, b, R, Fraction(1, 2)),
    "epsilon:0.1,sink=spread": lambda i, b, R: oracles.spread(oracles.rule_epsilon(i, b, R, Fraction(1, 10))),
    "gamma:0.25": lambda i, b, R: oracles.rule_gamma(i, b, R, Fraction(1, 4)),
    "gamma:2,bias=off,eps=0.5": lambda i, b, R: oracles.rule_gamma(i, 0, R, 2, Fraction(1, 2)),
    "alpha_beta:2,1": lambda i, b, R: oracles.rule_alpha_beta(i, b, R, 2, 1),
    "alpha_beta:1.5,0.5,bias=off": lambda i, b, R: oracles.rule_alpha_beta(i, 0, R, Fraction(3, 2), Fraction(1, 2)),
    "alpha_beta:3,2,eps=0.25,sink=spread": lambda i, b, R: oracles.spread(
        oracles.rule_alpha_beta(i, b, R, 3, 2, Fraction(1, 4))
    ),
    "alpha_beta:2,1,one_sided=renormalise": lambda i, b, R: oracles.renormalised_alpha_beta(i, b, R, 2, 1),
    "z_plus": lambda i, b, R: oracles.rule_alpha_beta(i, b, R, 1, 0),
    "z_plus:bias=off": lambda i, b, R: oracles.rule_alpha_beta(i, 0, R, 1, 0),
    "w_square": oracles.rule_w_square,
    "flat": oracles.rule_flat,
    "z_box:-7,8": lambda i, b, R: oracles.rule_z_box(i, b, R, lambda j: LOW, lambda j: HIGH),
}


def as_values(array):
    return {index: array[index] for index in np.ndindex(*array.shape)}, array.shape


def dense(rng):
    inputs, outputs = rng.integers(1, 5, size=2)
    layer = L.Dense(numbers(rng, (inputs, outputs), "exact"), numbers(rng, (outputs,), "exact"))
    return layer, (inputs,), lambda x: oracles.dense_neurons(x, layer.weight, layer.bias)


def conv(rng, axes):
    groups = int(rng.integers(1, 3))
    kernel = tuple(int(k) for k in rng.integers(1, 4 if axes == 1 else 3, size=axes))
    cin, cout = int(rng.integers(1, 3)), groups * int(rng.integers(1, 3))
    stride, dilation = (tuple(int(v) for v in rng.integers(1, 3, size=axes)) for _ in range(2))
    pads = tuple(tuple(int(v) for v in rng.integers(0, 3, size=2)) for _ in range(axes))
    spatial = tuple(int(v) for v in rng.permutation([3, 4, 5])[:axes])
    rows = zip(spatial, kernel, dilation, pads, strict=True)
    if any((k - 1) * d + 1 > n + sum(pair) for n, k, d, pair in rows):
        return conv(rng, axes)  # the window does not fit: another draw
    bias = numbers(rng, (cout,), "exact") if rng.random() < 0.8 else None
    layer = L.Conv(numbers(rng, (*kernel, cin, cout), "exact"), bias, stride, pads, dilation, groups)
    weights = as_values(layer.weight)
    return (
        layer,
        (*spatial, cin * groups),
        lambda x: oracles.conv_neurons(as_values(x), weights, bias, stride, pads, dilation, groups),
    )


def pool(rng):
    size, stride = (tuple(int(v) for v in rng.integers(1, 4, size=2)) for _ in range(2))
    channels = int(rng.integers(1, 4))
    layer = L.SumPool(size, stride)
    ones = {(*t, 0, c): Fraction(1) for t in np.ndindex(*size) for c in range(channels)}
    return (
        layer,
        (4, 5, channels),
        lambda x: oracles.conv_neurons(
            as_values(x), (ones, (*size, 1, channels)), None, stride, ((0, 0), (0, 0)), (1, 1), channels
        ),
    )


BUILDERS = {
    "dense": dense,
    "conv1": lambda rng: conv(rng, 1),
    "conv2": lambda rng: conv(rng, 2),
    "conv3": lambda rng: conv(rng, 3),
    "pool": pool,
}
COUNTS = {"dense": 70, "conv1": 35, "conv2": 20, "conv3": 4, "pool": 12}


def test_there_are_two_thousand_cases():
    assert len(RULES) * sum(COUNTS.values()) >= 2000


@pytest.mark.parametrize("text", RULES)
@pytest.mark.parametrize("kind", BUILDERS)
def test_engine_equals_the_scalar_loops(kind, text):
    rule = rules.parse(text)
    for seed in range(COUNTS[kind]):
        rng = np.random.default_rng(seed)
        layer, shape, neurons_of = BUILDERS[kind](rng)
        x = numbers(rng, (2, *shape), "exact")
        y = layer.compute(x)
        R = numbers(rng, y.shape, "exact")
        divided = layer.distribute(R, rule, (x,), y)
        for n in range(2):
            neurons = neurons_of(x[n])
            relevances = {k: R[(n, *np.atleast_1d(k))] for k in neurons}
            messages, bias, stabilizer, dropped = oracles.propagate(neurons, relevances, RULES[text])
            for index in np.ndindex(*x.shape[1:]):
                key = index[0] if kind == "dense" else index
                assert divided.parts[0][(n, *index)] == messages.get(key, 0), (seed, index)
            assert (divided.bias[n], divided.stabilizer[n], divided.dropped[n]) == (bias, stabilizer, dropped), seed
            values = {k: sum(v * w for _, v, w in inputs) + b for k, (inputs, b) in neurons.items()}
            assert all(y[(n, *np.atleast_1d(k))] == value for k, value in values.items())


def test_numbers_have_every_edge():
    """The random numbers hold exact zeros and both signs, or the cases above prove less than they say."""
    values = numbers(np.random.default_rng(0), (200,), "exact")
    assert (values == 0).any() and (values < 0).any() and (values > 0).any()
    assert arrays.is_exact(values)
