"""iNNvestigate on networks with sums, branches and batch normalisation, from results stored beside this test."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.conformance.golden import difference
from tests.conformance.keras_json import build

FOLDER = Path(__file__).parent / "data"
CASES = [
    (path.stem.removeprefix("innvestigate_"), key)
    for path in sorted(FOLDER.glob("*.npz"))
    for key in sorted(np.load(path).files)
    if "|" in key
]


@pytest.mark.parametrize("name, key", CASES)
def test_more_networks(name, key):
    with np.load(FOLDER / f"innvestigate_{name}.npz") as file:
        data = dict(file)
    network = build(data)
    logits = network.forward(data["x"]).values[network.nodes[network.outputs[0]].inputs[0]]
    assert difference(logits, data["z"]) < 1e-12
    analyzer, _, arguments = key.partition("|")
    if analyzer == "gradient":
        assert difference(network.gradient(data["x"]).gradient, data[key]) < 1e-12
        return
    composite = {
        "bias=False,epsilon=0.01": "lrp.epsilon_IB:0.01",
        "high=4,low=-4": "deep_taylor.bounded:-4,4",
    }.get(arguments, analyzer)
    if name == "branches" and "deep_taylor" in analyzer:
        pytest.skip("one activation of its own behind a kernel, and one inside: see the next test")
    explanation = network.explain(data["x"], composite=composite, profile="innvestigate")
    explanation.ledger.check()
    assert difference(explanation.relevance, data[key]) < 1e-9


def test_an_activation_of_its_own_is_a_gradient_under_deep_taylor():
    """conv2d/relu is inside its kernel and passes relevance on, activation is a layer that multiplies by its slope."""
    with np.load(FOLDER / "innvestigate_branches.npz") as file:
        data = dict(file)
    network = build(data)
    inside = "|".join(name for name in network.nodes if name.endswith("/relu"))
    composite = (
        f"{inside}=identity ReLU=gradient Add=gradient AvgPool|GlobalAvgPool=gradient Conv|Dense=z_plus:bias=off"
    )
    explanation = network.explain(data["x"], composite=composite, start="relu", profile="innvestigate")
    assert difference(explanation.relevance, data["deep_taylor|"]) < 1e-9
