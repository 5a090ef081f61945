"""lrp.explain: one entry, one result type, the same keywords, and the nearest name for a misspelt one."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import lrp
from lrp import Explanation, Ledger
from lrp.errors import GraphError, InputError, SettingError
from lrp.graph import DEFAULT_COMPOSITE
from lrp.layers import Add, Dense, Embedding, Flatten, Input, Multiply, ReLU, Tanh
from lrp.methods import METHODS, class_model, estimate_patterns, gradient, parse, relevance_propagation
from tests.methods import nets

NUMPYDOC = ("Parameters\n", "Returns\n", "Raises\n", "Examples\n", ">>> ", "Source: ", "Unit:")


@pytest.fixture
def case(rng):
    """A network that every method takes, a batch, and what some methods need."""
    network, x = nets.pooled(rng), rng.random((2, 6, 7, 2))
    needed = {
        "patterns": estimate_patterns(network, [rng.normal(size=(20, 6, 7, 2))]),
        "background": rng.random((3, 6, 7, 2)),
        "training_size": 100,
        "samples": 3,
        "steps": 3,
        "cell": 2,
        "window": 3,
    }
    return network, x, needed


@pytest.mark.parametrize("name", list(METHODS))
def test_every_method_gives_the_one_result(case, name):
    network, x, needed = case
    known = inspect.signature(METHODS[name].function).parameters
    found = lrp.explain(network, x, [1, 0], method=name, **{k: v for k, v in needed.items() if k in known})
    assert type(found) is Explanation and found.method == name
    assert np.asarray(found.relevance).shape[:3] == x.shape[:3]
    assert found.target.tolist() == [1, 0]
    np.testing.assert_allclose(found.score, network.forward(x).output[[0, 1], [1, 0]])
    np.testing.assert_allclose(found.total(), found.relevance.reshape(2, -1).sum(axis=1))
    assert (found.gap() is None) == (found.expected is None)
    if found.expected is not None:
        np.testing.assert_allclose(found.gap(), found.expected - found.total())
    assert isinstance(found.ledger, Ledger) if name in ("lrp", "deep_lift") else found.ledger is None
    assert (found.relevances["input"] == found.relevance).all()
    form = lrp.explain(network, {"input": x}, [1, 0], method=name, **{k: v for k, v in needed.items() if k in known})
    np.testing.assert_array_equal(form.relevance["input"], found.relevance)


@pytest.mark.parametrize("function", [*(entry.function for entry in METHODS.values()), class_model])
def test_every_method_has_keyword_settings_and_a_full_docstring(function):
    network, x, target, *settings = inspect.signature(function).parameters.values()
    assert (network.name, x.name, target.name, target.default) == ("network", "x", "target", None)
    assert all(p.kind is p.KEYWORD_ONLY for p in settings)
    assert all("Any" != p.annotation for p in (x, target))
    doc = inspect.getdoc(function)
    assert [section for section in NUMPYDOC if section not in doc] == []
    for parameter in settings:
        assert f"{parameter.name} : " in doc or f"{parameter.name}, " in doc or f", {parameter.name}" in doc


def test_the_same_keywords_in_all_methods():
    allowed = {
        *(
            "composite",
            "start",
            "output",
            "profile",
            "layer",
            "norm",
            "baseline",
            "steps",
            "scheme",
            "method",
            "samples",
        ),
        *("spread", "combine", "sigma", "rng", "window", "stride", "background", "training_size", "sign", "rule"),
        *("patterns", "game", "area", "smoothness", "power", "cell", "mask_blur", "blur", "jitter", "rate", "spot"),
        *("spacing", "every_output", "segments"),
    }
    for name, entry in METHODS.items():
        names = list(inspect.signature(entry.function).parameters)[3:]
        assert set(names) <= allowed, name
        assert set(entry.converters) <= set(names), name


@pytest.mark.parametrize("name", list(METHODS))
def test_the_example_of_the_documentation_can_be_read(name, tmp_path, rng):
    lrp.formats.results.named_arrays.save_arrays(tmp_path / "f.h5", {"x": rng.random((2, 6, 7, 2))})
    text = METHODS[name].example.replace("FILE.h5", str(tmp_path / "f.h5"))
    assert parse(text).function is METHODS[name].function


def test_one_default_composite(rng):
    """None is the same composite in network.explain, lrp.explain, relevance_propagation and for texts."""
    network, x = nets.conv(rng), rng.random((2, 7, 9, 2))
    wanted = network.explain(x, 1, DEFAULT_COMPOSITE)
    for found in (network.explain(x, 1), lrp.explain(network, x, 1), relevance_propagation(network, x, 1)):
        np.testing.assert_array_equal(found.relevance, wanted.relevance)
        assert found.settings == {"composite": DEFAULT_COMPOSITE, "profile": "paper"}
        assert found.start == wanted.start and found.profile == "paper" and set(found.rules) == set(wanted.rules)
    np.testing.assert_allclose(wanted.expected, wanted.score)
    np.testing.assert_allclose(wanted.expected, wanted.ledger.start)


def test_settings_of_the_text_form_are_overridden_and_functions_are_called(rng):
    network, x = nets.conv(rng), rng.random((1, 7, 9, 2))
    a = lrp.explain(network, x, 1, method="integrated_gradients:steps=9,baseline=0.5", steps=3)
    b = lrp.explain(network, x, 1, method="integrated-gradients", baseline=0.5, steps=3)
    np.testing.assert_array_equal(a.relevance, b.relevance)
    c = lrp.explain(network, x, 1, method=parse("sensitivity:inf"), norm="1")
    assert c.settings == {"norm": "1"}
    d = lrp.explain(network, x, 1, method=gradient)
    assert d.method == "gradient"

    def own(network, x, target=None, **settings):
        return gradient(network, settings["scale"] * x, target)

    np.testing.assert_array_equal(
        lrp.explain(network, x, 1, method=own, scale=2).relevance, gradient(network, 2 * x, 1).relevance
    )


@pytest.mark.parametrize(
    "method, settings, message",
    [
        ("integrated_gradient", {}, "got 'integrated_gradient'; did you mean 'integrated_gradients'"),
        (
            "smoothgrad",
            {"sample": 3},
            "smoothgrad: expected settings among method, .* got 'sample'; did you mean 'samples'",
        ),
        ("occlusion", {"value": 3}, "occlusion: expected settings among baseline, window, stride, got 'value'"),
        ("gradient", {"baseline": 0}, "gradient: expected settings among layer, got 'baseline'"),
        ("prediction_difference", {"training_size": 5}, "expected a value for the setting background, got none"),
        (3, {}, "explain: method: expected a name or a function, got 3"),
    ],
)
def test_a_misspelt_name_gets_a_suggestion(rng, method, settings, message):
    with pytest.raises(SettingError, match=message):
        lrp.explain(nets.conv(rng), rng.random((1, 7, 9, 2)), 1, method=method, **settings)


@pytest.mark.parametrize("method", ["gradient", "squared_gradient", "gradient_times_input", "lrp"])
def test_relevance_at_an_inner_node(rng, method):
    """With layer the node's output takes the place of x: the same as explaining the network above that node."""
    network, x = nets.dense(rng), rng.normal(size=(3, 5))
    upper = lrp.Network.sequential([node.layer for node in network.nodes.values()][3:], (7,))
    hidden = network.forward(x).values["relu1"]
    found = lrp.explain(network, x, [0, 1, 2], method=method, layer="relu1")
    wanted = lrp.explain(upper, hidden, [0, 1, 2], method=method)
    np.testing.assert_allclose(found.relevance, wanted.relevance, rtol=1e-12)
    np.testing.assert_array_equal(found.relevances["relu1"], found.relevance)
    assert found.trace.values["relu1"].shape == hidden.shape
    with pytest.raises(GraphError, match="layer: expected one of input, dense1, .* got 'relu3'; did you mean 'relu2'"):
        lrp.explain(network, x, method=method, layer="relu3")


