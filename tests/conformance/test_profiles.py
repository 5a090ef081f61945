"""What a profile is: options under a rule's own, lines of its own, stand-ins, presets, a start; never a surprise."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import lrp
from lrp.errors import CompositeError
from lrp.graph.profiles import PROFILES, Profile, averaged, profile, squared_variance
from lrp.layers import LRN, Add, AvgPool, BatchNorm, Conv, Dense, Flatten, GlobalMaxPool, Input, MaxPool, ReLU
from lrp.rules import parse


@pytest.fixture
def network(rng):
    layers = [Conv(rng.normal(size=(2, 2, 1, 2)), rng.normal(size=2)), ReLU(), MaxPool((2, 2)), Flatten()]
    layers += [Dense(rng.normal(size=(8, 3)), rng.normal(size=3))]
    return lrp.Network.sequential(layers, (5, 5, 1))


@pytest.fixture
def x(rng):
    return rng.uniform(-1, 1, size=(2, 5, 5, 1))


def test_paper_is_the_default_and_changes_nothing(network, x):
    plain = network.explain(x, 0)
    assert plain.profile == "paper"
    assert np.array_equal(plain.relevance, network.explain(x, 0, "epsilon", "logit", profile="paper").relevance)
    assert plain.rules["dense1"].text() == "epsilon:1e-06"


def test_options_lie_under_what_a_rule_states(network, x):
    rules = network.explain(x, 0, "conv1=gamma:1 dense1=z_plus:eps=0.5", profile="zennit").rules
    assert rules["conv1"].text() == "gamma:1,eps=1e-06,gate=layer"
    assert rules["dense1"].text() == "z_plus:eps=0.5"
    assert rules["maxpool1"].text() == "winner:first"


def test_a_line_that_names_a_node_wins_a_wildcard_does_not(network, x):
    assert network.explain(x, 0, "maxpool1=flat *=zero", profile="zennit").rules["maxpool1"].name == "flat"
    assert network.explain(x, 0, "MaxPool=flat *=zero", profile="zennit").rules["maxpool1"].name == "flat"
    averaging = lrp.Network.sequential([AvgPool((2, 2)), Flatten()], (2, 2, 1))
    ones = np.ones((1, 2, 2, 1))
    assert averaging.explain(ones, 0, "avg*=flat", profile="zennit").rules["avgpool1"].name == "epsilon"
    assert averaging.explain(ones, 0, "avgpool1=flat", profile="zennit").rules["avgpool1"].name == "flat"
    assert network.explain(x, 0, "epsilon-plus", profile="zennit").rules["maxpool1"].text() == "winner:first"


def test_presets_of_a_library_are_its_own_names(network, x):
    explanation = network.explain(x, 0, "lrp.alpha_beta:3,2", profile="innvestigate")
    assert explanation.rules["conv1"].text() == "alpha_beta:3,2,zero=1e-07,bias=whole"
    assert "positive" in network.explain(x, 0, "deep_taylor", profile="innvestigate").start
    assert "own value" in network.explain(x, 0, "deep_taylor", "logit", profile="innvestigate").start
    assert network.explain(x, 0, profile="innvestigate").rules["conv1"].text() == "zero:zero=1e-07"
    assert network.explain(x, 0, profile="captum").rules["conv1"].text() == "epsilon:1e-09"


def test_what_a_library_does_not_have_is_refused(network, x):
    with pytest.raises(CompositeError, match="profile captum: expected a rule that Captum 0.9.0 has"):
        network.explain(x, 0, "*=w_square", profile="captum")
    with pytest.raises(CompositeError, match="expected one of paper, zennit"):
        network.explain(x, 0, profile="torch")
    with pytest.raises(CompositeError, match="gives no rule"):
        network.explain(x, 0, "conv1=zero", profile="zennit")


def test_pairs_and_composites_are_taken_too(network, x):
    asked = [("Conv", parse("gamma:1")), ("Dense", "zero")]
    assert network.explain(x, 0, asked, profile="zennit").rules["conv1"].text() == "gamma:1,eps=1e-06,gate=layer"
    own = Profile("mine", "a test", composite="*=flat", start="one", options={"flat": "eps=1/2"})
    explanation = network.explain(x, 0, profile=own)
    assert explanation.rules["dense1"].text() == "flat:eps=0.5" and "with 1" in explanation.start
    assert profile(own) is own


def test_every_profile_explains_a_network_it_has_rules_for(network, x):
    network = lrp.Network(network.nodes.values(), metadata=lrp.Metadata(input_range=(-1, 1)))
    for name in PROFILES:
        explanation = network.explain(x, 0, profile=name)
        explanation.ledger.check()
        assert explanation.profile == name


def test_the_tutorial_is_the_code_that_people_copy(rng):
    """Gamma below, epsilon of the batch's rms in the middle, max-pooling as average pooling: by loops."""
    x, w, b, R = rng.normal(size=(3, 4)), rng.normal(size=(4, 5)), rng.normal(size=5), rng.normal(size=(3, 5))
    network = lrp.Network.sequential([Dense(w, b)], (4,), ["one"])
    z = x @ w + b
    stabilized = z + 0.25 * np.sqrt((z**2).mean()) + 1e-9
    expected = x * ((R / stabilized) @ w.T)
    got = network.explain(x, composite="epsilon-rms:0.25", start=R, profile="tutorial").relevance
    assert np.allclose(got, expected, rtol=1e-10)
    got = network.explain(x, composite="one=zero:rms=0.25", start=R, profile="tutorial").relevance
    assert np.allclose(got, expected, rtol=1e-10)
    v, c = w + 0.1 * np.maximum(w, 0), b + 0.1 * np.maximum(b, 0)
    expected = x * ((R / (x @ v + c + 1e-9)) @ v.T)
    got = network.explain(x, composite="one=gamma:0.1", start=R, profile="tutorial").relevance
    assert np.allclose(got, expected, rtol=1e-10)
    low, high = -np.ones_like(x) * 9, np.ones_like(x) * 9
    s = R / (x @ w - low @ np.maximum(w, 0) - high @ np.minimum(w, 0) + 1e-9)
    expected = x * (s @ w.T) - low * (s @ np.maximum(w, 0).T) - high * (s @ np.minimum(w, 0).T)
    got = network.explain(x, composite="one=z_box:-9,9", start=R, profile="tutorial").relevance
    assert np.allclose(got, expected, rtol=1e-9)
    pool = lrp.Network.sequential([MaxPool((2, 2))], (2, 2, 1), ["pool"])
    picture = np.array([1.0, 2.0, 3.0, 0.0]).reshape(1, 2, 2, 1)
    explanation = pool.explain(picture, composite=[], start=np.full((1, 1, 1, 1), 6.0), profile="tutorial")
    assert np.allclose(explanation.relevance.ravel(), picture.ravel(), rtol=1e-8)


