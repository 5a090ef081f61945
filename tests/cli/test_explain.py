"""lrp explain: what it prints and writes is what the engine computed; bad input is told in one sentence."""

from __future__ import annotations

import io
import os
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

import lrp
from lrp.pictures import colours, limit_of
from lrp.views import read_input

from .conftest import Run, sentence


def opened(path: Path) -> Image.Image:
    """The picture of a file, which stays closed."""
    return Image.open(io.BytesIO(path.read_bytes()))


def test_prints_prediction_and_ledger(run: Run, model: Path, picture: Path) -> None:
    code, out, error = run("explain", model, picture, "--composite", "epsilon-plus")
    network = lrp.load(model)
    explanation = network.explain(read_input(picture, network), composite="epsilon-plus")
    assert (code, error) == (0, "")
    assert explanation.ledger.table() in out
    best = int(explanation.trace.output.argmax())
    assert f"{network.metadata.classes[best]:10}  {explanation.trace.output.max():.6g}".split() == [
        word for line in out.splitlines() if line.startswith(network.metadata.classes[best]) for word in line.split()
    ]
    assert f"ledger of class {network.metadata.classes[best]} (output {best})" in out
    assert "closes: the largest residual is" in out
    assert "starts at dense1 with the target's own value" in out


@pytest.mark.parametrize("target", ["1", "dog, small"])
def test_a_target_by_number_and_by_name(run: Run, model: Path, picture: Path, target: str) -> None:
    assert "ledger of class dog, small (output 1)" in run("explain", model, picture, "--target", target)[1]


def test_several_targets(run: Run, model: Path, picture: Path) -> None:
    _, out, _ = run("explain", model, picture, "--target", "cat,1", "--target", "2")
    assert [line for line in out.splitlines() if line.startswith("ledger of")] == [
        "ledger of class cat (output 0)",
        "ledger of class dog, small (output 1)",
        "ledger of class 2 (output 2)",
    ]


def test_saves_relevance_nodes_and_ledger(run: Run, model: Path, picture: Path, tmp_path: Path) -> None:
    saved = tmp_path / "r.h5"
    code, out, _ = run("explain", model, picture, "--target", "cat", "--save", saved, "--dtype", "float32")
    network = lrp.load(model, dtype="float32")
    explanation = network.explain(read_input(picture, network), "cat")
    assert code == 0 and str(saved) in out
    with h5py.File(saved) as file:
        assert file["relevance"].dtype == np.float32
        assert np.array_equal(file["relevance"][()], explanation.relevance)
        assert set(file["relevances"]) == set(network.nodes)
        assert np.array_equal(file["ledger/bias"][:-1, 0], [line.bias[0] for line in explanation.ledger.lines])
        assert file.attrs["composite"] == "epsilon" and file.attrs["model"] == str(model)


