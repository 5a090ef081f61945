"""lrp evaluate: its data, its messages, its tables."""

from __future__ import annotations

import numpy as np
import pytest

import lrp
from lrp import Metadata, Network, Preprocessing
from lrp.cli import evaluate, main, progress
from lrp.formats.results.named_arrays import save_arrays
from lrp.pictures import require
from tests.methods import nets


@pytest.fixture
def model(rng, tmp_path):
    network = nets.conv(rng)
    network = Network(list(network.nodes.values()), metadata=Metadata(("ant", "bee", "cat"), (-3.0, 3.0)))
    lrp.save(network, tmp_path / "model.h5")
    return tmp_path / "model.h5"


@pytest.fixture
def at_once(monkeypatch):
    def compute(problem, units, jobs):
        for unit in units:
            yield unit, problem.compute(unit)

    monkeypatch.setattr("lrp.evaluation.campaign.campaign.local", compute)


def command(model, data, out, *more, methods=("gradient_times_input", "random")):
    small = ["--size", "2", "--steps", "3", "--repetitions", "2", "--chunk", "2", "--trusted"]
    return main(["evaluate", str(model), str(data), "--methods", *methods, "--out", str(out), *small, *more])


def test_table_and_file(model, tmp_path, rng, at_once, capsys):
    np.save(tmp_path / "x.npy", rng.normal(size=(3, 7, 9, 2)))
    assert command(model, tmp_path / "x.npy", tmp_path / "out.h5", "--metric", "abpc,complexity", "--jobs", "2") == 0
    said = capsys.readouterr()
    assert "abpc: mean +- standard error over 3 pictures" in said.out and "complexity: mean" in said.out
    assert f"written to {tmp_path / 'out.h5'}" in said.out and said.err == ""
    assert (tmp_path / "out.h5").exists()


def test_figures(model, tmp_path, rng, at_once):
    pytest.importorskip("matplotlib")
    np.save(tmp_path / "x.npy", rng.normal(size=(2, 7, 9, 2)))
    assert command(model, tmp_path / "x.npy", tmp_path / "out.h5", "--plot", str(tmp_path / "curves")) == 0
    assert (tmp_path / "curves-aopc.png").stat().st_size > 1000


def test_data_with_targets_and_masks(model, tmp_path, rng, at_once, capsys):
    x, target = rng.normal(size=(4, 7, 9, 2)), np.array([0, 1, 2, 0])
    masks = np.zeros((4, 7, 9))
    masks[:, 2:4, 2:4] = 1
    np.savez(tmp_path / "data.npz", x=x, target=target, masks=masks)
    save_arrays(tmp_path / "data.h5", {"x": x, "target": target, "masks": masks})
    more = ("--metric", "relevance_mass", "--metric", "pointing-game", "--pictures", "3")
    assert command(model, tmp_path / "data.npz", tmp_path / "a.h5", *more) == 0
    first = capsys.readouterr().out.replace("a.h5", "")
    assert command(model, tmp_path / "data.h5", tmp_path / "b.h5", *more) == 0
    assert capsys.readouterr().out.replace("b.h5", "") == first and "over 3 pictures" in first
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()
    network = lrp.load(model, trusted=True)
    data = evaluate.read_data(str(tmp_path / "data.npz"), network)
    assert evaluate.targets(None, data, network).tolist() == [0, 1, 2, 0]
    named = evaluate.Data(x, np.array(["ant", "cat", "bee", "ant"]))
    assert evaluate.targets(None, named, network).tolist() == [0, 2, 1, 0]
    assert evaluate.targets("bee", data, network).tolist() == [1, 1, 1, 1]
    assert evaluate.targets(None, evaluate.Data(x), network) is None


