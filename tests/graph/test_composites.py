"""Which rule goes where: presets against the table of the mapping, selector lines, and what is refused."""

import numpy as np
import pytest

import lrp
from lrp import layers as L
from lrp import rules
from lrp.errors import CompositeError
from lrp.graph.composites import PRESETS, Composite, composite, parse
from tests.cases import numbers
from tests.graph.nets import branched, lenet

RANGE = lrp.Metadata(input_range=(-9, 9))


def assigned(name, network):
    return {
        node: rule.text()
        for node, rule in parse(name).assign(network.graph).items()
        if rule.name not in ("identity", "winner")
    }


@pytest.mark.parametrize(
    "name, conv1, conv2, dense, pool",
    [
        ("epsilon", "epsilon:1e-06", "epsilon:1e-06", "epsilon:1e-06", "epsilon:1e-06"),
        ("epsilon:0.5", "epsilon:0.5", "epsilon:0.5", "epsilon:0.5", "epsilon:0.5"),
        ("epsilon-plus", "z_plus", "z_plus", "epsilon:1e-06", "epsilon:1e-06"),
        ("epsilon-plus-flat", "flat", "z_plus", "epsilon:1e-06", "epsilon:1e-06"),
        ("epsilon-alpha2-beta1", "alpha_beta:2,1", "alpha_beta:2,1", "epsilon:1e-06", "epsilon:1e-06"),
        ("epsilon-alpha2-beta1-flat", "flat", "alpha_beta:2,1", "epsilon:1e-06", "epsilon:1e-06"),
        ("epsilon-gamma-box", "z_box:-9,9", "gamma:0.25", "epsilon:1e-06", "epsilon:1e-06"),
        ("epsilon-gamma-box:-3,3.5", "z_box:-3,3.5", "gamma:0.25", "epsilon:1e-06", "epsilon:1e-06"),
        ("epsilon-gamma-box:-3,3.5,0.5,0.1", "z_box:-3,3.5", "gamma:0.5", "epsilon:0.1", "epsilon:0.1"),
        ("alpha1-beta0", "alpha_beta:1,0", "alpha_beta:1,0", "alpha_beta:1,0", "epsilon:1e-06"),
        ("alpha2-beta1", "alpha_beta:2,1", "alpha_beta:2,1", "alpha_beta:2,1", "epsilon:1e-06"),
        ("deep-taylor", "z_box:-9,9", "z_plus:bias=off", "z_plus:bias=off", "z_plus"),
        ("excitation-backprop", "z_plus", "z_plus", "z_plus", "epsilon:1e-06"),
    ],
)
def test_presets(name, conv1, conv2, dense, pool, rng):
    expected = {"conv1": conv1, "conv2": conv2, "dense1": dense, "dense2": dense, "avgpool1": pool}
    network = lenet(rng, metadata=RANGE)
    names = network.ancestors("dense2")
    got = {
        k: r.text() for k, r in parse(name).assign(network.graph, names).items() if r.name not in ("identity", "winner")
    }
    if name == "deep-taylor":
        assert got.pop("maxpool1") == "zero"
    assert got == expected


def test_every_preset_explains_and_closes(rng):
    network, x = lenet(rng, metadata=RANGE), numbers(rng, (2, 6, 8, 2))
    for name in PRESETS:
        network.explain(x, 1, name).ledger.check()


def test_a_flat_first_layer_is_dense_where_there_is_no_convolution(rng):
    network = lrp.Network.sequential([L.Dense(numbers(rng, (5, 7))), L.ReLU(), L.Dense(numbers(rng, (7, 3)))], (5,))
    assert assigned("epsilon-plus-flat", network) == {"dense1": "flat", "dense2": "epsilon:1e-06"}
    assert assigned("epsilon-gamma-box", network) == {"dense1": "epsilon:1e-06", "dense2": "epsilon:1e-06"}


