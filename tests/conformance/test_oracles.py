"""Zennit, Captum and LXT run here and now, on networks that no stored result has: residual, groups, padding, norms."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import lrp
from lrp.conformance import oracles
from lrp.conformance.oracles import libraries
from lrp.conformance.oracles import model as torch_model
from lrp.errors import MissingExtraError, RuleError
from lrp.graph import Node
from lrp.layers import (
    Add,
    AvgPool,
    BatchNorm,
    Concat,
    Conv,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GlobalAvgPool,
    Input,
    Linear,
    MaxPool,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
)
from lrp.rules import parse

torch = pytest.importorskip("torch")
pytest.importorskip("captum")
pytest.importorskip("zennit")
pytestmark = pytest.mark.filterwarnings("ignore")  # the libraries' own
FEW = ("epsilon:1e-6", "gamma:0.25", "gamma:0.25,bias=off", "z_plus", "z_plus:bias=off", "alpha_beta:2,1", "w_square")


def mlp(rng):
    layers = [Dense(rng.normal(size=(5, 7)), rng.normal(size=7)), ReLU(), Dense(rng.normal(size=(7, 6)))]
    layers += [Tanh(), Dense(rng.normal(size=(6, 3)), rng.normal(size=3)), Softmax()]
    return lrp.Network.sequential(layers, (5,)), rng.uniform(-4, 4, size=(4, 5))


def branched(rng):
    """A residual sum, groups, dilation, padding, overlapping max-pooling, counted padding, batch normalisation."""

    def w(*shape):
        return rng.normal(size=shape)

    norm = BatchNorm(w(6), rng.uniform(0.5, 2, 6), w(6), w(6), 1e-5)
    nodes = [
        Node("x", Input((7, 9, 4))),
        Node("c1", Conv(w(3, 3, 2, 6), w(6), padding=1, groups=2), ("x",)),
        Node("bn", norm, ("c1",)),
        Node("r1", ReLU(), ("bn",)),
        Node("c2", Conv(w(3, 3, 6, 6), padding="same"), ("r1",)),
        Node("sum", Add(), ("c2", "r1")),
        Node("r2", ReLU(), ("sum",)),
        Node("mp", MaxPool((3, 3), 2, 1), ("r2",)),
        Node("c3", Conv(w(2, 2, 6, 5), w(5), dilation=(2, 1), padding=((1, 1), (0, 0))), ("mp",)),
        Node("r3", ReLU(), ("c3",)),
        Node("ap", AvgPool((2, 2), 1, 1, count_padding=True), ("r3",)),
        Node("c4", Conv(w(1, 1, 6, 2), w(2), stride=1), ("ap0",)),
        Node("ap0", AvgPool((1, 1), 1), ("mp",)),
        Node("g1", GlobalAvgPool(), ("ap",)),
        Node("g2", GlobalAvgPool(), ("c4",)),
        Node("joined", Concat(), ("g1", "g2")),
        Node("drop", Dropout(), ("joined",)),
        Node("d", Dense(w(7, 3), w(3)), ("drop",)),
        Node("same", Linear(), ("d",)),
    ]
    return lrp.Network(nodes), rng.uniform(-4, 4, size=(3, 7, 9, 4))


def flattened(rng):
    layers = [
        Conv(rng.normal(size=(2, 3, 2)), rng.normal(size=2), stride=2),
        Sigmoid(),
        AvgPool((2,), 1),
        MaxPool((2,), 1),
    ]
    layers += [Flatten(), Dense(rng.normal(size=(4, 3)), rng.normal(size=3))]
    return lrp.Network.sequential(layers, (9, 3)), rng.uniform(-4, 4, size=(3, 9, 3))


@pytest.mark.parametrize("library", ["zennit", "captum", "lxt"])
@pytest.mark.parametrize("build", [mlp, branched, flattened])
def test_profiles_reproduce_the_libraries(rng, library, build):
    if library == "lxt":
        pytest.importorskip("lxt")
    torch.set_num_threads(1)
    network, x = build(rng)
    rows = oracles.compare(network, x, 1, libraries=[library])
    agreeing = [row for row in rows if not row.reason]
    assert all(row.profiled < 1e-9 for row in agreeing), rows
    refused = library == "captum" and build is flattened or library == "lxt" and build is not mlp
    assert refused or any(row.published > 1e-3 for row in agreeing)
    assert bool(agreeing) is not refused


@pytest.mark.parametrize("composite", ["epsilon-plus-flat", "epsilon-alpha2-beta1", "epsilon-gamma-box:-4,4"])
def test_zennit_composites_on_a_branched_network(rng, composite):
    network, x = branched(rng)
    theirs = libraries.Zennit().relevance(network, x, 2, composite)
    ours = network.explain(x, 2, composite, profile="zennit").relevance
    assert libraries.largest_difference(ours, theirs) < 1e-9


def test_two_inputs(rng):
    nodes = [
        Node("a", Input((3,))),
        Node("b", Input((3,))),
        Node("d1", Dense(rng.normal(size=(3, 3)), rng.normal(size=3)), ("a",)),
        Node("sum", Add(), ("d1", "b")),
        Node("d2", Dense(rng.normal(size=(3, 2)), rng.normal(size=2)), ("sum",)),
    ]
    network, x = lrp.Network(nodes), (rng.normal(size=(2, 3)), rng.normal(size=(2, 3)))
    for name in ("zennit", "captum", "lxt"):
        if name == "lxt":
            pytest.importorskip("lxt")
        theirs = oracles.ORACLES[name].relevance(network, x, 0, "Dense=epsilon:0.1")
        ours = network.explain(x, 0, "Dense=epsilon:0.1", profile=name).relevance
        assert libraries.largest_difference(ours, theirs) < 1e-9


def test_the_table_shows_rules_with_and_without_profile(rng):
    network, x = mlp(rng)
    text = oracles.table(network, x, 0, FEW)
    assert text.splitlines()[0].split() == ["library", "rule", "as", "published", "with", "its", "profile"]
    assert any(line.startswith("zennit   w_square") for line in text.splitlines())
    assert "captum: expected a rule that it has" in text


def test_what_the_adapters_refuse(rng):
    network, x = mlp(rng)
    with pytest.raises(RuleError, match="got none"):
        libraries.kernel_rules(network, "dense1=zero")
    lopsided = Conv(rng.normal(size=(2, 2, 1, 1)), padding=((1, 0), (0, 0)))
    with pytest.raises(RuleError, match="before and after"):
        libraries.Zennit().relevance(lrp.Network.sequential([lopsided], (3, 3, 1)), x, 0, "*=zero")
    tokens = lrp.Network.sequential([Embedding(rng.normal(size=(4, 2)))], (3,), tokens=True)
    with pytest.raises(RuleError, match="Embedding"):
        torch_model.build(tokens, lambda: None)(torch.zeros(1, 3))
    over_time = lrp.Network.sequential(
        [Dense(rng.normal(size=(3, 2))), Flatten(), Dense(rng.normal(size=(8, 2)))], (4, 3)
    )
    x = rng.normal(size=(2, 4, 3))
    theirs = libraries.Zennit().relevance(over_time, x, 1, "*=epsilon:0.1")
    assert libraries.largest_difference(over_time.explain(x, 1, "*=epsilon:0.1").relevance, theirs) < 1e-9
    with pytest.raises(RuleError, match="lxt"):
        libraries.Lxt().relevance(network, rng.normal(size=(1, 5)), 0, "*=flat")
    with pytest.raises(RuleError, match="captum"):
        libraries.Captum().relevance(network, rng.normal(size=(1, 5)), 0, "*=flat")


@pytest.mark.parametrize(
    "name, module", [("zennit", "torch"), ("zennit", "zennit"), ("captum", "captum"), ("lxt", "lxt")]
)
def test_a_missing_library_is_named(rng, monkeypatch, name, module):
    for loaded in [m for m in sys.modules if m == module or m.startswith(f"{module}.")]:
        monkeypatch.setitem(sys.modules, loaded, None)
    monkeypatch.setitem(sys.modules, module, None)
    network, x = mlp(rng)
    with pytest.raises(MissingExtraError, match="oracles"):
        oracles.ORACLES[name].relevance(network, x, 0, "*=zero")
    assert oracles.compare(network, x, 0, ("zero",), [name]) == []


def test_zennit_without_torchvision(monkeypatch):
    for loaded in [m for m in sys.modules if m.split(".")[0] == "torchvision"]:
        monkeypatch.setitem(sys.modules, loaded, None)
    monkeypatch.setitem(sys.modules, "torchvision", None)
    with libraries.torchvision_stub():
        from torchvision.models.resnet import BasicBlock

        assert BasicBlock.__name__ == "BasicBlock"
    assert sys.modules.get("torchvision") is None


def test_rules_are_the_ones_asked_for():
    assert {parse(rule).name for rule in oracles.runner.RULES} == set(parse(r).name for r in FEW) | {
        "zero",
        "z_box",
        "flat",
    }
    assert np.isclose(libraries.largest_difference((np.ones(2), np.ones(3)), (np.ones(2), np.full(3, 2.0))), 0.5)