def test_a_folder_of_pictures(tmp_path, rng, at_once, capsys):
    image = pytest.importorskip("PIL.Image")
    network = nets.conv(rng)
    layers = [node.layer for node in network.nodes.values()][1:]
    gray = Network.sequential(
        [lrp.layers.Conv(rng.normal(size=(1, 1, 1, 2))), *layers],
        (7, 9, 1),
        metadata=Metadata(preprocessing=Preprocessing((0.0,), (255.0,), "gray")),
    )
    lrp.save(gray, tmp_path / "model.h5")
    (tmp_path / "pictures").mkdir()
    for name in "ba":
        image.fromarray(rng.integers(0, 256, (7, 9)).astype(np.uint8)).save(tmp_path / "pictures" / f"{name}.png")
    (tmp_path / "pictures" / "notes.txt").write_text("not a picture")
    assert command(tmp_path / "model.h5", tmp_path / "pictures", tmp_path / "out.h5") == 0
    assert "over 2 pictures" in capsys.readouterr().out
    (tmp_path / "empty").mkdir()
    assert command(tmp_path / "model.h5", tmp_path / "empty", tmp_path / "no.h5") == 2
    assert "expected a folder with pictures (.png, .jpg, .jpeg), got none" in capsys.readouterr().err


@pytest.mark.parametrize(
    "content, said",
    [
        ({"y": np.ones((2, 7, 9, 2))}, "expected an array named 'x' or 'input', got y"),
        ({"x": np.ones((2, 7, 9))}, "expected pictures of shape (7, 9, 2), at least one, got an array of (2, 7, 9)"),
        ({"x": np.ones((0, 7, 9, 2))}, "at least one, got an array of (0, 7, 9, 2)"),
        ({"x": np.ones((2, 7, 9, 3))}, "expected an array of shape (n, 7, 9, 2), got (1, 7, 9, 3)"),
        ({"x": np.ones((2, 7, 9, 2), dtype=int)}, "expected floating-point numbers, got dtype int64"),
        ({"x": np.full((2, 7, 9, 2), np.nan)}, "expected finite numbers, got"),
        (
            {"x": np.ones((2, 7, 9, 2)), "target": np.zeros(3, int)},
            "expected target for each of 2 pictures, got shape (3,)",
        ),
        (
            {"x": np.ones((2, 7, 9, 2)), "target": np.array([0, 7])},
            "target: expected a whole number from 0 to 2, got 7",
        ),
        (
            {"x": np.ones((2, 7, 9, 2)), "masks": np.ones((1, 7, 9))},
            "expected masks for each of 2 pictures, got shape (1,",
        ),
        ({"x": np.ones((2, 7, 9, 2)), "masks": np.zeros((2, 7, 9))}, "at least one pixel of the object, got none in"),
        ({"x": np.ones((2, 7, 9, 2)), "masks": np.ones((2, 7, 8))}, "masks: expected one of each picture's shape"),
        (
            {"x": np.ones((2, 7, 9, 2)), "masks": np.full((2, 7, 9), np.nan)},
            "masks: expected true and false, or finite",
        ),
        ({"x": np.ones((2, 7, 9, 2)), "masks": np.array(1.0)}, "expected masks for each of 2 pictures, got shape ()"),
        ({"x": np.ones((2, 7, 9, 2)), "target": np.array([0, 0.5])}, "expected one whole number (or name of a class)"),
        ({"x": np.ones((2, 7, 9, 2)), "target": np.eye(2, dtype=int)}, "got an array of (2, 2), int64"),
        ({"x": np.ones((2, 7, 9, 2)), "target": np.array(["ant", "dog"])}, "expected one of the classes ant, bee, cat"),
        (
            {"x": np.ones((2, 7, 9, 2)) * [[[[1]]], [[[np.nan]]]]},
            "expected finite numbers, got nan at index (1, 0, 0, 0)",
        ),
    ],
)
def test_bad_data_is_told_in_one_sentence(model, tmp_path, at_once, capsys, content, said):
    np.savez(tmp_path / "data.npz", **content)
    assert command(model, tmp_path / "data.npz", tmp_path / "out.h5") == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
    assert not (tmp_path / "out.h5").exists() and not (tmp_path / "out.h5.partial").exists()


