"""Files that real frameworks saved: predictions, gradients and relevance as their manifests say."""

import json

import numpy as np
import pytest

import lrp
from lrp.errors import LoadError
from lrp.layers import Embedding
from tests.conftest import SHARED

NAMES = ("model.h5", "weights.h5", "model.keras", "model.weights.h5")
# The float64 reference of these comes from operations that have no float64 kernel in the framework, or from another
# function than its float32 predictions: those are met within 1e-5, the reference is not.
NO_REFERENCE = {"k3/channels_first": np.inf}


def files():
    """(folder, file) for each Keras file of the corpus."""
    if SHARED is None:
        return []
    folders = sorted((SHARED / "corpus").glob("[kt][0-9f]*/*/manifest.json"))
    return [(m.parent, name) for m in folders for name in NAMES if (m.parent / name).exists()]


def batch(folder, letter):
    """x.npy, or x0.npy, x1.npy ... in order; likewise y and g."""
    several = sorted(folder.glob(f"{letter}[0-9].npy"))
    return [np.load(path) for path in several or folder.glob(f"{letter}.npy")]


def at_tokens(network, found):
    """Gradients (or relevances) at the inputs, or at the embeddings where the inputs are tokens."""
    embeddings = [node.name for node in network.nodes.values() if isinstance(node.layer, Embedding)]
    return [found[name] for name in embeddings or network.inputs]


def relative(a, b):
    return np.abs(a - b).max() / max(np.abs(b).max(), 1e-30)


@pytest.mark.parametrize(
    "folder, name", [pytest.param(f, n, id=f"{f.parent.name}-{f.name}-{n}") for f, n in files()] or [(None, None)]
)
def test_a_corpus_file_ends_as_its_manifest_says(folder, name, shared):
    manifest = json.loads((folder / "manifest.json").read_text())
    verdict = manifest["files"][name].get("expect", manifest["expect"])
    more = {"architecture": folder / "architecture.json"} if "weights" in name else {}
    try:
        network = lrp.load(folder / name, trusted=True, **more)
    except LoadError:
        assert verdict != "load"
        return
    assert verdict != "refuse"
    xs, ys, target = batch(folder, "x"), batch(folder, "y"), np.load(folder / "target.npy")
    x = tuple(xs) if len(xs) > 1 else xs[0]
    outputs = list(network.forward(x).outputs.values())
    half = any("float16" in tag for tag in manifest["tags"])  # the framework computed with 11 or 8 bits
    noise = manifest["float64_ref"]["max_y_diff"] if half else 1e-5
    assert len(outputs) == len(ys) and max(np.abs(a - b).max() for a, b in zip(outputs, ys, strict=True)) < noise
    gradient = network.gradient(x, target=target)
    key = f"{folder.parent.name}/{folder.name}"
    if (folder / "ref64.npz").exists() and NO_REFERENCE.get(key) != np.inf:
        with np.load(folder / "ref64.npz") as reference:
            for k, y in enumerate(outputs):
                assert np.abs(y - reference[f"y{k}"]).max() < NO_REFERENCE.get(key, 1e-9)
            for k, g in enumerate(at_tokens(network, gradient.gradients)):
                assert relative(g, reference[f"g{k}"]) < 1e-7
    network.explain(x, target=target).ledger.check()
    if manifest["piecewise_linear"]:
        explanation = network.explain(x, target=target, composite="*=zero")
        explanation.ledger.check()
        values = at_tokens(network, explanation.trace.values)
        for g, v, R in zip(at_tokens(network, gradient.gradients), values, at_tokens(network, explanation.relevances)):
            assert relative(R, g * v) < 1e-9


@pytest.mark.slow
def test_the_hostile_folder_ends_as_expected(shared):
    entries = json.loads((shared / "corpus/hostile/expected.json").read_text())
    for entry in entries:
        path = shared / "corpus/hostile" / entry["file"]
        if not path.exists() or path.suffix == ".mat":
            continue
        try:
            lrp.load(path)
        except LoadError:
            assert entry["verdict"] != "load", entry["file"]
        else:
            assert entry["verdict"] != "refuse", entry["file"]
