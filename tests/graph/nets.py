"""Small networks with every kind of joint, seeded."""

import lrp
from lrp import layers as L
from tests.cases import numbers


def lenet(rng, **keywords):
    """Convolution, pooling, dense, softmax: (6, 8, 2) -> 3."""
    layers = [
        L.Conv(numbers(rng, (3, 3, 2, 4)), numbers(rng, (4,)), padding="same"), L.ReLU(), L.MaxPool(2),
        L.Conv(numbers(rng, (2, 2, 4, 5)), numbers(rng, (5,))), L.ReLU(), L.AvgPool((2, 1), (1, 1)), L.Flatten(),
        L.Dense(numbers(rng, (15, 7)), numbers(rng, (7,))), L.ReLU(), L.Dense(numbers(rng, (7, 3)), numbers(rng, (3,))),
        L.Softmax(),
    ]  # fmt: skip
    return lrp.Network.sequential(layers, (6, 8, 2), **keywords)


def logits(rng, **keywords):
    """A piecewise linear network without a softmax, which exact arithmetic takes: (5,) -> 3."""
    layers = [
        L.Dense(numbers(rng, (5, 7)), numbers(rng, (7,))), L.ReLU(), L.Dense(numbers(rng, (7, 3)), numbers(rng, (3,)))
    ]  # fmt: skip
    return lrp.Network.sequential(layers, (5,), **keywords)


def branched(rng, shared=True, **keywords):
    """Two inputs, one dense layer used twice, a residual sum, a concatenation, a gate, two outputs."""
    first = L.Dense(numbers(rng, (5, 7)), numbers(rng, (7,)))
    second = first if shared else L.Dense(first.weight.copy(), first.bias.copy())
    nodes = [
        lrp.Node("out", L.Dense(numbers(rng, (14, 3)), numbers(rng, (3,))), ("both",)),
        lrp.Node("a", L.Input((5,))), lrp.Node("b", L.Input((5,))),
        lrp.Node("da", first, "a"), lrp.Node("db", second, ("b",)), lrp.Node("ra", L.ReLU(), "da"),
        lrp.Node("sum", L.Add(), ("ra", "db")), lrp.Node("gate", L.Multiply(), ("sum", "ra")),
        lrp.Node("both", L.Concat(), ("gate", "sum")), lrp.Node("extra", L.ReLU(), ("sum",)),
    ]  # fmt: skip
    return lrp.Network(nodes, outputs=["out", "extra"], **keywords)
