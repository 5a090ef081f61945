"""What people type at first, and the sentence that says how to go on."""

from __future__ import annotations

import json
import os
import time
from fractions import Fraction
from pathlib import Path

import h5py
import numpy as np
import pytest

import lrp
from lrp.graph import PRESETS
from lrp.tables import shortened
from lrp.version import VERSION

from .conftest import Run, sentence

COMMANDS = ("info", "explain", "audit", "evaluate", "convert")


def command(name: str, model: object, folder: Path) -> list[object]:
    """A call of the command with this model."""
    more: dict[str, list[object]] = {
        "info": [],
        "convert": [folder / "out.h5"],
        "evaluate": [folder / "x.npy", "--methods", "random", "--out", folder / "out.h5"],
    }
    return [name, model, *more.get(name, [folder / "x.npy"])]


@pytest.fixture
def x(tmp_path: Path, rng: np.random.Generator) -> Path:
    np.save(tmp_path / "x.npy", rng.random((2, 6, 7, 1)))
    return tmp_path / "x.npy"


@pytest.mark.parametrize("name", COMMANDS)
def test_files_that_are_no_models_are_named(run: Run, model: Path, x: Path, tmp_path: Path, name: str) -> None:
    def error(path: Path) -> str:
        code, out, text = run(*command(name, path, tmp_path))
        assert (code, out) == (2, ""), text
        return sentence(text, name)

    for content, suffix in ((b"PK\x03\x04", ".pt"), (b"\x80\x02", ".pth")):
        (tmp_path / f"net{suffix}").write_bytes(content)
        assert "torch.onnx.export(model.eval(), x, 'model.onnx')" in error(tmp_path / f"net{suffix}")
    (tmp_path / "saved").mkdir()
    assert "got a folder; name the file in it" in error(tmp_path / "saved")
    (tmp_path / "saved" / "saved_model.pb").write_bytes(b"")
    assert "a TensorFlow SavedModel); load it in Keras and write model.save" in error(tmp_path / "saved")
    if name != "evaluate":
        (tmp_path / "y.npy").write_bytes(x.read_bytes())
        assert "got .npy, which is an input; the order is MODEL INPUT" in error(tmp_path / "y.npy")
    assert run("explain", model, x, "--save", tmp_path / "r.h5")[0] == 0
    assert "got a relevance file of `lrp explain --save`; give the model" in error(tmp_path / "r.h5")
    assert "cannot be read: No such file" in error(tmp_path / "none.pt")


def test_an_input_that_is_a_folder_and_one_too_many(run: Run, model: Path, x: Path, tmp_path: Path) -> None:
    assert "expected one input file, got a folder" in sentence(run("audit", model, tmp_path)[2], "audit")
    assert "expected a folder with pictures" in sentence(run("explain", model, tmp_path)[2], "explain")
    assert "expected pictures, or one file of arrays" in sentence(run("explain", model, x, "y.npy")[2], "explain")
    code, _, error = run("audit", model, x, "y.npy", "z.npy")
    assert code == 2 and "INPUT: expected one file, got also y.npy, z.npy; explain one file at a time" in error
    assert "unrecognized arguments: --colour blue" in run("explain", model, x, "--colour", "blue")[2]
    assert "unrecognized arguments: more" in run("info", model, "more")[2]


def test_vectors_in_the_place_of_results_are_recognised_at_once(run: Run, model: Path, x: Path, tmp_path: Path) -> None:
    assert run("vectors", "write", tmp_path / "v", "--only", "layers/relu/")[0] == 0
    start = time.monotonic()
    error = run("vectors", "check", tmp_path / "v", "--against", tmp_path / "v" / "vectors.h5")[2]
    assert "expected results of another implementation, got golden vectors themselves" in sentence(error, "vectors")
    assert time.monotonic() - start < 30
    assert run("explain", model, x, "--save", tmp_path / "r.h5")[0] == 0
    error = run("vectors", "check", tmp_path / "v", "--against", tmp_path / "r.h5")[2]
    assert "got a file of the format 'lrp-relevance'" in sentence(error, "vectors")


@pytest.mark.parametrize(
    "words, expected",
    [
        (["explain", "--composite", "epsilon-plus-flta"], "did you mean 'epsilon-plus-flat'?"),
        (["explain", "--composite", "*=epsilom"], "did you mean 'epsilon'?"),
        (["explain", "--profile", "zenit"], "did you mean 'zennit'?"),
        (["evaluate", "--methods", "gradient_inputs", "--out", "o.h5"], "did you mean 'gradient_times_input'?"),
        (["evaluate", "--methods", "random", "--metric", "apoc", "--out", "o.h5"], "did you mean 'aopc'?"),
    ],
)
def test_a_misspelt_name(run: Run, model: Path, x: Path, words: list[str], expected: str) -> None:
    assert expected in sentence(run(words[0], model, x, *words[1:])[2], words[0])


def test_rules_and_composites_by_name(run: Run) -> None:
    assert "did you mean 'gamma'?" in sentence(run("rules", "gama")[2], "rules")
    assert "did you mean 'deep-taylor'?" in sentence(run("rules", "deep-tailor")[2], "rules")
    for name in PRESETS:
        if name != "epsilon":  # a rule of that name comes first
            code, out, _ = run("rules", name)
            lines = [tuple(line.split()) for line in out.splitlines()]
            assert code == 0 and all(
                tuple(one.split("=", 1)[::-1]) in lines for one in PRESETS[name]().split() if ":" not in one
            )
    assert ("flat", "first:Conv|ConvTranspose|Dense") in [
        tuple(line.split()) for line in run("rules", "epsilon-plus-flat")[1].splitlines()
    ]
    assert "epsilon:0.5" in run("rules", "epsilon-plus:0.5")[1]


