"""The native HDF5 format: equal to the bit, and one sentence for what is damaged."""

import json

import h5py
import numpy as np
import pytest

import lrp
from lrp.errors import LoadError, SaveError
from tests.cases import CASES
from tests.graph.nets import branched, lenet, logits


def same_network(a, b):
    assert list(a.nodes) == list(b.nodes) and a.outputs == b.outputs and a.metadata == b.metadata
    for name, node in a.nodes.items():
        other = b.nodes[name]
        assert type(node.layer) is type(other.layer) and node.inputs == other.inputs
        assert json.dumps(node.layer.settings(), default=float) == json.dumps(other.layer.settings(), default=float)
        for key, weight in node.layer.weights().items():
            assert (
                weight.dtype == other.layer.weights()[key].dtype
                and weight.tobytes() == other.layer.weights()[key].tobytes()
            )


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("build", [lenet, branched])
def test_save_and_load_are_equal_to_the_bit(build, dtype, rng, tmp_path):
    metadata = lrp.Metadata(
        ("a", "b", "c"), (-1, [1, 2]), lrp.Preprocessing((1, 2, 3), 255, "bgr"), {"words": ["the", "a"], "n": 3}
    )
    network = build(rng, metadata=metadata, dtype=dtype)
    path = tmp_path / "model.h5"
    lrp.save(network, path)
    for trusted in (True, False):
        same_network(network, lrp.load(path, dtype, trusted=trusted))
    lrp.save(lrp.load(path, dtype, trusted=True), tmp_path / "again.h5")
    assert path.read_bytes() == (tmp_path / "again.h5").read_bytes()


@pytest.mark.parametrize("case", [case for case in CASES if case.shapes], ids=lambda case: case.name)
def test_every_layer_comes_back(case, rng, tmp_path):
    layer = case.build(rng)
    nodes = [lrp.Node(f"x{i}", lrp.layers.Input(shape, bool(case.tokens))) for i, shape in enumerate(case.shapes)]
    nodes.append(lrp.Node("y", layer, tuple(node.name for node in nodes)))
    network = lrp.Network(nodes)
    lrp.save(network, tmp_path / "m.h5")
    again = lrp.load(tmp_path / "m.h5", trusted=True)
    same_network(network, again)
    xs = case.inputs(rng)
    assert again.forward(xs).output.tobytes() == network.forward(xs).output.tobytes()


def test_a_shared_layer_is_stored_once(rng, tmp_path):
    lrp.save(branched(rng), tmp_path / "m.h5")
    again = lrp.load(tmp_path / "m.h5", trusted=True)
    assert again.nodes["da"].layer is again.nodes["db"].layer


def test_float16_storage_on_request(rng, tmp_path):
    network = logits(rng)
    lrp.save(network, tmp_path / "m.h5", storage={"dense1": "float16"})
    again = lrp.load(tmp_path / "m.h5", trusted=True)
    stored = again.nodes["dense1"].layer.weight
    assert (stored == network.nodes["dense1"].layer.weight.astype(np.float16)).all() and stored.dtype == np.float64
    assert (again.nodes["dense2"].layer.weight == network.nodes["dense2"].layer.weight).all()


def test_what_cannot_be_saved(rng, tmp_path):
    with pytest.raises(SaveError, match="expected a network of floats, got Fractions"):
        lrp.save(logits(rng).exact(), tmp_path / "m.h5")
    with pytest.raises(SaveError, match="storage: expected names of nodes, got nowhere"):
        lrp.save(logits(rng), tmp_path / "m.h5", storage={"nowhere": "float16"})
    with pytest.raises(SaveError, match="cannot be written"):
        lrp.save(logits(rng), tmp_path / "no" / "folder" / "m.h5")
    odd = logits(rng, metadata=lrp.Metadata(extra={"what": object()}))
    with pytest.raises(SaveError, match="metadata: expected plain data, got object"):
        lrp.save(odd, tmp_path / "m.h5")
    assert list(tmp_path.iterdir()) == []


def test_numpy_numbers_and_fractions_in_settings(rng, tmp_path):
    from fractions import Fraction

    extra = {"n": np.int64(3), "half": Fraction(1, 2)}
    network = lrp.Network.sequential(
        [lrp.layers.LRN(np.int64(3), Fraction(1, 2))], (2, 5), metadata=lrp.Metadata(extra=extra)
    )
    lrp.save(network, tmp_path / "m.h5")
    again = lrp.load(tmp_path / "m.h5", trusted=True)
    assert again.metadata.extra == {"n": 3, "half": 0.5} and again.nodes["lrn1"].layer.alpha == 0.5


@pytest.fixture
def saved(rng, tmp_path):
    path = tmp_path / "m.h5"
    lrp.save(logits(rng), path)
    return path


def rewrite(path, change):
    with h5py.File(path, "r+") as file:
        description = json.loads(file.attrs["network"])
        change(file, description)
        file.attrs["network"] = json.dumps(description)


@pytest.mark.parametrize(
    "change, sentence",
    [
        (lambda f, d: f.attrs.__setitem__("format_version", 99), "expected format version 1, got 99"),
        (lambda f, d: d.pop("nodes"), "the description of the network is damaged .KeyError: 'nodes'"),
        (lambda f, d: d["layers"][1].update({"class": "Lambda"}), "layer 1: expected one of .*, got 'Lambda'"),
        (lambda f, d: d["layers"][1]["settings"].update({"colour": 1}), "layer 1 .Dense.: .*unexpected keyword"),
        (lambda f, d: d["nodes"][1].update({"layer": 77}), "the description of the network is damaged .IndexError"),
        (lambda f, d: d["nodes"][1].update({"inputs": ["nowhere"]}), "dense1: its input 'nowhere' is no node"),
        (lambda f, d: f.__delitem__("layers/1/weight"), "expected a dataset at '/layers/1/weight'"),
        (lambda f, d: f["layers/1/weight"].__setitem__((0, 0), np.nan), "dense1: weight: expected finite .*got nan"),
        (
            lambda f, d: f.attrs.__setitem__("format", "other"),
            "expected a network in one of the known formats|holds the weights of",
        ),
    ],
)
def test_a_damaged_file_meets_one_sentence(saved, change, sentence):
    rewrite(saved, change)
    with pytest.raises(LoadError, match=sentence):
        lrp.load(saved, trusted=True)


def test_missing_truncated_and_foreign_files(saved, tmp_path):
    with pytest.raises(LoadError, match="No such file"):
        lrp.load(tmp_path / "nowhere.h5")
    (tmp_path / "cut.h5").write_bytes(saved.read_bytes()[:3000])
    with pytest.raises(LoadError, match="damaged"):
        lrp.load(tmp_path / "cut.h5")
    (tmp_path / "text.h5").write_text("not a model")
    with pytest.raises(LoadError, match="it lacks the HDF5 signature"):
        lrp.load(tmp_path / "text.h5")
