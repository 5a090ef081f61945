"""The forward pass of changed copies: equal to the plain loop to 1e-12, on every kind of layer."""

from __future__ import annotations

import numpy as np
import pytest

from lrp import Network, Node
from lrp.errors import InputError, ShapeError
from lrp.layers import (
    LRN,
    Add,
    AvgPool,
    BatchNorm,
    Concat,
    Conv,
    Dense,
    Dropout,
    Flatten,
    GlobalAvgPool,
    Input,
    Linear,
    MaxPool,
    Multiply,
    PReLU,
    ReLU,
    Softmax,
    SumPool,
    Tanh,
    UpSample,
    ZeroPad,
)
from lrp.methods.perturbation.shared_forward import SharedForward
from lrp.methods.tools.regions import Patch
from tests.cases import LayerCase, case_id, cases
from tests.methods import nets

SHAPE = (17, 13, 2)


def kernel(rng, *shape):
    return rng.normal(size=shape) / np.sqrt(np.prod(shape[:-1]))


def chains(rng):
    """Layers in front of a dense head, by name."""
    norm = BatchNorm(rng.normal(size=3), rng.random(3) + 0.5, rng.normal(size=3), rng.normal(size=3))
    return {
        "plain": [Conv(kernel(rng, 3, 2, 2, 3), rng.normal(size=3)), ReLU(), Conv(kernel(rng, 2, 3, 3, 5)), ReLU()],
        "same, stride": [Conv(kernel(rng, 5, 3, 2, 3), rng.normal(size=3), (2, 1), "same"), Tanh(), norm],
        "padding, dilation": [Conv(kernel(rng, 3, 2, 2, 3), None, 1, ((2, 1), (0, 3)), (2, 3)), ReLU(), Dropout()],
        "groups": [Conv(kernel(rng, 3, 3, 1, 4), rng.normal(size=4), 1, "same", groups=2), ReLU()],
        "max": [Conv(kernel(rng, 3, 3, 2, 3), rng.normal(size=3)), MaxPool((3, 2), (2, 1), ((1, 1), (1, 0)))],
        "max over the end": [MaxPool((3, 3), (2, 2), ceil=True), Conv(kernel(rng, 2, 2, 2, 3))],
        "average": [AvgPool((3, 2), (2, 1), ((1, 1), (0, 1))), Conv(kernel(rng, 2, 2, 2, 3))],
        "average, padding counted": [AvgPool((3, 2), (2, 2), ((1, 2), (1, 0)), ceil=True, count_padding=True)],
        "sum": [SumPool((2, 3), (1, 2), "same"), LRN(3, 0.5, 0.75, 1.0)],
        "within": [LRN(3, 0.5, 0.75, 1.0, within_channel=True), Conv(kernel(rng, 2, 2, 2, 3))],
        "moved": [ZeroPad(((1, 2), (0, 1))), UpSample((2, 1)), Conv(kernel(rng, 3, 3, 2, 3), None, (3, 2))],
    }


@pytest.mark.parametrize("name", list(chains(np.random.default_rng(0))))
@pytest.mark.parametrize("size", [(2, 3), (5, 1), (17, 13)])
def test_equal_to_the_plain_loop(rng, name, size):
    network = headed(rng, chains(rng)[name])
    x = rng.normal(size=(4, *SHAPE))
    forward = SharedForward(network, x)
    np.testing.assert_allclose(forward.logits, network.forward(x).output, atol=1e-12)
    for _ in range(6):
        corner = np.stack([rng.integers(0, n - k + 1, 4) for n, k in zip(SHAPE, size)], axis=1)
        values = rng.normal(size=(4, *size, 2))
        rows = np.array([3, 0, 0, 2])
        single = x[rows].copy()
        for i, (a, b) in enumerate(corner):
            single[i, a : a + size[0], b : b + size[1]] = values[i]
        changed = forward.variants(Patch(corner, values), rows)
        np.testing.assert_allclose(changed, network.forward(single).output, atol=1e-12)
        for i, (a, b) in enumerate(corner):
            x[i, a : a + size[0], b : b + size[1]] = values[i]
        np.testing.assert_allclose(forward.replace(Patch(corner, values)), network.forward(x).output, atol=1e-12)
        np.testing.assert_array_equal(forward.x, x)


