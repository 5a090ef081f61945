"""The models that come with the project: their files, their accuracy, their examples, what their READMEs say."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import numpy as np
import pytest

import lrp
from lrp.layers import LRN
from lrp.views import read_input

from .conftest import MODELS, Script

NAMES = ("mnist-mlp", "mnist-lenet", "mnist-lenet-lrn", "mnist-deep-taylor")
REQUIRED = {"mnist-mlp": 0.98, "mnist-lenet": 0.99, "mnist-lenet-lrn": 0.99, "mnist-deep-taylor": 0.98}
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
EXAMPLES = [(name, path.stem) for name in NAMES for path in sorted((MODELS / name).glob("*.png"))]


def model(name: str, dtype: str = "float64") -> lrp.Network:
    return lrp.load(MODELS / name / "model.h5", dtype=dtype, trusted=True)


def readme(name: str) -> str:
    return (MODELS / name / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_the_file_is_small_float32_and_the_one_that_the_readme_means(name: str) -> None:
    path = MODELS / name / "model.h5"
    assert path.stat().st_size < 2_000_000
    assert hashlib.sha256(path.read_bytes()).hexdigest() in readme(name)
    stored = model(name, "float32")
    doubled = model(name)
    for node in stored.nodes.values():
        for weight, other in zip(node.layer.weights().values(), doubled.nodes[node.name].layer.weights().values()):
            assert np.array_equal(weight, other)  # float32 holds every weight exactly


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_accuracy_is_the_one_in_the_readme(name: str, script: Script, shared: Path) -> None:
    measured = script("measure.py").accuracy(model(name, "float32"), shared / "data" / "mnist")
    assert measured >= REQUIRED[name]
    assert f"{measured:.2%}" in readme(name)


@pytest.mark.parametrize("name, digit", EXAMPLES)
def test_the_examples_are_recognised(name: str, digit: str) -> None:
    network = model(name)
    output = network.forward(read_input(MODELS / name / f"{digit}.png", network)).output
    assert network.metadata.class_name(int(output.argmax())) == str(DIGITS.index(digit))


@pytest.mark.parametrize("name, digit", EXAMPLES)
def test_the_examples_are_what_the_script_draws(name: str, digit: str, script: Script) -> None:
    pixels = read_input(MODELS / name / f"{digit}.png", model(name))[0, ..., 0] * 255
    assert np.array_equal(np.round(pixels), script("strokes.py").draw(digit))


@pytest.mark.parametrize("name", NAMES)
def test_every_model_has_one_or_two_examples(name: str) -> None:
    assert 1 <= len([one for one, _ in EXAMPLES if one == name]) <= 2


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "composite", ["epsilon", "epsilon-plus-flat", "alpha2-beta1", "epsilon-gamma-box", "deep-taylor"]
)
def test_the_ledger_closes_on_the_examples(name: str, composite: str) -> None:
    network = model(name)
    for path in (MODELS / name).glob("*.png"):
        network.explain(read_input(path, network), composite=composite).ledger.check()


def test_lrn_takes_part() -> None:
    layers = [node.layer for node in model("mnist-lenet-lrn").nodes.values()]
    assert sum(isinstance(layer, LRN) for layer in layers) == 2
    network = model("mnist-lenet-lrn")
    values = network.forward(read_input(MODELS / "mnist-lenet-lrn" / "five.png", network)).values
    assert np.abs(values["lrn1"] - values["relu1"]).max() > 0.1 * values["relu1"].max()


def test_deep_taylor_biases_are_not_positive() -> None:
    biases = [
        w for node in model("mnist-deep-taylor").nodes.values() for k, w in node.layer.weights().items() if k == "bias"
    ]
    assert len(biases) == 2 and all((bias <= 0).all() for bias in biases) and any((bias < 0).any() for bias in biases)


def test_deep_taylor_is_consistent_where_biases_are_not_positive(script: Script) -> None:
    """Conservative and positive, as the theory promises for this class of networks, for every digit and class."""
    network = model("mnist-deep-taylor")
    x = np.stack([script("strokes.py").draw(digit)[..., np.newaxis] / 255 for digit in DIGITS])
    for target in range(10):
        explanation = network.explain(x, target, composite="deep-taylor")
        f = explanation.trace.output[:, target]
        assert (explanation.relevance >= 0).all()
        assert np.allclose(explanation.relevance.sum(axis=(1, 2, 3)), f, rtol=1e-12, atol=0)


@pytest.mark.parametrize("name", NAMES)
def test_readmes_say_where_it_comes_from(name: str) -> None:
    text = readme(name)
    assert all(word in text for word in ("BSD-3-Clause", "train.py", "MNIST", "strokes.py", "measure.py"))
    assert not re.search(r"/(work|opt|home|root|tmp)/", text)
