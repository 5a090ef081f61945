"""No command overwrites an input, nor a file that this program did not write unless --force is given."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

import lrp
from lrp.cli.output_files import is_marked_png, marked_png, stored_format
from lrp.formats.results import save_arrays
from lrp.methods import estimate_patterns

from .conftest import Run, sentence


@pytest.fixture
def place(model: Path, picture: Path, tmp_path: Path, rng: np.random.Generator) -> Path:
    """A folder with model.h5, picture.png, x.npy, and links to the model: link.h5 (symbolic), hard.h5."""
    np.save(tmp_path / "x.npy", rng.random((2, 6, 7, 1)))
    os.symlink(model, tmp_path / "link.h5")
    os.link(model, tmp_path / "hard.h5")
    (tmp_path / "classes.txt").write_text("a\nb\nc\n")
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


METHODS = ("--methods", "random", "--size", "2", "--steps", "2")
ONTO_INPUTS = {
    "explain --save": ("explain", "model.h5", "x.npy", "--save", "model.h5"),
    "explain --save, another path": ("explain", "model.h5", "x.npy", "--save", "./././model.h5"),
    "explain --save, a link": ("explain", "model.h5", "x.npy", "--save", "link.h5"),
    "explain --save, a hard link": ("explain", "model.h5", "x.npy", "--save", "hard.h5"),
    "explain --save, the input": ("explain", "model.h5", "x.npy", "--save", "x.npy"),
    "explain --save, the architecture": ("explain", "model.h5", "x.npy", "--architecture", "a.txt", "--save", "a.txt"),
    "explain --out": ("explain", "model.h5", "picture.png", "--out", "picture.png"),
    "convert": ("convert", "model.h5", "model.h5"),
    "convert from a link": ("convert", "link.h5", "model.h5"),
    "convert, the classes": ("convert", "model.h5", "classes.txt", "--classes", "classes.txt"),
    "evaluate --out": ("evaluate", "model.h5", "x.npy", *METHODS, "--out", "model.h5"),
    "evaluate --out, the data": ("evaluate", "model.h5", "x.npy", *METHODS, "--out", "x.npy"),
    "evaluate --out, the journal": ("evaluate", "model.h5", "x.npy.partial", *METHODS, "--out", "x.npy"),
    "evaluate --out, a method's file": (
        *("evaluate", "model.h5", "x.npy", "--methods", "pattern_net:p.h5", "--out", "p.h5"),
    ),
    "evaluate --plot": ("evaluate", "model.h5", "p-aopc.png", *METHODS, "--out", "o.h5", "--plot", "p.png"),
    "evaluate --plot, in the folder": (
        "evaluate",
        "model.h5",
        "folder",
        *METHODS,
        "--out",
        "o.h5",
        "--plot",
        "folder/p",
    ),
}


@pytest.mark.parametrize("name", ONTO_INPUTS)
@pytest.mark.parametrize("force", [(), ("--force",)])
def test_an_output_that_is_an_input_is_refused(
    run: Run, place: Path, monkeypatch: pytest.MonkeyPatch, name: str, force: tuple[str, ...]
) -> None:
    monkeypatch.chdir(place)
    (place / "a.txt").write_text("{}")
    (place / "folder").mkdir()
    for other in ("x.npy.partial", "p-aopc.png", "folder/p-aopc.png"):
        shutil.copy(place / "x.npy", place / other)
    save_arrays(place / "p.h5", estimate_patterns(lrp.load("model.h5"), [np.load("x.npy")]))
    before = contents(place)
    command = ONTO_INPUTS[name]
    code, out, error = run(*command, *force)
    assert (code, out) == (2, "") and "expected another file than the input" in sentence(error, command[0])
    assert contents(place) == before


WRITES = {
    "explain --save": (("explain", "model.h5", "x.npy", "--save"), "r.h5"),
    "explain --out": (("explain", "model.h5", "picture.png", "--out"), "a.png"),
    "explain --out --bare": (("explain", "model.h5", "picture.png", "--bare", "--out"), "a.png"),
    "convert": (("convert", "model.h5"), "b.h5"),
    "evaluate": (("evaluate", "model.h5", "x.npy", *METHODS, "--out"), "e.h5"),
}


@pytest.mark.parametrize("name", WRITES)
def test_a_foreign_file_is_replaced_with_force_alone_and_an_own_one_always(
    run: Run, place: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(place)
    command, output = WRITES[name]
    for foreign in (b"letters of ten years", (place / "x.npy").read_bytes()):
        (place / output).write_bytes(foreign)
        code, out, error = run(*command, output)
        assert (code, out) == (2, "") and "replace the file with --force" in sentence(error, command[0])
        assert (place / output).read_bytes() == foreign
    assert run(*command, output, "--force")[0] == 0
    assert (place / output).read_bytes() != foreign
    assert run(*command, output)[0] == 0


def test_a_file_of_another_kind_of_ours_is_not_replaced(run: Run, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    assert run("convert", "model.h5", "precious.h5")[0] == 0
    assert stored_format("precious.h5") == "lrp" and stored_format("x.npy") == ""
    assert "a relevance file that this program wrote" in run("explain", "model.h5", "x.npy", "--save", "precious.h5")[2]
    with h5py.File("foreign.h5", "w") as file:
        file["data"] = np.ones(3)
    assert run("explain", "model.h5", "x.npy", "--save", "foreign.h5")[0] == 2
    with h5py.File("foreign.h5", "r+") as file:
        file.attrs["format"] = 7
    assert stored_format("foreign.h5") == "" and run("convert", "model.h5", "foreign.h5")[0] == 2


def test_pictures_carry_the_mark_and_stay_readable(run: Run, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    original = (place / "picture.png").read_bytes()
    (place / "marked.png").write_bytes(marked_png(original))
    assert is_marked_png("marked.png") and not is_marked_png("picture.png") and not is_marked_png("x.npy")
    with Image.open("marked.png") as marked, Image.open("picture.png") as plain:
        assert marked.text == {"lrp": lrp_version()} and np.array_equal(np.asarray(marked), np.asarray(plain))
    assert run("explain", "model.h5", "picture.png", "--out", "a.svg")[0] == 0
    assert "replace the file with --force" in run("explain", "model.h5", "picture.png", "--out", "a.svg")[2]
    assert run("explain", "model.h5", "picture.png", "--out", "a.svg", "--force")[0] == 0
    figure = ("evaluate", "model.h5", "x.npy", *METHODS, "--out", "o.h5", "--plot", "p.png")
    assert run(*figure)[0] == 0 and is_marked_png("p-aopc.png") and run(*figure)[0] == 0
    (place / "p-aopc.png").write_bytes(original)
    assert run(*figure)[0] == 2 and (place / "p-aopc.png").read_bytes() == original


def lrp_version() -> str:
    from lrp.version import VERSION

    return VERSION


def test_a_picture_that_cannot_be_read_is_not_ours(tmp_path: Path) -> None:
    assert not is_marked_png(str(tmp_path / "nothing.png")) and not is_marked_png(str(tmp_path))


def test_results_of_another_evaluation_need_force(run: Run, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    first = ("evaluate", "model.h5", "x.npy", *METHODS, "--out", "o.h5")
    assert run(*first)[0] == 0
    before = (place / "o.h5").read_bytes()
    other = (*first, "--seed", "5")
    assert "it does not hold this evaluation" in sentence(run(*other)[2], "evaluate")
    assert (place / "o.h5").read_bytes() == before
    code, out, _ = run(*other, "--force")
    after = (place / "o.h5").read_bytes()
    assert code == 0 and after != before
    assert run(*other)[1] == out and (place / "o.h5").read_bytes() == after
    assert run(*first, "--force")[0] == 0 and (place / "o.h5").read_bytes() == before


def test_one_name_for_two_outputs(run: Run, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    error = run("explain", "model.h5", "picture.png", "--out", "a.png", "--save", "./a.png")[2]
    assert "--save, --out and --layers: expected different files, got one for two of them" in sentence(error, "explain")


def test_vectors_are_written_into_their_own_folder(run: Run, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    write = ("vectors", "write", "--only", "layers/relu/")
    code, out, error = run(*write, ".")
    assert (code, out) == (2, "") and "expected a new or empty folder, or one with golden vectors" in error
    assert sorted(os.listdir(".")) == sorted(["classes.txt", "hard.h5", "link.h5", "model.h5", "picture.png", "x.npy"])
    (place / "empty").mkdir()
    assert (
        run(*write, "empty")[0]
        == run(*write, "empty")[0]
        == run(*write, "new")[0]
        == run(*write, ".", "--force")[0]
        == 0
    )
    code, _, error = run("vectors", "write", "none", "--only", "layers/nothing")
    assert code == 2 and "which none has; the cases are in layers/dense, " in sentence(error, "vectors")
    assert not (place / "none").exists()


@pytest.mark.parametrize("suffix", [".onnx", ".keras", ".PT"])
def test_convert_writes_no_other_format(run: Run, model: Path, tmp_path: Path, suffix: str) -> None:
    error = run("convert", model, tmp_path / f"a{suffix}")[2]
    assert f"expected a name for a native HDF5 file, such as model.h5, got {suffix.lower()}" in sentence(
        error, "convert"
    )


def test_convert_refuses_what_contradicts_the_network(run: Run, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    (place / "two.txt").write_text("a\nb\n")
    error = run("convert", "model.h5", "b.h5", "--classes", "two.txt")[2]
    assert "two.txt: expected one class for each of 3 outputs, got 2" in sentence(error, "convert")
    error = run("convert", "model.h5", "b.h5", "--channels", "rgb")[2]
    assert "expected an order of 1 channels, as the network's input has, got rgb (3)" in sentence(error, "convert")
    assert not (place / "b.h5").exists()
    assert run("convert", "model.h5", "b.h5", "--classes", "classes.txt", "--channels", "gray")[0] == 0
    for shape, channels, fits in [((3, 6, 7), "bgr", True), ((1, 6, 7), "rgb", False), ((6, 7, None), "rgb", True)]:
        lrp.save(lrp.Network.sequential([lrp.layers.ReLU()], shape), "c.h5")
        code, _, error = run("convert", "c.h5", "d.h5", "--channels", channels)
        assert (code == 0) == fits, error
    lrp.save(lrp.Network.sequential([lrp.layers.ReLU()], (6, 7, 1)), "c.h5")
    assert run("convert", "c.h5", "d.h5", "--mean", "3")[0] == 0
    assert lrp.load("d.h5").metadata.preprocessing == lrp.Preprocessing((3.0,), (255.0,), "gray")