def headed(rng, layers):
    """The layers with a dense head for three classes."""
    body = Network.sequential([*layers, Flatten()], SHAPE)
    width = body.shapes[body.outputs[0]][0]
    return Network.sequential(
        [*layers, Flatten(), Dense(rng.normal(size=(width, 3)) / width, rng.normal(size=3))], SHAPE
    )


def test_branches_of_different_reach_and_an_output_without_a_dense_layer(rng):
    nodes = [
        Node("x", Input(SHAPE)),
        Node("wide", Conv(kernel(rng, 5, 5, 2, 3), None, 1, "same"), ("x",)),
        Node("narrow", Conv(kernel(rng, 1, 1, 2, 3), rng.normal(size=3)), ("x",)),
        Node("sum", Add(), ("wide", "narrow")),
        Node("product", Multiply(), ("sum", "narrow")),
        Node("both", Concat(), ("product", "x", "wide")),
        Node("maps", Conv(kernel(rng, 2, 1, 8, 4)), ("both",)),
    ]
    x = rng.normal(size=(3, *SHAPE))
    for network in (Network(nodes), Network([*nodes, Node("mean", GlobalAvgPool(), ("maps",))])):
        forward = SharedForward(network, x)
        corner, values = rng.integers(0, 11, (3, 2)), rng.normal(size=(3, 2, 2, 2))
        changed = x.copy()
        for i, (a, b) in enumerate(corner):
            changed[i, a : a + 2, b : b + 2] = values[i]
        patch = Patch(corner, values)
        wanted = network.forward(changed).output
        np.testing.assert_allclose(forward.variants(patch, np.arange(3)), wanted, atol=1e-12)
        np.testing.assert_allclose(forward.replace(patch), wanted, atol=1e-12)


def check_changes(rng, network, shape, domain=np.asarray):
    """Boxes of all sizes one after the other, each against the plain loop."""
    x = domain(rng.normal(size=(3, *shape)))
    forward = SharedForward(network, x)
    for _ in range(6):
        size = tuple(int(rng.integers(1, n + 1)) for n in shape[:-1])
        corner = np.stack([rng.integers(0, n - k + 1, 3) for n, k in zip(shape, size)], axis=1)
        patch, x = Patch(corner, domain(rng.normal(size=(3, *size, shape[-1])))), x.copy()
        for i in range(3):
            x[(i, *(slice(c, c + k) for c, k in zip(corner[i], size)))] = patch.values[i]
        wanted = network.forward(x).output
        np.testing.assert_allclose(forward.variants(patch, np.arange(3)), wanted, atol=1e-12)
        np.testing.assert_allclose(forward.replace(patch), wanted, atol=1e-12)


def spatial(case: LayerCase) -> bool:
    """Whether the case's layer takes pictures or sequences of numbers, all inputs of one shape."""
    return not case.tokens and len(case.shapes[0]) > 1 and set(case.shapes) == {case.shapes[0]}


@pytest.mark.parametrize("case", [case for case in cases() if spatial(case)], ids=case_id)
def test_every_layer_of_the_registry(rng, case):
    """The layer behind copies of the input, under an identity (a last softmax would be passed over)."""
    copies = [Node(f"copy{k}", Linear(), ("x",)) for k in range(len(case.shapes))]
    layer = Node("layer", case.build(rng), tuple(node.name for node in copies))
    nodes = [Node("x", Input(case.shapes[0])), *copies, layer, Node("end", Linear(), ("layer",))]
    check_changes(rng, Network(nodes), case.shapes[0], case.domain)


