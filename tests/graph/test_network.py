"""The graph: order, shapes, inputs and outputs in every form, targets, starts, the sentences of wrong calls."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import lrp
from lrp import layers as L
from lrp.errors import GraphError, InputError, RuleError, ShapeError, StateError, TargetError
from tests.cases import numbers
from tests.graph.nets import branched, lenet, logits

ALL = "Multiply=uniform *=epsilon:0.1"


def test_explanation_of_a_convolutional_network(rng):
    network, x = lenet(rng), numbers(rng, (2, 6, 8, 2))
    explanation = network.explain(x, composite="epsilon-plus")
    assert explanation.relevance.shape == x.shape
    assert explanation.target.tolist() == explanation.trace.values["dense2"].argmax(axis=1).tolist()
    assert "softmax1 is passed over" in explanation.start and "softmax1" not in explanation.relevances
    top = explanation.trace.values["dense2"][np.arange(2), explanation.target]
    assert (explanation.ledger.start == top).all()
    explanation.ledger.check()
    for name, R in explanation.relevances.items():
        assert R.shape == explanation.trace.values[name].shape


def test_rule_zero_is_gradient_times_input(rng):
    """On a piecewise linear network without bias LRP-0 is gradient x input."""
    layers = [L.Dense(numbers(rng, (5, 7))), L.ReLU(), L.Dense(numbers(rng, (7, 3)))]
    network, x = lrp.Network.sequential(layers, (5,)), rng.normal(size=(2, 5))
    relevance = network.explain(x, 1, "*=zero").relevance
    assert relevance == pytest.approx(network.gradient(x, 1).gradient * x, rel=1e-9)


def test_several_inputs_outputs_and_a_shared_layer(rng):
    network, unshared = branched(np.random.default_rng(3)), branched(np.random.default_rng(3), shared=False)
    assert network.inputs == ("a", "b") and network.outputs == ("out", "extra")
    assert network.nodes["da"].layer is network.nodes["db"].layer
    xs = numbers(rng, (2, 5)), numbers(rng, (2, 5))
    explanation = network.explain(xs, 2, ALL)
    explanation.ledger.check()
    for part, same in zip(explanation.relevance, unshared.explain(xs, 2, ALL).relevance, strict=True):
        assert (part == same).all()  # element by element: a sum that closes proves too little
    by_name = network.explain({"b": xs[1], "a": xs[0]}, 2, ALL)
    assert set(by_name.relevance) == {"a", "b"} and (by_name.relevance["b"] == explanation.relevance[1]).all()
    other = network.explain(list(xs), 0, ALL, output="extra")
    assert "out" not in other.relevances and other.ledger.start.tolist() == other.trace.outputs["extra"][:, 0].tolist()
    gradient = network.gradient(xs, 1)
    assert len(gradient.gradient) == 2 and gradient.gradients["sum"].shape == (2, 7)


def test_an_input_that_nothing_reaches_has_no_relevance(rng):
    nodes = [
        lrp.Node("a", L.Input((2,))),
        lrp.Node("b", L.Input((3,))),
        lrp.Node("out", L.Dense(numbers(rng, (2, 2))), "a"),
        lrp.Node("other", L.ReLU(), "b"),
    ]
    network = lrp.Network(nodes, outputs=["out"])
    explanation = network.explain((np.ones((1, 2)), np.ones((1, 3))))
    assert explanation.relevance[1].tolist() == [[0, 0, 0]]


def test_batch_of_one_and_of_seven_agree(rng):
    network, x = lenet(rng), numbers(rng, (7, 6, 8, 2))
    whole = network.explain(x, 1, "epsilon-alpha2-beta1-flat")
    for i in range(7):
        one = network.explain(x[i : i + 1], 1, "epsilon-alpha2-beta1-flat")
        scale = max(abs(one.relevance).max(), 1e-6)
        assert abs(whole.relevance[i] - one.relevance[0]).max() <= 1e-9 * scale
        assert whole.ledger.sample(i).total().bias == pytest.approx(one.ledger.total().bias, rel=1e-9, abs=1e-12)


def test_twice_the_same_bits_and_in_two_threads(rng):
    network, x = lenet(rng), numbers(rng, (3, 6, 8, 2))
    before = [w.tobytes() for node in network.nodes.values() for w in node.layer.weights().values()]
    with ThreadPoolExecutor(2) as pool:
        maps = list(pool.map(lambda _: network.explain(x, 0, "epsilon-plus-flat").relevance.tobytes(), range(4)))
    assert len(set(maps)) == 1
    assert before == [w.tobytes() for node in network.nodes.values() for w in node.layer.weights().values()]


def test_exact_network_closes_with_equality_and_bounds_the_floats(rng):
    network, x = logits(rng), rng.integers(-4, 5, size=(2, 5)) / 4
    exact = network.exact().explain(x, 1, "epsilon-alpha2-beta1-flat")
    exact.ledger.check()
    assert (exact.ledger.total().residual == 0).all()
    floats = network.explain(x, 1, "epsilon-alpha2-beta1-flat")
    assert abs(floats.relevance - exact.relevance.astype(float)).max() < 1e-10
    assert network.exact().astype("float64").forward(x).output.dtype == np.float64


def test_float32_network(rng):
    network, x = lenet(rng, dtype="float32"), numbers(rng, (2, 6, 8, 2))
    for composite in ("epsilon-plus-flat", "epsilon-gamma-box:-9,9", "epsilon-alpha2-beta1"):
        explanation = network.explain(x, 0, composite)
        explanation.ledger.check()
        assert explanation.relevance.dtype == np.float32


def test_targets(rng):
    network = lenet(rng, metadata=lrp.Metadata(classes=("ant", "bee", "cat")))
    x = numbers(rng, (2, 6, 8, 2))
    assert network.explain(x, "bee").target.tolist() == [1, 1]
    assert network.explain(x, ["cat", 0]).target.tolist() == [2, 0]
    assert network.explain(x, np.array([2, 1])).target.tolist() == [2, 1]
    assert network.explain(x, "2").target.tolist() == [2, 2]
    assert network.explain(x, (1,)).target.tolist() == [1, 1]
    for target, sentence in [
        (3, "target: expected a whole number from 0 to 2, got 3"),
        (-1, "target: expected a whole number from 0 to 2, got -1"),
        (1.5, "target: expected a whole number from 0 to 2, got 1.5"),
        (True, "target: expected a whole number from 0 to 2, got True"),
        ("dog", "target: expected one of the classes ant, bee, cat, got 'dog'"),
        ([0, 1, 2], "target: expected one, or one for each of 2 samples, got 3"),
        ((3,), r"target: expected an index into outputs of shape \(3,\), got \(3,\)"),
    ]:
        with pytest.raises(TargetError, match=sentence):
            network.explain(x, target)
    with pytest.raises(TargetError, match="target: expected a number from 0 to 2, got 'dog'"):
        lenet(rng).explain(x, "dog")
    with pytest.raises(TargetError, match="output: expected one of softmax1, got 'nowhere'"):
        network.explain(x, output="nowhere")


def test_targets_in_outputs_with_several_axes(rng):
    network = lrp.Network.sequential([L.Dense(numbers(rng, (5, 3)))], (4, 5))
    x = numbers(rng, (2, 4, 5))
    explanation = network.explain(x, (2, 1))
    assert explanation.target.tolist() == [7, 7]
    assert (explanation.ledger.start == explanation.trace.output[:, 2, 1]).all()


def test_starts(rng):
    network, x = logits(rng), numbers(rng, (2, 5))
    z = network.forward(x).output
    assert network.explain(x, 1, start="one").ledger.start.tolist() == [1, 1]
    assert network.explain(x, 1, start=2.5).ledger.start.tolist() == [2.5, 2.5]
    contrast = network.explain(x, 1, start="contrastive")
    assert contrast.ledger.start == pytest.approx(z[:, 1] - (z[:, 0] + z[:, 2]) / 2)
    assert "minus the mean of the others" in contrast.start
    given = numbers(rng, (2, 3))
    assert (network.explain(x, start=given).relevances["dense2"] == given).all()
    assert "with the given array" in network.explain(x, start=given).start
    assert "with 2.5 for the target" in network.explain(x, 1, start=2.5).start
    with pytest.raises(ShapeError, match=r"start: expected relevance of the logits' shape \(2, 3\), got \(3,\)"):
        network.explain(x, start=np.ones(3))
    with pytest.raises(InputError, match="start: expected one of logit, relu, one, contrastive, a number or an array"):
        network.explain(x, start="middle")


def test_negative_start(rng):
    network, x = logits(rng), numbers(rng, (2, 5))
    for composite in ("*=gamma", "*=alpha_beta:2,1"):
        plus = network.explain(x, 1, composite, start=1).relevance
        assert network.explain(x, 1, composite, start=-1).relevance == pytest.approx(-plus)


@pytest.mark.parametrize(
    "x, kind, sentence",
    [
        (np.zeros((2, 4)), ShapeError, r"input 'input': expected an array of shape \(n, 5\), got \(2, 4\)"),
        (np.zeros(5), ShapeError, r"input 'input': expected an array of shape \(n, 5\), got \(5,\)"),
        (np.zeros((0, 5)), ShapeError, "x: expected equally many samples at every input, at least one"),
        (
            np.zeros((2, 5), dtype=np.uint8),
            InputError,
            "input 'input': expected floating-point numbers, got dtype uint8",
        ),
        (np.full((2, 5), np.nan), InputError, r"input 'input': expected finite numbers, got .*nan.* at index \(0, 0\)"),
        (np.full((2, 5), "a"), InputError, "input 'input': expected an array of numbers"),
        ((np.zeros((2, 5)),) * 2, InputError, r"x: expected 1 inputs \(input\), .* got 2"),
        ({"b": np.zeros((2, 5))}, InputError, r"x: expected 1 inputs \(input\)"),
    ],
)
def test_a_wrong_input_meets_one_sentence(x, kind, sentence, rng):
    with pytest.raises(kind, match=sentence):
        logits(rng).forward(x)


def test_two_inputs_need_two_arrays(rng):
    with pytest.raises(InputError, match=r"x: expected 2 inputs \(a, b\), .* got one array"):
        branched(rng).forward(np.zeros((1, 5)))
    with pytest.raises(ShapeError, match=r"equally many samples at every input, at least one, got \[1, 2\]"):
        branched(rng).forward((np.zeros((1, 5)), np.zeros((2, 5))))


def test_tokens(rng):
    network = lrp.Network.sequential(
        [L.Embedding(numbers(rng, (7, 3))), L.GlobalMaxPool(), L.Dense(numbers(rng, (3, 2)))], (None,), tokens=True
    )
    explanation = network.explain(np.array([[1, 2, 6, 0]]))
    assert explanation.relevance.shape == (1, 4)
    explanation.ledger.check()
    with pytest.raises(InputError, match="expected whole numbers that index an embedding, got dtype float64"):
        network.forward(np.zeros((1, 4)))
    with pytest.raises(InputError, match="Embedding: expected token numbers from 0 to 6, got -1 to 7"):
        network.forward(np.array([[-1, 7]]))


def dense(rng, *shape):
    return L.Dense(numbers(rng, shape))


@pytest.mark.parametrize(
    "nodes, outputs, sentence",
    [
        (lambda r: [("a", L.Input((2,)), ()), ("a", L.ReLU(), "a")], None, "a: expected node names that differ"),
        (lambda r: [("a", L.Input((2,)), ()), ("b", L.ReLU(), "c")], None, "b: its input 'c' is no node"),
        (lambda r: [("a", L.ReLU(), ())], None, "a: expected inputs for every node but Input nodes"),
        (lambda r: [("a", L.Input((2,)), "a")], None, "a: expected inputs for every node but Input nodes"),
        (
            lambda r: [("x", L.Input((2,)), ()), ("a", L.Add(), ("x", "b")), ("b", L.ReLU(), "a")],
            None,
            "network: expected no cycle, got one among a, b",
        ),
        (
            lambda r: [("x", L.Input((2,)), ())],
            ["y"],
            "network: expected at least one input and outputs among its nodes",
        ),
        (lambda r: [], None, "network: expected at least one input"),
        (
            lambda r: [("x", L.Input((2,)), ()), ("d", dense(r, 2, 3), ("x", "x"))],
            None,
            "d: a Dense layer does not take 2 inputs",
        ),
    ],
)
def test_a_graph_that_is_none(nodes, outputs, sentence, rng):
    with pytest.raises(GraphError, match=sentence):
        lrp.Network([lrp.Node(*node) for node in nodes(rng)], outputs)


def test_what_does_not_fit_is_named(rng):
    with pytest.raises(ShapeError, match="dense1: expected inputs with 4 features on the last axis, got"):
        lrp.Network.sequential([dense(rng, 4, 3)], (5,))
    with pytest.raises(InputError, match=r"dense1: weight: expected finite numbers, got .*inf.* at index \(0, 1\)"):
        lrp.Network.sequential([L.Dense(np.array([[1.0, np.inf]]))], (1,))
    with pytest.raises(InputError, match="network: expected dtype 'float64', 'float32' or 'exact', got 'float16'"):
        lrp.Network.sequential([dense(rng, 4, 3)], (4,), dtype="float16")


def test_the_two_lines_by_hand(rng):
    layer, x = dense(rng, 5, 3), numbers(rng, (2, 5))
    with pytest.raises(StateError, match=r"Dense: lrp\(\) needs the activations of a forward pass"):
        layer.lrp(np.ones((2, 3)), "zero")
    layer.forward(x)
    with pytest.raises(ShapeError, match=r"Dense: expected relevance of the output's shape \(2, 3\), got \(3,\)"):
        layer.lrp(np.ones(3), "zero")
    with pytest.raises(RuleError, match=r"Dense: a Dense layer needs a rule \(LinearRule\), got none"):
        layer.lrp(np.ones((2, 3)))
    with pytest.raises(
        RuleError, match=r"Dense: expected a rule that a Dense layer takes \(LinearRule\), got 'identity'"
    ):
        layer.lrp(np.ones((2, 3)), "identity")
    with pytest.raises(ShapeError, match="Dense: expected inputs with 5 features on the last axis"):
        layer.forward(np.ones((2, 4)))
    with pytest.raises(StateError, match="Input: relevance ends here"):
        L.Input((2,)).distribute(np.ones((1, 2)), lrp.rules.identity(), (np.ones((1, 2)),), np.ones((1, 2)))


def test_input_layer_has_nothing_to_pull_back(rng):
    assert L.Input((2,)).compute(np.ones((1, 2))).tolist() == [[1, 1]]
    assert L.Input((2,)).pullback(np.ones((1, 2)), (), np.ones((1, 2))) == ()


def test_several_targets_share_one_forward_pass(rng):
    network, x = lenet(rng), numbers(rng, (2, 6, 8, 2))
    trace = network.forward(x)
    for target in range(3):
        once = network.explain_trace(trace, target)
        assert (once.relevance == network.explain(x, target).relevance).all()
