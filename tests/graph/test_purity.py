"""What is frozen stays as it is; overflow is named; the one walk adds a fan-out."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import lrp
from lrp.errors import GraphError, LedgerError
from lrp.graph import Graph, walk_backward
from lrp.layers import Add, Dense, Input, ReLU, Subtract


def branches(rng):
    nodes = [
        lrp.Node("x", Input((4,))),
        lrp.Node("a", Dense(rng.normal(size=(4, 3)), rng.normal(size=3)), ("x",)),
        lrp.Node("b", ReLU(), ("a",)),
        lrp.Node("sum", Add(), ("a", "b")),
        lrp.Node("out", Dense(rng.normal(size=(3, 2))), ("sum",)),
    ]
    return lrp.Network(nodes)


def test_a_trace_is_not_changed_by_explaining_it(rng):
    network, x = branches(rng), rng.normal(size=(2, 4))
    trace = network.forward(x)
    before = {name: value.copy() for name, value in trace.values.items()}
    first = network.explain_trace(trace, 0, "*=epsilon:0.1", x=x)
    second = network.explain_trace(trace, 1, "*=alpha_beta:2,1", x=x)
    assert set(trace.values) == set(before) and all((trace.values[k] == before[k]).all() for k in before)
    first.relevance[:] = 0  # the caller's own array
    assert (network.explain_trace(trace, 0, "*=epsilon:0.1", x=x).relevance != 0).any()
    first.ledger.check(), second.ledger.check()


def test_rules_are_assigned_once_for_all_threads(rng):
    network, x = branches(rng), rng.normal(size=(3, 4))
    wanted = branches(np.random.default_rng(0)).explain(x, 0, "epsilon").rules
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda k: network.explain(x, k % 2, ("epsilon", "alpha2-beta1")[k % 2]), range(40)))
    assert all(e.rules == found[k % 2].rules for k, e in enumerate(found)) and found[0].rules == wanted
    found[0].rules.clear()  # a copy: the next explanation has its rules
    assert network.explain(x, 0, "epsilon").rules == wanted


def test_the_gradient_of_a_fan_out_is_a_sum(rng):
    network, x = branches(rng), rng.normal(size=(1, 4))
    gradient, h = network.gradient(x, 1).gradient, 1e-6
    for i in range(4):
        step = np.zeros((1, 4))
        step[0, i] = h
        f = [network.forward(x + s * step).output[0, 1] for s in (1, -1)]
        assert gradient[0, i] == pytest.approx((f[0] - f[1]) / (2 * h), rel=1e-5)


def test_an_input_that_no_path_reaches(rng):
    nodes = [
        lrp.Node("x", Input((2,))),
        lrp.Node("y", Input((2,))),
        lrp.Node("first", Dense(np.ones((2, 1))), ("x",)),
        lrp.Node("second", Subtract(), ("x", "y")),
    ]
    network = lrp.Network(nodes, outputs=("first", "second"))
    explanation = network.explain((np.ones((1, 2)), np.ones((1, 2))), output="first", composite="*=zero")
    assert explanation.relevance[0].tolist() == [[1, 1]] and explanation.relevance[1].tolist() == [[0, 0]]
    assert network.gradient((np.ones((1, 2)), np.ones((1, 2)))).gradient[1].tolist() == [[0, 0]]


def test_a_walk_visits_each_node_once_and_adds(rng):
    graph = Graph(branches(rng).nodes.values())
    visited = []
    signals = walk_backward(graph, "sum", 1, lambda n, s: visited.append(n.name) or [10 * s] * len(n.inputs))
    assert visited == ["sum", "b", "a"] and signals == {"sum": 1, "b": 10, "a": 110, "x": 1100}


@pytest.mark.parametrize("kept", [None, ["relu"]])
def test_an_overflow_is_named(kept):
    layers = [Dense(np.array([[1.0], [-1.0]])), ReLU()]
    network = lrp.Network.sequential(layers, (2,), names=["dense", "relu"])
    with np.errstate(all="ignore"), pytest.raises(
        LedgerError, match=r"^dense: expected finite relevance.*sample 1 .*zero.*epsilon"
    ):
        network.explain(np.array([[1.0, 0.5], [1e-310, 0.0]]), 0, "*=zero", start=1.0, keep=kept)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_ledger_closes_at_subnormal_magnitude(dtype):
    rng = np.random.default_rng(3)
    tiny = float(np.finfo(dtype).smallest_subnormal)
    layers = [Dense(rng.normal(size=(5, 4)), rng.normal(size=4)), ReLU(), Dense(rng.normal(size=(4, 2)))]
    network = lrp.Network.sequential(layers, (5,), dtype=dtype)
    for multiple in (1, 7, 1000):
        explanation = network.explain(rng.normal(size=(6, 5)), 0, "*=epsilon:0.1", start=multiple * tiny)
        explanation.ledger.check()


def test_one_rule_is_a_composite(rng):
    network, x = branches(rng), rng.normal(size=(2, 4))
    one = network.explain(x, 0, lrp.rules.epsilon(0.1))
    assert (one.relevance == network.explain(x, 0, "*=epsilon:0.1").relevance).all()


def test_misspelt_names_get_a_suggestion(rng):
    network, x = branches(rng), rng.normal(size=(1, 4))
    with pytest.raises(GraphError, match="got sumn; did you mean 'sum'"):
        network.explain(x, keep=["sumn"])
    with pytest.raises(lrp.LrpError, match="did you mean 'contrastive'"):
        network.explain(x, start="contrastiv")
    with pytest.raises(lrp.LrpError, match="did you mean 'out'"):
        network.explain(x, output="ou")
