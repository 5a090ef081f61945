"""DeepLIFT on graphs: every layer that has a rule, the ledger, and the refusals."""

from __future__ import annotations

import numpy as np
import pytest

from lrp import Network, Node
from lrp.errors import SettingError
from lrp.layers import (
    LRN,
    Add,
    Average,
    AvgPool,
    BatchNorm,
    Concat,
    Conv,
    Dense,
    Flatten,
    GlobalAvgPool,
    Input,
    MaxPool,
    Multiply,
    ReLU,
    Sigmoid,
    Softplus,
)
from lrp.methods import RESCALE, REVEAL_CANCEL, deep_lift
from tests.methods import nets


def graph(rng):
    """Sum, mean, product, concatenation, batch normalisation, both poolings, fan-out, two activations in a row."""
    norm = BatchNorm(rng.normal(size=4), rng.random(4) + 0.5, rng.normal(size=4), rng.normal(size=4))
    nodes = [
        Node("x", Input((6, 5, 2))),
        Node("a", Conv(rng.normal(size=(3, 3, 2, 4)) / 4, rng.normal(size=4), 1, "same"), ("x",)),
        Node("norm", norm, ("a",)),
        Node("relu", ReLU(), ("norm",)),
        Node("b", Conv(rng.normal(size=(1, 2, 4, 4)) / 3, rng.normal(size=4), 1, "same"), ("relu",)),
        Node("sum", Add(), ("b", "relu")),
        Node("relu2", ReLU(), ("sum",)),
        Node("gate", Sigmoid(), ("b",)),
        Node("product", Multiply(), ("relu2", "gate")),
        Node("mean", Average(), ("product", "a")),
        Node("both", Concat(), ("mean", "x")),
        Node("max", MaxPool((2, 2)), ("both",)),
        Node("avg", AvgPool((2, 2), 1), ("max",)),
        Node("twice", ReLU(), ("avg",)),
        Node("softplus", Softplus(), ("twice",)),
        Node("flat", Flatten(), ("softplus",)),
        Node("global", GlobalAvgPool(), ("softplus",)),
        Node("d1", Dense(rng.normal(size=(12, 3)), rng.normal(size=3)), ("flat",)),
        Node("d2", Dense(rng.normal(size=(6, 3))), ("global",)),
        Node("out", Add(), ("d1", "d2")),
    ]
    return Network(nodes)


@pytest.mark.parametrize(
    "rule", [RESCALE, REVEAL_CANCEL, lambda node: RESCALE if node.name == "relu" else REVEAL_CANCEL]
)
def test_sums_to_the_difference_on_a_graph(rng, rule):
    network = graph(rng)
    x, r = rng.normal(size=(4, 6, 5, 2)), rng.normal(size=(6, 5, 2))
    found = deep_lift(network, x, [0, 1, 2, 0], baseline=r, rule=rule)
    np.testing.assert_allclose(found.gap(), 0, atol=1e-10)
    found.ledger.check()
    names = {line.name for line in found.ledger.lines}
    assert names == set(network.nodes) - {"x"}
    assert "rescale" in found.ledger.table() or rule is REVEAL_CANCEL


def test_reveal_cancel_linear_rule_by_loops(rng):
    """One linear layer above two contributions: multipliers from the definition, entry by entry."""
    network = nets.dense(rng, ReLU(), depth=1)
    w1, w2 = network.nodes["dense1"].layer, network.nodes["dense2"].layer
    x, r = rng.normal(size=5), rng.normal(size=5)
    x[2] = r[2]
    dx = x - r
    m = []
    for j in range(7):
        up = sum(max(w1.weight[i, j] * dx[i], 0) for i in range(5))
        down = sum(min(w1.weight[i, j] * dx[i], 0) for i in range(5))
        z0 = sum(r[i] * w1.weight[i, j] for i in range(5)) + w1.bias[j]
        f = lambda z: max(z, 0.0)  # noqa: E731
        y_up = (f(z0 + up) - f(z0)) / 2 + (f(z0 + down + up) - f(z0 + down)) / 2
        y_down = (f(z0 + down) - f(z0)) / 2 + (f(z0 + up + down) - f(z0 + up)) / 2
        m.append([w2.weight[j, 1] * dy / dz if dz else 0.0 for dy, dz in ((y_up, up), (y_down, down))])
    wanted = []
    for i in range(5):
        positive = sum(m[j][0] * w1.weight[i, j] if w1.weight[i, j] * dx[i] > 0 else 0 for j in range(7))
        negative = sum(m[j][1] * w1.weight[i, j] if w1.weight[i, j] * dx[i] < 0 else 0 for j in range(7))
        wanted.append((positive + negative) * dx[i])
    found = deep_lift(network, x[None], 1, baseline=r, rule=REVEAL_CANCEL)
    np.testing.assert_allclose(found.relevance[0], wanted, rtol=1e-9)