@pytest.mark.parametrize("method", ["gradient", "squared_gradient", "gradient_times_input", "lrp"])
def test_a_node_without_a_path_to_the_output_gets_zeros(rng, method):
    nodes = [
        lrp.Node("x", Input((3,))),
        lrp.Node("out", Dense(rng.normal(size=(3, 2))), ("x",)),
        lrp.Node("side", Dense(rng.normal(size=(3, 4))), ("x",)),
    ]
    found = lrp.explain(lrp.Network(nodes, ["out"]), np.ones((2, 3)), 0, method=method, layer="side")
    assert found.relevance.tolist() == [[0] * 4] * 2


def test_token_numbers_are_explained_at_their_embedding(rng):
    table = rng.normal(size=(11, 3))
    network = lrp.Network.sequential([Embedding(table), Flatten(), Dense(rng.normal(size=(15, 2)))], (5,), tokens=True)
    x = rng.integers(0, 11, size=(2, 5))
    w = network.nodes["dense1"].layer.weight[:, 1].reshape(5, 3)
    for method, wanted in (
        ("gradient", np.broadcast_to(w, (2, 5, 3))),
        ("squared_gradient", np.broadcast_to(w * w, (2, 5, 3))),
        ("gradient_times_input", w * table[x]),
    ):
        found = lrp.explain(network, x, 1, method=method, layer="embedding1")
        np.testing.assert_allclose(found.relevance, wanted, rtol=1e-12)
        with pytest.raises(InputError, match=f"{method}: expected inputs of real numbers, got token numbers"):
            lrp.explain(network, x, 1, method=method)


@pytest.mark.parametrize("method", ["gradient", "gradient_times_input", "lrp"])
def test_fan_out_adds_up_in_the_backward_pass(rng, method):
    """y = a tanh(a) + relu(a): an input that three nodes read, against the derivative by hand."""
    nodes = [
        lrp.Node("a", Input((3,))),
        lrp.Node("tanh", Tanh(), ("a",)),
        lrp.Node("relu", ReLU(), ("a",)),
        lrp.Node("product", Multiply(), ("a", "tanh")),
        lrp.Node("y", Add(), ("product", "relu")),
    ]
    network, x = lrp.Network(nodes), rng.normal(size=(4, 3))
    g = np.tanh(x) + x * (1 - np.tanh(x) ** 2) + (x > 0)
    if method == "lrp":
        found = lrp.explain(network, x, 1, composite="Multiply=uniform Add=zero")
        wanted = x * np.tanh(x) + np.maximum(x, 0)  # half of the product's relevance by each factor, all of it from a
    else:
        found = lrp.explain(network, x, 1, method=method)
        wanted = g if method == "gradient" else g * x
    np.testing.assert_allclose(found.relevance[:, 1], wanted[:, 1], rtol=1e-12)
    assert not found.relevance[:, [0, 2]].any()
