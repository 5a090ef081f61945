"""lrp info: the nodes, their shapes and weights, and what the file says beside the arithmetic."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import lrp

from .conftest import Run, sentence


def rows(out: str) -> dict[str, list[str]]:
    """The first words of each line -> the line's words."""
    return {words[0]: words for line in out.splitlines() if (words := line.split())}


def test_every_node_with_its_shape_and_weights(run: Run, model: Path) -> None:
    code, out, error = run("info", model)
    assert (code, error) == (0, "")
    table = rows(out)
    assert table["input"][1:7] == ["Input", "6", "x", "7", "x", "1"] or table["input"][1] == "(pixel"
    assert table["conv1"][1:9] == ["Conv", "4", "x", "6", "x", "2", "14", "288"]
    assert table["dense1"][1:6] == ["Dense", "3", "27", "24", "flatten1"]
    assert table["format"][:4] == ["format", "native", "HDF5,", "format"] and table["adds"][1] == "312"
    assert "weight 3 x 2 x 1 x 2" in out and "stride=(1, 1)" in out and "bias 2" not in out
    assert "6 nodes, 41 weights, float64" in out


def test_what_the_file_says(run: Run, model: Path) -> None:
    out = run("info", model)[1]
    assert "classes  cat, dog, small, 2\n" in out
    assert "input    (pixel - 0) / 255, pixels 0 to 255, channels gray\n" in out
    assert "range    0 to 1\n" in out


def test_the_rule_of_each_node(run: Run, model: Path) -> None:
    table = rows(run("info", model, "--composite", "epsilon-plus-flat")[1])
    assert table["conv1"][-1] == "flat" and table["dense1"][-1] == "epsilon:1e-06" and table["relu1"][-1] == "identity"
    code, _, error = run("info", model, "--composite", "dense9=flat")
    assert code == 2 and "expected a pattern that matches a node" in sentence(error, "info")


def test_many_classes_channels_and_notes(run: Run, tmp_path: Path) -> None:
    metadata = lrp.Metadata(
        tuple(f"class{i}" for i in range(30)),
        preprocessing=lrp.Preprocessing((104.0, 117.0, 123.0), (1.0,), "bgr"),
        extra={"licence": "BSD", "long": "x" * 200},
    )
    network = lrp.Network.sequential([lrp.layers.ReLU()], (None, 3), metadata=metadata, dtype="float32")
    lrp.save(network, tmp_path / "m.h5")
    out = run("info", tmp_path / "m.h5", "--dtype", "float32")[1]
    assert "class11 ... 30 in all" in out and "class12" not in out
    assert "(pixel - (104, 117, 123)) / 1, pixels 0 to 255, channels bgr" in out
    assert "range    (-104, -117, -123) to (151, 138, 132)" in out
    assert "licence  BSD\n" in out and "x" * 100 in out and "x" * 101 not in out
    assert "* x 3" in out and "2 nodes, 0 weights, float32" in out


def test_a_range_for_each_pixel_is_cut_short(run: Run, tmp_path: Path) -> None:
    metadata = lrp.Metadata(input_range=(np.zeros(5), np.ones(5)))
    lrp.save(lrp.Network.sequential([lrp.layers.ReLU()], (5,), metadata=metadata), tmp_path / "m.h5")
    assert "range   (0, 0, 0, ...) to (1, 1, 1, ...)" in run("info", tmp_path / "m.h5")[1]


def test_without_a_range(run: Run, tmp_path: Path) -> None:
    lrp.save(lrp.Network.sequential([lrp.layers.ReLU()], (5,)), tmp_path / "m.h5")
    assert "range   unknown" in run("info", tmp_path / "m.h5", "--trusted")[1]


def test_what_is_not_read_is_listed(run: Run, tmp_path: Path) -> None:
    from tests.formats.hostile_files import HOSTILE

    code, out, error = run("info", HOSTILE["custom_layer"](tmp_path), "--trusted")
    assert (code, error) == (1, "") and "not read" in out and "mine" in out and "MyLayer" in out


def test_a_free_length_leaves_the_work_open(run: Run, tmp_path: Path) -> None:
    network = lrp.Network.sequential([lrp.layers.Dense(np.ones((3, 2)))], (None, 3))
    lrp.save(network, tmp_path / "free.h5")
    out = run("info", tmp_path / "free.h5", "--trusted")[1]
    assert "depend on the length of the input" in out and rows(out)["dense1"][6] == "any"