def test_the_architecture_reaches_every_command(run: Run, tmp_path: Path) -> None:
    """A PyTorch state dict in HDF5, with its graph as JSON beside it; without the graph, an error."""
    with h5py.File(tmp_path / "state.h5", "w") as file:
        file["m.weight"], file["m.bias"] = np.arange(6.0).reshape(2, 3), np.ones(2)
    graph = {"inputs": {"x": [3]}, "layers": [{"name": "m", "type": "Linear"}]}
    (tmp_path / "graph.json").write_text(json.dumps(graph))
    np.save(tmp_path / "x.npy", np.arange(6.0).reshape(2, 3))
    for name in ("info", "explain", "audit", "evaluate"):
        words = command(name, tmp_path / "state.h5", tmp_path)
        more = ["--metric", "complexity"] if name == "evaluate" else []
        assert run(*words, *more)[0] != 0
        code, out, error = run(*words, "--architecture", tmp_path / "graph.json", *more)
        assert code == 0 and out, error


def test_evaluate_fits_pictures(run: Run, model: Path, tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    image.new("RGB", (20, 30), (200, 10, 30)).save(tmp_path / "large.png")
    words = ("evaluate", model, tmp_path / "large.png", "--methods", "gradient_times_input", "--metric", "complexity")
    assert run(*words, "--out", tmp_path / "o.h5")[0] == 2
    assert run(*words, "--out", tmp_path / "o.h5", "--fit")[0] == 0
    (tmp_path / "pictures").mkdir()
    os.rename(tmp_path / "large.png", tmp_path / "pictures" / "large.png")
    words = ("evaluate", model, tmp_path / "pictures", *words[3:])
    assert run(*words, "--out", tmp_path / "p.h5")[0] == 2
    assert run(*words, "--out", tmp_path / "p.h5", "--fit")[0] == 0


def test_quiet_prints_errors_only(run: Run, model: Path, x: Path, tmp_path: Path) -> None:
    for name in COMMANDS:
        more = ["--size", "2", "--steps", "2"] if name == "evaluate" else []
        assert run(*command(name, model, tmp_path), *more, "--quiet") == (0, "", "")
        (tmp_path / "out.h5").unlink(missing_ok=True)
    assert run("rules", "--quiet") == run("vectors", "write", tmp_path / "v", "--only", "layers/relu/", "--quiet")
    code, out, error = run("explain", model, tmp_path / "none.npy", "--quiet")
    assert (code, out) == (2, "") and "none.npy" in sentence(error, "explain")


def test_version(run: Run) -> None:
    assert run("--version") == (0, f"lrp {VERSION}\n", "")


def test_long_names_are_cut(run: Run, tmp_path: Path, x: Path) -> None:
    assert shortened("a" * 40) == "a" * 40 and shortened("a" * 21 + "b" * 20) == "a" * 19 + ".." + "b" * 19
    name = "encoder/" * 9 + "dense"
    nodes = [lrp.Node("input", lrp.layers.Input((3,))), lrp.Node(name, lrp.layers.Dense(np.ones((3, 2))), ("input",))]
    lrp.save(lrp.Network([*nodes, lrp.Node("relu", lrp.layers.ReLU(), (name,))]), tmp_path / "m.h5")
    np.save(tmp_path / "v.npy", np.ones(3))
    for words in (["info"], ["explain", tmp_path / "v.npy"], ["audit", tmp_path / "v.npy", "--exact"]):
        out = run(words[0], tmp_path / "m.h5", *words[1:])[1]
        assert shortened(name) in out and all(name not in line for line in out.splitlines() if "Dense" in line)


def test_the_exact_ledger_is_printed_in_fractions(run: Run, tmp_path: Path) -> None:
    """x = (2, 1), w = (3, -2), b = 2, eps = 1/2: z = 6; R_i = x_i w_i 6 / 6.5, so 36/13 and -12/13 more than 4 in all."""
    layer = lrp.layers.Dense(np.array([[3.0], [-2.0]]), np.array([2.0]))
    lrp.save(lrp.Network.sequential([layer], (2,), ["neuron"]), tmp_path / "m.h5")
    np.save(tmp_path / "x.npy", np.array([2.0, 1.0]))
    code, out, _ = run("audit", tmp_path / "m.h5", tmp_path / "x.npy", "--exact", "--composite", "neuron=epsilon:1/2")
    row = next(line for line in out.split("sample 0, exact")[1].splitlines() if line.startswith("neuron"))
    assert code == 0 and row.split() == ["neuron", "Dense", "epsilon:0.5", "6", "48/13", "24/13", "6/13", "0", "0"]
    assert Fraction(48, 13) + Fraction(24, 13) + Fraction(6, 13) == 6
    np.save(tmp_path / "x.npy", np.array([0.1, 1.0]))
    out = run("audit", tmp_path / "m.h5", tmp_path / "x.npy", "--exact", "--composite", "neuron=epsilon:1e-3")[1]
    row = next(line for line in out.split("sample 0, exact")[1].splitlines() if line.startswith("neuron"))
    assert "characters)" in row or "(0." in row


def test_an_hdf5_file_of_others_is_not_called_ours(run: Run, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file["data"] = np.ones(3)
    assert "found none of them" in sentence(run("info", tmp_path / "m.h5")[2], "info")
