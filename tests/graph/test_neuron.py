"""The view of one neuron: its contributions and messages against scalar loops, and the sums that close."""

from fractions import Fraction

import numpy as np
import pytest

import lrp
from lrp.errors import GraphError, InputError
from lrp.layers import Add, Conv, Dense, Flatten, Input, MaxPool, ReLU


@pytest.fixture
def explained(rng):
    draw = lambda *shape: np.round(4 * rng.normal(size=shape)) / 4  # noqa: E731
    layers = [
        Conv(draw(2, 3, 2, 3), draw(3)),
        ReLU(),
        MaxPool(2),
        Flatten(),
        Dense(draw(6, 4), draw(4)),
        Dense(draw(4, 2)),
    ]
    network = lrp.Network.sequential(layers, (3, 6, 2), dtype="exact")
    return network, network.explain(draw(2, 3, 6, 2), 1, "conv1=epsilon:1/4 dense*=epsilon:1/8")


@pytest.mark.parametrize("name, index, eps", [("dense1", (2,), Fraction(1, 8)), ("conv1", (1, 0, 2), Fraction(1, 4))])
@pytest.mark.parametrize("sample", [0, 1])
def test_contributions_and_messages_are_those_of_the_formula(explained, name, index, eps, sample):
    network, explanation = explained
    view = network.neuron(explanation, name, index, sample)
    layer, (above,) = network[name].layer, network[name].inputs
    x = explanation.trace.values[above][sample]
    z = explanation.trace.values[name][(sample, *index)]
    R = explanation.relevances[name][(sample, *index)]
    s = R / (z + (eps if z >= 0 else -eps))
    for place in np.ndindex(x.shape):
        if name == "dense1":
            w = layer.weight[place[0], index[0]]
        else:
            row, column = place[0] - index[0], place[1] - index[1]
            inside = 0 <= row < 2 and 0 <= column < 3
            w = layer.weight[row, column, place[2], index[2]] if inside else 0
        assert view.z[0][place] == x[place] * w and view.R[0][place] == x[place] * w * s
    b = layer.bias[index[-1]]
    assert view.bias == b * s and view.output == z == sum(view.z[0].ravel()) + b
    assert view.received == R == sum(view.R[0].ravel()) + view.bias + view.stabilizer + view.dropped


def test_neurons_sum_to_the_relevance_of_the_layer_below(explained):
    network, explanation = explained
    views = [network.neuron(explanation, "dense1", k, 0) for k in range(4)]
    assert (sum(view.R[0] for view in views) == explanation.relevances["flatten1"][0]).all()


def test_the_table_is_in_fractions_and_cut(explained):
    network, explanation = explained
    lines = network.neuron(explanation, "dense1", 0).table(most=1).splitlines()
    assert lines[0] == "dense1[0], epsilon:0.125" and lines[3].split()[1] == "others" and lines[-1].split()[0] == "sum"
    assert "/" in lines[2] and len(lines) == 8


def test_a_layer_with_two_inputs_names_both():
    nodes = [lrp.Node("a", Input((2,))), lrp.Node("b", Input((2,))), lrp.Node("sum", Add(), ("a", "b"))]
    network = lrp.Network(nodes)
    explanation = network.explain((np.array([[1.0, 2]]), np.array([[3.0, -5]])), 0, "*=zero")
    view = network.neuron(explanation, "sum", 0)
    assert [part.tolist() for part in view.R] == [[1, 0], [3, 0]] and "1:0" in view.table()
    assert len(view.plot().axes) == 3


def test_what_has_no_view(explained):
    network, explanation = explained
    with pytest.raises(GraphError, match="did you mean 'conv1'"):
        network.neuron(explanation, "conv", 0)
    with pytest.raises(InputError, match="expected a node with a rule"):
        network.neuron(explanation, "input", (0, 0, 0))
    for index in (4, -1, (0, 0)):
        with pytest.raises(InputError, match=r"expected a neuron's index within the shape \(4,\)"):
            network.neuron(explanation, "dense1", index)
    short = network.explain(explanation.trace.values["input"], 1, "*=zero", keep=())
    with pytest.raises(InputError, match="its activation was not kept; explain with keep=None"):
        network.neuron(short, "dense1", 0)


@pytest.mark.parametrize("height", [1, 3])
def test_the_layers_panels_sum_the_channels_of_flat_nodes(rng, height):
    """An inner node of height 1 or 3 has its channels last, too: only inputs may have them first."""
    layers = [
        Conv(rng.normal(size=(1, 2, 1, 5)), rng.normal(size=5)),
        Flatten(),
        Dense(rng.normal(size=(height * 35, 2))),
    ]
    network = lrp.Network.sequential(layers, (height, 8, 1))
    explanation = network.explain(rng.random((1, height, 8, 1)), 0, "*=zero")
    panels = dict(zip(explanation.relevances, explanation.layer_panels()))
    np.testing.assert_allclose(panels["conv1"].relevance, explanation.relevances["conv1"][0].sum(axis=-1))
