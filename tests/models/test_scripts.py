"""The scripts around the models: reading MNIST, drawing digits, training, measuring."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import numpy as np
import pytest

import lrp

from .conftest import Script

NAMES = ("mnist-mlp", "mnist-lenet", "mnist-lenet-lrn", "mnist-deep-taylor")


def idx(array: np.ndarray) -> bytes:
    """The array in IDX form."""
    return bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.tobytes()


@pytest.fixture
def folder(tmp_path: Path, rng: np.random.Generator) -> Path:
    """A folder like MNIST's with 70 random pictures for training and 30 for the test, one part gzipped."""
    for part, count in (("train", 70), ("t10k", 30)):
        pictures = rng.integers(0, 256, size=(count, 28, 28), dtype=np.uint8)
        labels = rng.integers(0, 10, size=count, dtype=np.uint8)
        for name, array in ((f"{part}-images-idx3-ubyte", pictures), (f"{part}-labels-idx1-ubyte", labels)):
            data = idx(array)
            target = tmp_path / (f"{name}.gz" if part == "train" else name)
            target.write_bytes(gzip.compress(data) if part == "train" else data)
    return tmp_path


def test_idx_files(script: Script, folder: Path, rng: np.random.Generator) -> None:
    mnist = script("mnist.py")
    array = rng.integers(0, 256, size=(2, 3, 5), dtype=np.uint8)
    (folder / "a").write_bytes(idx(array))
    assert np.array_equal(mnist.read_idx(folder / "a"), array)
    pictures, labels = mnist.read_mnist(folder, "train")
    assert pictures.shape == (70, 28, 28, 1) and labels.shape == (70,)
    assert mnist.read_mnist(folder, "test")[0].shape == (30, 28, 28, 1)


def test_other_files_are_told(script: Script, tmp_path: Path) -> None:
    mnist = script("mnist.py")
    (tmp_path / "a").write_bytes(b"\x00\x00\x0d\x01")
    with pytest.raises(ValueError, match="expected an IDX file of unsigned bytes"):
        mnist.read_idx(tmp_path / "a")
    with pytest.raises(FileNotFoundError, match="expected the MNIST file train-images-idx3-ubyte.gz"):
        mnist.read_mnist(tmp_path, "train")


def test_curves_go_through_their_points(script: Script) -> None:
    strokes = script("strokes.py")
    points = [(0.0, 0.0), (3.0, 5.0), (7.0, 2.0)]
    curve = strokes.curve(points)
    assert all(np.abs(curve - point).sum(axis=1).min() < 1e-12 for point in points)


def test_digits_are_centred_and_fill_the_box(script: Script) -> None:
    strokes = script("strokes.py")
    for name in strokes.STROKES:
        ink = strokes.draw(name).astype(float)
        rows, columns = np.indices(ink.shape) + 0.5
        assert ink.shape == (28, 28) and ink.max() == 255
        assert abs((rows * ink).sum() / ink.sum() - 14) < 0.3 and abs((columns * ink).sum() / ink.sum() - 14) < 0.3
        inked = np.argwhere(ink > 0)
        assert 19 <= np.ptp(inked, axis=0).max() + 1 <= 22


def test_the_digits_are_written(script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    strokes = script("strokes.py")
    monkeypatch.setattr(sys, "argv", ["strokes.py", str(tmp_path), "--digits", "three", "nine"])
    strokes.main()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["nine.png", "three.png"]


def test_measuring(
    script: Script, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = script("mnist.py").read_mnist(folder, "test")[1]
    constant = lrp.layers.Dense(np.zeros((784, 10)), np.eye(10)[4])
    metadata = lrp.Metadata(preprocessing=lrp.Preprocessing((0.0,), (255.0,), "gray"))
    lrp.save(lrp.Network.sequential([lrp.layers.Flatten(), constant], (28, 28, 1), metadata=metadata), folder / "m.h5")
    monkeypatch.setattr(sys, "argv", ["measure.py", str(folder / "m.h5"), str(folder)])
    measure = script("measure.py")
    monkeypatch.setattr(measure, "BATCH", 7)
    measure.main()
    assert f"accuracy  {(labels == 4).mean():.2%} of the 10,000 test pictures, float32" in capsys.readouterr().out


@pytest.mark.parametrize("name", NAMES)
def test_the_converted_network_computes_what_torch_does(script: Script, name: str, rng: np.random.Generator) -> None:
    torch = pytest.importorskip("torch", reason="training needs the extra 'train'")
    torch.manual_seed(1)
    model = script(f"{name}/train.py").build()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape) * 0.05)
    x = rng.random((3, 28, 28, 1)).astype(np.float32)
    ours = script("training.py").network_of(model).forward(x).output
    with torch.no_grad():
        theirs = model(torch.tensor(x)).numpy()
    assert ours.dtype == np.float32 and np.allclose(ours, theirs, rtol=1e-4, atol=1e-4 * np.abs(theirs).max())


def test_training_learns_and_holds_the_biases(
    script: Script, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("torch", reason="training needs the extra 'train'")
    train, training = script("mnist-deep-taylor/train.py"), script("training.py")
    monkeypatch.setattr(sys, "argv", ["train.py", str(folder), "--out", str(folder / "m.h5")])
    recipe = training.Recipe(epochs=4, batch=16)
    training.run(train.build, recipe, folder / "unused.h5", train.hold_biases)
    network = lrp.load(folder / "m.h5")
    biases = [w for node in network.nodes.values() for name, w in node.layer.weights().items() if name == "bias"]
    assert len(biases) == 2 and all((bias <= 0).all() for bias in biases)
    losses = [float(line.split("loss ")[1].split(",")[0]) for line in capsys.readouterr().out.splitlines()]
    assert len(losses) == 4 and losses[-1] < losses[0]
    assert not (folder / "unused.h5").exists()