def test_what_a_vanishing_difference_leaves_out_stands_as_dropped():
    """dz below the root of eps at the kink of a ReLU: the derivative takes the place of dy/dz."""
    network = Network.sequential([Dense(np.array([[1.0]])), ReLU(), Dense(np.array([[1e6]]))], (1,))
    found = deep_lift(network, [[2e-9]], 0, baseline=-6e-9)
    line = found.ledger["relu1"]
    assert line.dropped[0] == pytest.approx(2e-3)
    assert line.closes().all()
    assert found.gap()[0] == pytest.approx(2e-3)


def test_two_inputs_and_one_without_a_path(rng):
    nodes = [
        Node("a", Input((3,))),
        Node("b", Input((2,))),
        Node("out", Dense(rng.normal(size=(3, 2)), rng.normal(size=2)), ("a",)),
        Node("side", Dense(rng.normal(size=(2, 2))), ("b",)),
    ]
    found = deep_lift(Network(nodes, ["out"]), (np.ones((1, 3)), np.ones((1, 2))), 0)
    assert found.relevance[1].tolist() == [[0, 0]]
    np.testing.assert_allclose(found.gap(), 0, atol=1e-14)


def test_layers_without_a_rule_are_refused(rng):
    normalised = Network.sequential([LRN(3), Flatten(), Dense(rng.normal(size=(20, 2)))], (2, 2, 5))
    with pytest.raises(SettingError, match="lrn1: deep_lift has no rule for a LRN layer with 1 inputs"):
        deep_lift(normalised, rng.normal(size=(1, 2, 2, 5)), 0)
    nodes = [Node("x", Input((3,))), Node("cube", Multiply(), ("x", "x", "x"))]
    with pytest.raises(SettingError, match="cube: deep_lift has no rule for a Multiply layer with 3 inputs"):
        deep_lift(Network(nodes), rng.normal(size=(1, 3)), 0)


def test_float32_closes_too(rng):
    network = nets.conv(rng).astype("float32")
    found = deep_lift(network, rng.normal(size=(2, 7, 9, 2)), 1, rule=REVEAL_CANCEL)
    found.ledger.check()
    np.testing.assert_allclose(found.gap(), 0, atol=1e-3)


def test_flatten_between_a_kernel_and_its_activation_hands_both_parts_on(rng):
    kernel, head = Conv(rng.normal(size=(2, 2, 1, 3)), rng.normal(size=3)), Dense(rng.normal(size=(12, 2)))
    before = Network.sequential([kernel, Flatten(), ReLU(), head], (3, 3, 1))
    behind = Network.sequential([kernel, ReLU(), Flatten(), head], (3, 3, 1))
    x = rng.normal(size=(2, 3, 3, 1))
    a, b = (deep_lift(network, x, 1, rule=REVEAL_CANCEL).relevance for network in (before, behind))
    np.testing.assert_allclose(a, b, rtol=1e-9)


def test_one_part_that_vanishes_beside_one_that_does_not():
    """dz+ = 2e-9 at the kink, dz- = -1: RevealCancel's dy+ = 1/2 [f(1e-9) - f(-1e-9)] is dropped, times the weight 1e6."""
    network = Network.sequential([Dense(np.array([[1.0], [1.0]])), ReLU(), Dense(np.array([[1e6]]))], (2,))
    found = deep_lift(network, [[1e-9, -1.0]], 0, baseline=[-1e-9, 0.0], rule=REVEAL_CANCEL)
    row = found.ledger["relu1"]
    assert row.dropped[0] == pytest.approx(5e-4, rel=1e-6)
    assert row.closes().all()