def local_differences(rng):
    """What an activation's own slopes and inputs of fewer positions do to boxes; sequences and volumes."""
    full, row = PReLU(rng.normal(size=(8, 7, 3))), PReLU(rng.normal(size=(8, 1, 3)))
    x, pooled = Node("x", Input((8, 7, 3))), Node("pooled", AvgPool((1, 7), (1, 7)), ("x",))
    gate = Node("gate", Conv(kernel(rng, 1, 1, 3, 1)), ("x",))
    squeeze = Node("squeeze", GlobalAvgPool(keepdims=True), ("x",))
    excite = Node("excite", Dense(rng.normal(size=(3, 3))), ("squeeze",))
    above = Conv(kernel(rng, 3, 2, 3, 4), rng.normal(size=4))
    along = [Conv(kernel(rng, 3, 3, 4), None, 2, "same"), MaxPool((2,))]
    around = [Conv(kernel(rng, 3, 2, 3, 2, 4), None, (1, 2, 1), "same"), AvgPool((2, 2, 2))]
    return {
        "slopes at each position": [x, Node("a", full, ("x",)), Node("b", above, ("a",))],
        "slopes at each row": [x, Node("a", row, ("x",)), Node("b", above, ("a",))],
        "repeated columns": [x, pooled, Node("a", Add(), ("x", "pooled")), Node("b", above, ("a",))],
        "repeated columns first": [x, pooled, Node("a", Multiply(), ("pooled", "x")), Node("b", above, ("a",))],
        "one channel for all": [x, gate, Node("a", Multiply(), ("gate", "x")), Node("b", above, ("a",))],
        "squeeze and excite": [x, squeeze, excite, Node("a", Multiply(), ("x", "excite")), Node("b", above, ("a",))],
        "rows put together": [x, Node("a", Concat(axis=1), ("x", "x")), Node("b", above, ("a",))],
        "inner softmax": [x, Node("a", Softmax(), ("x",)), Node("b", above, ("a",))],
        "sequence": [Node("x", Input((19, 3))), Node("a", along[0], ("x",)), Node("b", along[1], ("a",))],
        "volume": [Node("x", Input((6, 7, 8, 2))), Node("a", around[0], ("x",)), Node("b", around[1], ("a",))],
    }


@pytest.mark.parametrize("name", list(local_differences(np.random.default_rng(0))))
def test_layers_that_do_not_treat_all_positions_alike(rng, name):
    nodes = local_differences(rng)[name]
    check_changes(rng, Network(nodes), nodes[0].layer.shape)


def test_a_part_that_no_change_reaches_is_kept(rng):
    """With stride 3 and windows of 1 the position 1 is seen by nobody: the output stays, to the bit."""
    network = headed(rng, [Conv(kernel(rng, 1, 1, 2, 3), None, 3)])
    forward = SharedForward(network, x := rng.normal(size=(2, *SHAPE)))
    before = forward.logits.copy()
    patch = Patch(np.ones((2, 2), dtype=int), rng.normal(size=(2, 1, 1, 2)))
    np.testing.assert_allclose(forward.replace(patch), before, atol=1e-14)
    np.testing.assert_allclose(before, network.forward(x).output)


def test_channels_first(rng):
    network = nets.conv(rng)
    turned = nets.channels_first(network)
    x = rng.normal(size=(3, 7, 9, 2))
    patch = Patch(rng.integers(0, 5, (3, 2)), rng.normal(size=(3, 2, 2, 2)))
    a = SharedForward(network, x).replace(patch)
    b = SharedForward(turned, x.transpose(0, 3, 1, 2)).replace(patch)
    np.testing.assert_allclose(a, b, atol=1e-12)


def test_what_is_given_is_left_as_it_is(rng):
    network = Network.sequential([Dropout(), Conv(kernel(rng, 2, 2, 2, 3)), Flatten()], SHAPE)
    x = rng.normal(size=(2, *SHAPE))
    kept = x.copy()
    forward = SharedForward(network, x)
    forward.replace(Patch(np.zeros((2, 2), dtype=int), np.ones((2, 3, 3, 2))))
    np.testing.assert_array_equal(x, kept)


def test_float32_stays(rng):
    network = nets.conv(rng).astype("float32")
    forward = SharedForward(network, rng.normal(size=(2, 7, 9, 2)))
    patch = Patch(np.zeros((2, 2), dtype=int), np.ones((2, 2, 2, 2), dtype=np.float32))
    assert forward.replace(patch).dtype == np.float32


def test_several_inputs_are_refused(rng):
    nodes = [Node("a", Input((3,))), Node("b", Input((3,))), Node("sum", Add(), ("a", "b"))]
    with pytest.raises(InputError, match="expected a network with one input, got 2"):
        SharedForward(Network(nodes), {"a": np.ones((1, 3)), "b": np.ones((1, 3))})
    with pytest.raises(ShapeError):
        SharedForward(nets.conv(rng), np.ones((1, 3)))