def test_the_bare_picture_is_the_relevance(run: Run, model: Path, picture: Path, tmp_path: Path) -> None:
    image = tmp_path / "heatmap.png"
    code, out, _ = run("explain", model, picture, "--out", image, "--bare")
    network = lrp.load(model)
    R = network.explain(read_input(picture, network)).relevance[0, ..., 0]
    pixels = np.asarray(opened(image))
    factor = pixels.shape[0] // 6
    assert np.array_equal(pixels[factor // 2 :: factor, factor // 2 :: factor], colours(R, limit_of(R)))
    assert code == 0 and f"|R| = {limit_of(R):.6g}" in out


def test_the_figure_says_how_it_was_made(run: Run, model: Path, picture: Path, tmp_path: Path) -> None:
    image = tmp_path / "heatmap.png"
    code, out, _ = run("explain", model, picture, "--out", image, "--target", "0,1", "--limit", "2.5", "--start", "1")
    note = opened(image).info["Description"]
    assert code == 0 and "2.5 in every panel" in out
    assert note == "composite epsilon; starts at dense1 with 1 for the target"
    _, out, _ = run("explain", model, picture, "--out", image, "--target", "0,1")
    network = lrp.load(model)
    x = read_input(picture, network)
    ends = [limit_of(network.explain(x, target).relevance) for target in (0, 1)]
    assert out.rstrip().endswith(f"|R| = {max(ends):.6g}")  # one scale for panels that are compared
    _, out, _ = run("explain", model, picture, "--out", image, "--target", "0,1", "--style", "scale=panel")
    assert out.rstrip().endswith("|R| = " + ", ".join(f"{end:.6g}" for end in ends))


def test_layers_and_one_neuron(run: Run, model: Path, picture: Path, tmp_path: Path) -> None:
    layers = tmp_path / "layers.svg"
    code, out, error = run("explain", model, picture, "--layers", layers, "--neuron", "dense1:2", "--target", "2")
    assert (code, error) == (0, "") and layers.read_bytes().startswith(b"<?xml")
    network = lrp.load(model)
    explanation = network.explain(read_input(picture, network), 2)
    assert network.neuron(explanation, "dense1", 2).table() in out
    for text in ("dense1", "dense1:x", ":1"):
        assert "--neuron: expected NODE:INDEX" in sentence(
            run("explain", model, picture, "--neuron", text)[2], "explain"
        )
    error = run("explain", model, picture, "--neuron", "dense1:3")[2]
    assert "expected a neuron's index within the shape (3,), got (3,)" in sentence(error, "explain")
    assert "did you mean 'dense1'" in run("explain", model, picture, "--neuron", "dense:1")[2]


@pytest.mark.parametrize("style", ["colours=green", "percentile=101", "fancy", "contours=x", "overlay=-1"])
def test_an_unknown_style(run: Run, model: Path, picture: Path, style: str) -> None:
    code, _, error = run("explain", model, picture, "--style", style)
    assert code == 2 and "style: expected" in error and "Traceback" not in error


def test_samples_of_a_batch_each_have_their_ledger(
    run: Run, model: Path, tmp_path: Path, rng: np.random.Generator
) -> None:
    x = rng.random((2, 6, 7, 1))
    np.save(tmp_path / "x.npy", x)
    np.savez(tmp_path / "x.npz", input=x)
    for suffix in ("npy", "npz"):
        _, out, _ = run("explain", model, tmp_path / f"x.{suffix}")
        explanation = lrp.load(model).explain(x)
        assert "prediction of sample 0" in out and "prediction of sample 1" in out
        assert all(explanation.ledger.table(i) in out for i in range(2))
    np.save(tmp_path / "one.npy", x[1])
    assert explanation.ledger.table(1) in run("explain", model, tmp_path / "one.npy")[1]


def test_pictures_are_made_to_fit_on_demand(run: Run, model: Path, tmp_path: Path) -> None:
    Image.new("RGB", (20, 30)).save(tmp_path / "a.jpg")
    assert run("explain", model, tmp_path / "a.jpg")[0] == 2
    assert run("explain", model, tmp_path / "a.jpg", "--fit")[0] == 0


def test_several_inputs_by_name(run: Run, tmp_path: Path, rng: np.random.Generator) -> None:
    nodes = [lrp.Node("a", lrp.layers.Input((2, 3))), lrp.Node("b", lrp.layers.Input((2, 3)))]
    lrp.save(lrp.Network([*nodes, lrp.Node("sum", lrp.layers.Add(), ("a", "b"))]), tmp_path / "m.h5")
    np.savez(tmp_path / "x.npz", a=rng.random((1, 2, 3)), b=rng.random((2, 3)))
    np.save(tmp_path / "x.npy", rng.random((2, 3)))
    code, out, _ = run("explain", tmp_path / "m.h5", tmp_path / "x.npz", "--out", tmp_path / "a.svg")
    assert code == 0 and "... 1 more" in out and (tmp_path / "a.svg").stat().st_size > 0
    text = sentence(run("explain", tmp_path / "m.h5", tmp_path / "x.npy")[2], "explain")
    assert text.endswith("expected 2 inputs, got one array; give an .npz with a, b")


BAD_ARRAYS = {
    "integers": (np.zeros((6, 7, 1), np.uint8), "expected floating-point numbers, got dtype uint8"),
    "nan": (np.full((6, 7, 1), np.nan), "input 'input': expected finite numbers"),
    "infinity": (np.full((6, 7, 1), np.inf), "input 'input': expected finite numbers"),
    "channels": (np.zeros((6, 7, 3)), "expected an array of shape (n, 6, 7, 1), got (1, 6, 7, 3)"),
    "axes": (np.zeros((7, 1)), "expected an array of shape (n, 6, 7, 1), got (7, 1)"),
    "text": (np.array(["a"]), "expected an array of numbers, got dtype <U1"),
    "empty": (np.zeros((0, 6, 7, 1)), "expected equally many samples at every input, at least one"),
}


@pytest.mark.parametrize("name", BAD_ARRAYS)
def test_bad_arrays(run: Run, model: Path, tmp_path: Path, name: str) -> None:
    array, expected = BAD_ARRAYS[name]
    np.save(tmp_path / "x.npy", array)
    code, out, error = run(
        "explain", model, tmp_path / "x.npy", "--out", tmp_path / "a.png", "--save", tmp_path / "r.h5"
    )
    assert (code, out) == (2, "") and expected in sentence(error, "explain")
    assert sorted(os.listdir(tmp_path)) == ["model.h5", "x.npy"]


BAD_OPTIONS = {
    "number": (["--target", "3"], "target: expected a whole number from 0 to 2, got 3"),
    "class": (["--target", "bird"], "target: expected one of the classes cat, dog, small, 2, got 'bird'"),
    "composite": (["--composite", "gamma"], "composite: expected one of epsilon, epsilon-plus,"),
    "rule": (["--composite", "*=gama"], "line '*=gama': rule: expected one of ['alpha_beta'"),
    "pattern": (["--composite", "conv9=flat *=epsilon"], "line 'conv9=flat': expected a pattern that matches a node"),
    "no rule": (["--composite", "conv1=flat"], "dense1: the composite 'conv1=flat' gives no rule to this Dense layer"),
    "bounds": (["--composite", "conv1=z_box:1,0 *=epsilon"], "z_box: expected low <= high, got low = 1 and high = 0"),
    "outside": (["--composite", "epsilon-gamma-box:0.4,0.5"], "z_box: expected the input between 0.4 and 0.5"),
    "alpha": (
        ["--composite", "*=alpha_beta:2,2"],
        "alpha_beta: expected alpha - beta = 1 with both >= 0, got alpha = 2",
    ),
    "start": (["--start", "top"], "a number or an array, got 'top'"),
    "output": (["--output", "conv9"], "output: expected one of dense1, got 'conv9'"),
    "limit": (["--limit", "-1"], "--limit: expected a number > 0, got -1"),
    "suffix": (["--out", "a.gif"], "a.gif: expected a picture whose name ends in .png, .pdf, .svg, got 'gif'"),
    "bare suffix": (["--out", "a.svg", "--bare"], "a.svg: expected a picture whose name ends in .png, got 'svg'"),
    "folder": (["--out", "none/a.png"], "none/a.png: expected a name in a folder that exists, got the folder 'none'"),
    "save": (["--save", "none/a.h5"], "none/a.h5: expected a name in a folder that exists, got the folder 'none'"),
}


@pytest.mark.parametrize("name", BAD_OPTIONS)
def test_bad_options(
    run: Run, model: Path, picture: Path, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    options, expected = BAD_OPTIONS[name]
    code, out, error = run("explain", model, picture, "--save", "r.h5", *options)
    assert (code, out) == (2, "") and expected in sentence(error, "explain")
    assert sorted(os.listdir(tmp_path)) == ["model.h5", "picture.png"]


def test_bad_files(run: Run, model: Path, picture: Path, tmp_path: Path) -> None:
    def error(*arguments: Path) -> str:
        code, out, text = run("explain", *arguments)
        assert (code, out) == (2, "")
        return sentence(text, "explain")

    damaged = tmp_path / "nan.h5"
    damaged.write_bytes(model.read_bytes())
    with h5py.File(damaged, "r+") as file:
        next(group for name, group in file["layers"].items() if "weight" in group)["weight"][..., 0] = np.inf
    assert "nan.h5': conv1: weight: expected finite numbers, got inf" in error(damaged, picture)
    truncated, other = tmp_path / "truncated.h5", tmp_path / "other.h5"
    truncated.write_bytes(model.read_bytes()[:3000])
    other.write_bytes(b"no model")
    assert "truncated.h5' is a damaged HDF5 file" in error(truncated, picture)
    assert "other.h5' is not an HDF5 file" in error(other, picture)
    assert "none.h5' cannot be read: No such file" in error(tmp_path / "none.h5", picture)
    (tmp_path / "damaged.npy").write_bytes(b"no array")
    (tmp_path / "damaged.npz").write_bytes(b"PK\x03\x04")
    assert "damaged.npy: expected a file of numpy with arrays of numbers" in error(model, tmp_path / "damaged.npy")
    assert "damaged.npz: expected a file of numpy with arrays of numbers" in error(model, tmp_path / "damaged.npz")
    assert "none.npy: expected a file that can be read, got none (No such file or directory)" in error(
        model, tmp_path / "none.npy"
    )
    assert "expected an input of the kind .npy, .npz, .png" in error(model, tmp_path / "words.docx")
    np.save(tmp_path / "one.npy", np.zeros(3))
    np.savez(tmp_path / "two.npz", input=np.zeros(3))
    np.savez(tmp_path / "names.npz", pixels=np.zeros(3))
    np.savez(tmp_path / "objects.npz", input=np.array([{}], dtype=object))
    os.rename(tmp_path / "one.npy", tmp_path / "one.npz")
    os.rename(tmp_path / "two.npz", tmp_path / "two.npy")
    assert "one.npz: expected an archive of arrays, got one array; name it .npy" in error(model, tmp_path / "one.npz")
    assert "two.npy: expected one array, got an archive of several; name it .npz" in error(model, tmp_path / "two.npy")
    assert "expected arrays with the names of the inputs, input, got pixels" in error(model, tmp_path / "names.npz")
    assert "objects.npz: expected a file of numpy with arrays of numbers" in error(model, tmp_path / "objects.npz")


def test_an_explanation_that_overflowed_is_not_drawn(run: Run, model: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.full((6, 7, 1), 1.7e308))
    code, out, error = run("explain", model, tmp_path / "x.npy", "--out", tmp_path / "a.png")
    assert (code, out) == (
        2,
        "",
    ) and "dense1: expected finite relevance, got an overflow or NaN in sample 0" in sentence(error, "explain")
    assert not (tmp_path / "a.png").exists()


def test_a_start_that_is_no_number_is_refused_by_the_parser(run: Run, model: Path, picture: Path) -> None:
    code, _, error = run("explain", model, picture, "--start", "nan")
    assert code == 2 and "argument --start: expected a finite number, got nan" in error


def test_a_file_that_cannot_be_renamed_leaves_nothing(
    run: Run, model: Path, picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*names: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    for option, name in (("--out", "a.png"), ("--save", "r.h5")):
        code, _, error = run("explain", model, picture, option, tmp_path / name)
        assert code == 2 and "No space left on device" in sentence(error, "explain")
    assert sorted(os.listdir(tmp_path)) == ["model.h5", "picture.png"]


def test_the_heatmap_of_a_picture_without_ink_is_white(run: Run, tmp_path: Path) -> None:
    layers = [lrp.layers.Flatten(), lrp.layers.Dense(np.ones((12, 2)))]
    lrp.save(lrp.Network.sequential(layers, (3, 4, 1)), tmp_path / "m.h5")
    np.save(tmp_path / "x.npy", np.zeros((3, 4, 1)))
    assert run("explain", tmp_path / "m.h5", tmp_path / "x.npy", "--out", tmp_path / "a.png", "--bare")[0] == 0
    assert (np.asarray(opened(tmp_path / "a.png")) == 255).all()