def test_files_that_are_none(model, tmp_path, at_once, capsys):
    assert command(model, tmp_path / "nothing.npz", tmp_path / "out.h5") == 2
    assert "expected a file, got a path where none is" in capsys.readouterr().err
    (tmp_path / "data.npz").write_bytes(b"PK\x03\x04 nonsense")
    assert command(model, tmp_path / "data.npz", tmp_path / "out.h5") == 2
    assert "expected an archive of arrays of numbers, got a damaged or another file" in capsys.readouterr().err


@pytest.mark.parametrize(
    "more, said",
    [
        (("--metric", "beauty"), "metric: expected one of aopc"),
        (("--steps", "0"), "--steps: expected at least 1, got 0"),
        (("--seed", "-1"), "--seed: expected a whole number of at least 0, got -1"),
        (("--pictures", "0"), "--pictures: expected at least 1, got 0"),
        (("--target", "dog"), "target: expected one of the classes ant, bee, cat, got 'dog'"),
        (("--size", "50"), "region size: expected lengths of at most the picture's (7, 9), got (50, 50)"),
        (("--metric", "relevance_mass"), "expected data with `masks`"),
        (("--metric", ","), "metric: expected one of aopc, abpc, pixel_flipping"),
        (("--metric", "sensitivity_n", "--subsets", "1"), "subsets: expected a whole number of at least 2, got 1"),
        (("--metric", "input_invariance"), "got Conv"),
        (("--jobs", "0"), "--jobs: expected at least 1, got 0"),
        (("--out", ""), "--out: expected the name of a file, got ''"),
    ],
)
def test_bad_settings_are_told_in_one_sentence(model, tmp_path, rng, at_once, capsys, more, said):
    np.save(tmp_path / "x.npy", rng.normal(size=(2, 7, 9, 2)))
    assert command(model, tmp_path / "x.npy", tmp_path / "out.h5", *more) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir() if "out" in path.name or "partial" in path.name] == []


def test_a_folder_that_may_not_be_written(model, tmp_path, rng, at_once, capsys, monkeypatch):
    """The system's refusal by a stub, for who runs the tests may be allowed everything."""
    np.save(tmp_path / "x.npy", rng.normal(size=(2, 7, 9, 2)))

    def refused(path, mode):
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr("lrp.evaluation.campaign.journal.open", refused, raising=False)
    assert command(model, tmp_path / "x.npy", tmp_path / "out.h5") == 2
    error = capsys.readouterr().err
    assert "out.h5.partial': the journal cannot be written: Permission denied" in error and error.count("\n") == 1


def test_an_unknown_method_and_a_folder_that_is_not_there(model, tmp_path, rng, at_once, capsys):
    np.save(tmp_path / "x.npy", rng.normal(size=(2, 7, 9, 2)))
    assert command(model, tmp_path / "x.npy", tmp_path / "out.h5", methods=("lime",)) == 2
    assert "method: expected one of lrp, gradient" in capsys.readouterr().err
    assert command(model, tmp_path / "x.npy", tmp_path / "no" / "out.h5") == 2
    assert "expected a name in a folder that exists, got the folder" in capsys.readouterr().err


def test_the_bar_tells_the_time_left(capsys, monkeypatch):
    assert progress.bar(12, 24, 0, 100.0) == f"[{'#' * 15}{'.' * 15}] 12/24, 0:01:40 left"
    assert progress.bar(12, 24, 6, 3600.0).endswith("2:00:00 left")
    assert progress.bar(3, 24, 3, 5.0).endswith("3/24, time left unknown")
    bar = progress.Bar("out.h5")
    bar(2, 4)
    assert capsys.readouterr().err == "continuing from out.h5.partial: 2 of 4 parts are done\n"
    monkeypatch.setattr(progress.sys.stderr, "isatty", lambda: True)
    bar(3, 4)
    bar(4, 4)
    assert capsys.readouterr().err.endswith("4/4, 0:00:00 left\n")


def test_the_extra_of_figures_is_the_views(monkeypatch):
    assert require("json", "json").dumps([]) == "[]"