def test_the_toolboxes(rng):
    """The simple rule with 1e-16 and shared ties; Caffe's epsilon that passes relevance on at z = 0."""
    x, w = np.array([[1.0, 1.0]]), np.array([[1.0, 2.0], [-1.0, 1.0]])
    network = lrp.Network.sequential([Dense(w)], (2,), ["one"])
    got = network.explain(x, composite="*=epsilon:1", start=np.array([[3.0, 8.0]]), profile="caffe-lrp").relevance
    assert np.allclose(got, [[1 * 3 + 2 * 8 / 4, -1 * 3 + 1 * 8 / 4]])
    got = network.explain(x, start=np.array([[0.0, 6.0]]), profile="lrp-toolbox").relevance
    assert np.array_equal(got, [[4.0, 2.0]])
    got = network.explain(x, start=np.array([[1.0, 0.0]]), profile="lrp-toolbox").relevance
    assert np.array_equal(got, [[1e16, -1e16]])
    lrn = lrp.Network.sequential([LRN(3, 3, 1, 1)], (3,), ["lrn"])
    x = np.array([[0.5, 2.0, 3.0]])
    got = lrp.Network.sequential([LRN(3, 0, 1, 1)], (3,), ["lrn"]).explain(
        x, composite="lrn-taylor", start=np.ones((1, 3)), profile="caffe-lrp"
    )
    assert np.allclose(got.relevance, x)
    assert np.array_equal(lrn.explain(x, composite="composite", start=x, profile="caffe-lrp").relevance, x)


def test_backward_layers():
    norm = BatchNorm(np.array([1.0]), np.array([4.0]), np.array([3.0]), np.array([2.0]), 0)
    other = squared_variance(norm)
    assert other.compute(np.array([[5.0]])) == 5 * 3 / 4 + 2 - 1 / 4
    bare = squared_variance(BatchNorm(np.array([1.0]), np.array([4.0]), epsilon=0))
    assert bare.compute(np.array([[5.0]])) == 5 / 4 - 1 / 4
    assert squared_variance(Add()).__class__ is Add and averaged(ReLU()).__class__ is ReLU
    assert isinstance(averaged(GlobalMaxPool()), lrp.layers.GlobalAvgPool)
    assert isinstance(averaged(MaxPool((2, 3))), AvgPool) and averaged(MaxPool((2, 3))).size == (2, 3)
    exact = squared_variance(norm.astype("exact"))
    assert isinstance(exact.mean[0], Fraction)


def test_a_pattern_may_ask_for_the_class_of_the_input():
    """A pattern with < asks for the class of the input: ReLU behind a kernel, not behind a sum."""
    nodes = [
        lrp.Node("x", Input((2,))),
        lrp.Node("d", Dense(np.eye(2)), ("x",)),
        lrp.Node("r1", ReLU(), ("d",)),
        lrp.Node("s", Add(), ("r1", "x")),
        lrp.Node("r2", ReLU(), ("s",)),
    ]
    rules = lrp.Network(nodes).explain(np.ones((1, 2)), 0, "ReLU<Add=gradient *=zero").rules
    assert (rules["r1"].name, rules["r2"].name) == ("identity", "gradient")