def test_first_means_first_on_each_path(rng):
    got = assigned("first:Dense=flat Multiply=uniform *=epsilon", branched(rng))
    assert {name for name, text in got.items() if text == "flat"} == {"da", "db"}


def test_lines_first_match_wins_and_wildcards_leave_defaults_alone(rng):
    network = lenet(rng)
    got = parse("conv1=z_box:0,1 conv*|dense1=gamma:0.5 Softmax=identity *=epsilon:0.1").assign(network.graph)
    texts = {name: rule.text() for name, rule in got.items()}
    assert texts == {
        "conv1": "z_box:0,1", "relu1": "identity", "maxpool1": "winner:share", "conv2": "gamma:0.5",
        "relu2": "identity", "avgpool1": "epsilon:0.1", "flatten1": "identity", "dense1": "gamma:0.5",
        "relu3": "identity", "dense2": "epsilon:0.1", "softmax1": "identity",
    }  # fmt: skip


def test_a_name_or_class_reaches_a_layer_with_a_default(rng):
    network = lenet(rng)
    for line in ("maxpool1=flat", "MaxPool=flat", "maxpool1=winner:first"):
        got = parse(f"{line} *=epsilon").assign(network.graph, ["maxpool1"])
        assert got["maxpool1"].text() == line.partition("=")[2]


def test_pairs_and_objects(rng):
    network, x = lenet(rng), numbers(rng, (1, 6, 8, 2))
    pairs = [("conv1", rules.flat()), ("*", "epsilon:0.1")]
    from_pairs = network.explain(x, 0, pairs)
    assert (from_pairs.relevance == network.explain(x, 0, "conv1=flat *=epsilon:0.1").relevance).all()
    made = composite(pairs)
    assert isinstance(made, Composite) and composite(made) is made and made.name == "conv1=flat *=epsilon:0.1"


def test_input_range_comes_from_the_preprocessing(rng):
    metadata = lrp.Metadata(preprocessing=lrp.Preprocessing(mean=51, scale=102, channels="gray"))
    network = lenet(rng, metadata=metadata)
    assert parse("epsilon-gamma-box").assign(network.graph, ["conv1"])["conv1"].text() == "z_box:-0.5,2"
    assert (
        parse("conv1=z_box:eps=0.5 *=zero").assign(network.graph, ["conv1"])["conv1"].text() == "z_box:-0.5,2,eps=0.5"
    )
    assert str(parse("conv1=z_box:eps=0.5 *=zero").lines[0]) == "conv1=z_box:eps=0.5"


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("unknown", "composite: expected one of epsilon, .* or lines such as"),
        ("epsilon:1,2", r"composite epsilon: expected at most 1 parameters \(eps\), got 2"),
        ("epsilon-gamma-box:3", "composite epsilon-gamma-box: expected two bounds, low and high, got one number"),
        (
            "conv1=flat",
            "conv2: the composite 'conv1=flat' gives no rule to this Conv layer; add a line such as conv2=RULE",
        ),
        (
            "foo=flat *=epsilon",
            "line 'foo=flat': expected a pattern that matches a node, got one that matches none; the nodes",
        ),
        ("relu1=flat *=epsilon", "line 'relu1=flat': expected a rule that ReLU layers accept"),
        ("conv1=nonsense *=epsilon", "line 'conv1=nonsense': rule: expected one of"),
        ("conv1= *=epsilon", "line 'conv1=': expected pattern=rule without spaces inside"),
        ("conv1=z_box:colour=1", "line 'conv1=z_box:colour=1': z_box: expected options among"),
        ("epsilon-gamma-box", "z_box: expected the input's bounds, got none, and the model stores no input range"),
        ("deep-taylor", "z_box: expected the input's bounds, got none"),
    ],
)
def test_what_is_refused_before_any_arithmetic(text, sentence, rng):
    network = lenet(rng)
    with pytest.raises(CompositeError, match=sentence):
        network.explain(np.zeros((1, 6, 8, 2)), 0, text)
