"""The one backward pass: fan-out adds, inputs that no path reaches, what is kept, in which order."""

import numpy as np
import pytest

import lrp
from lrp.graph import backward, input_signals
from lrp.layers import Add, Dense, Input, Linear, Multiply, ReLU
from tests.cases import numbers


@pytest.fixture
def network(rng):
    """x goes three ways, two of which meet again; nothing leads from the output to `aside`."""
    nodes = [
        lrp.Node("x", Input((4,))),
        lrp.Node("aside", Input((3,))),
        lrp.Node("a", Dense(numbers(rng, (4, 3)), numbers(rng, (3,))), "x"),
        lrp.Node("b", Dense(numbers(rng, (4, 3)), numbers(rng, (3,))), "x"),
        lrp.Node("c", Dense(numbers(rng, (4, 3))), "x"),
        lrp.Node("relu", ReLU(), "a"),
        lrp.Node("sum", Add(), ("relu", "b", "a")),
        lrp.Node("product", Multiply(), ("sum", "c")),
        lrp.Node("out", Dense(numbers(rng, (3, 2))), "product"),
        lrp.Node("other", Linear(), "aside"),
    ]
    return lrp.Network(nodes, outputs=["out", "other"])


def plain(node, g, xs, y):
    return node.layer.pullback(g, xs, y)


def test_signals_of_a_fan_out_add(network, rng):
    """The gradient by differences of the output, and the sum over the branches written out."""
    x, aside = rng.normal(size=(2, 4)), rng.normal(size=(2, 3))
    trace, g = network.forward((x, aside)), rng.normal(size=(2, 2))
    signals = backward(network.graph, trace.values, "out", g, plain)
    below = {name: plain(network[name], signals[name], (x,), trace.values[name])[0] for name in "abc"}
    np.testing.assert_allclose(signals["x"], below["a"] + below["b"] + below["c"], rtol=1e-12)
    (through_relu,) = plain(network["relu"], signals["relu"], (trace.values["a"],), trace.values["relu"])
    np.testing.assert_allclose(signals["a"], through_relu + signals["sum"], rtol=1e-12)
    step = 1e-6
    for i in range(4):
        moved = [network.forward((x + sign * step * np.eye(4)[i], aside)).values["out"] for sign in (1, -1)]
        expected = (g * (moved[0] - moved[1]) / (2 * step)).sum(axis=1)
        np.testing.assert_allclose(signals["x"][:, i], expected, rtol=1e-6, atol=1e-8)
    np.testing.assert_array_equal(network.gradient((x, aside), start=g).gradient[0], signals["x"])


def test_relevance_of_a_fan_out_adds(network, rng):
    found = network.explain((rng.normal(size=(2, 4)), rng.normal(size=(2, 3))), 1, "Multiply=uniform *=epsilon:0.1")
    found.ledger.check()
    divided = {}
    for name in ("a", "b", "c"):
        xs, y = (found.trace.values["x"],), found.trace.values[name]
        (divided[name],) = network[name].layer.distribute(found.relevances[name], "epsilon:0.1", xs, y).parts
    np.testing.assert_allclose(found.relevances["x"], divided["a"] + divided["b"] + divided["c"], rtol=1e-12)


def test_an_input_that_no_path_reaches(network, rng):
    x = rng.normal(size=(2, 4)), rng.normal(size=(2, 3))
    values = network.forward(x).values
    g = np.ones((2, 2))
    signals = backward(network.graph, values, "out", g, plain)
    assert "aside" not in signals and "other" not in signals
    ends = input_signals(network.graph, values, signals, g)
    assert list(ends) == ["x", "aside"] and ends["x"] is signals["x"]
    assert ends["aside"].tolist() == [[0, 0, 0]] * 2
    assert (
        network.gradient(x).gradient[1].tolist()
        == network.explain(x, 0, "Multiply=uniform *=zero").relevance[1].tolist()
    )


@pytest.mark.parametrize("keep", [None, {"x", "aside", "a", "out"}])
def test_what_is_kept_and_the_order_of_the_nodes(network, rng, keep):
    values = network.forward((rng.normal(size=(2, 4)), rng.normal(size=(2, 3)))).values
    owned, order = dict(values), []
    signals = backward(network.graph, owned, "out", np.ones((2, 2)), plain, order.append, keep)
    assert set(owned) == (set(values) if keep is None else keep)
    assert set(signals) == set(values) - {"aside", "other"} - (set() if keep is None else set(values) - keep)
    assert order == [name for name in reversed(list(network.nodes)) if name not in ("x", "aside", "other")]


def test_signals_may_be_anything_that_adds(network, rng):
    """Counting paths: each consumer passes on the number of paths that lead to it."""
    values = network.forward((rng.normal(size=(1, 4)), rng.normal(size=(1, 3)))).values
    paths = backward(network.graph, values, "out", 1, lambda node, count, xs, y: (count,) * len(xs))
    assert paths == {"out": 1, "product": 1, "sum": 1, "c": 1, "relu": 1, "b": 1, "a": 2, "x": 4}


def test_a_step_that_returns_too_few_signals(network, rng):
    values = network.forward((rng.normal(size=(1, 4)), rng.normal(size=(1, 3)))).values
    with pytest.raises(ValueError):
        backward(network.graph, values, "out", 1, lambda node, count, xs, y: (count,))
