"""A VGG-like network in float32: every ledger closes, and the map is that of float64."""

import numpy as np
import pytest

import lrp
from lrp.layers import Conv, Dense, Flatten, MaxPool, ReLU

COMPOSITES = ["epsilon", "epsilon-plus-flat", "epsilon-alpha2-beta1-flat", "epsilon-gamma-box"]


@pytest.fixture(scope="module")
def network():
    random, layers, channels = np.random.default_rng(3), [], 3

    def draw(*shape):
        return random.normal(size=shape) * np.sqrt(2 / np.prod(shape[:-1]))

    for width in (32, 48):
        for _ in range(2):
            layers += [Conv(draw(3, 3, channels, width), 0.1 * random.normal(size=width), padding=1), ReLU()]
            channels = width
        layers.append(MaxPool(2))
    layers += [Flatten(), Dense(draw(6 * 6 * 48, 20), random.normal(size=20)), ReLU(), Dense(draw(20, 5))]
    metadata = lrp.Metadata(input_range=(-4.0, 4.0))
    return lrp.Network.sequential(layers, (24, 24, 3), metadata=metadata)


@pytest.mark.parametrize("composite", COMPOSITES)
def test_the_ledger_closes_and_the_map_is_that_of_float64(network, composite):
    x = np.clip(np.random.default_rng(4).normal(size=(2, 24, 24, 3)), -4, 4)
    for row, column in np.ndindex(3, 3):  # dark patches: windows without any input, which only the bias fills. They are
        x[:, 8 * row : 8 * row + 4, 8 * column : 8 * column + 4] = 0  # smaller than what a pooling window sees: no ties
    exact = network.explain(x, composite=composite)
    single = network.astype("float32").explain(x, exact.target, composite)
    assert single.relevance.dtype == np.float32
    single.ledger.check()
    scale = abs(exact.relevance).max()
    np.testing.assert_allclose(single.relevance, exact.relevance, rtol=0, atol=5e-3 * scale)


def test_rules_asked_for_by_name_follow_the_input_range(network):
    """What is remembered of a composite ends with the metadata that it was read from."""
    x = np.zeros((1, 24, 24, 3))
    before = network.explain(x, 0, "epsilon-gamma-box").rules["conv1"]
    changed = lrp.Network(network.nodes.values(), metadata=lrp.Metadata(input_range=(-1.0, 1.0)))
    assert changed.explain(x, 0, "epsilon-gamma-box").rules["conv1"] != before
    network.explain(x, 0, "epsilon-gamma-box").rules.clear()  # the caller's copy
    assert network.explain(x, 0, "epsilon-gamma-box").rules["conv1"] == before
