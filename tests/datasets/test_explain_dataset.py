"""Data sets: each sample is explained as alone, what cannot be read is named, a killed run ends with the same bytes."""

import os
import signal
import subprocess
import sys
import time

import h5py
import numpy as np
import pytest
from PIL import Image

import lrp
from lrp.cli import main
from lrp.datasets import ArraySource, Explained, explain_dataset, open_sources, read_dataset
from lrp.errors import InputError, LoadError, SaveError


def test_every_sample_is_explained_as_alone(network, folder, tmp_path):
    source = open_sources([folder])
    report = explain_dataset(network, source, tmp_path / "r.h5", composite="epsilon-plus", batch=3, storage="float64")
    stored = read_dataset(tmp_path / "r.h5")
    assert report.explained == len(stored) == 6 and "broken.png" in report.unreadable[0][1]
    assert [name.split("pictures")[-1][1:] for name in stored.names] == [
        "cat/a.png", "cat/b.png", "dog/a.png", "dog/c.png", "other/e.png", "owl/d.png"]  # fmt: skip
    assert stored.index.tolist() == [0, 1, 3, 4, 5, 6] and stored.labels.tolist() == [0, 0, 1, 1, -1, 2]
    assert stored.classes == ("cat", "dog", "owl") and stored.notes["composite"] == "epsilon-plus"
    for row, name in enumerate(stored.names):
        x = network.read_input(name)
        alone = network.explain(x, composite="epsilon-plus")
        np.testing.assert_allclose(stored.relevance[row, 0], alone.relevance[0, ..., 0], atol=1e-12)
        np.testing.assert_allclose(stored.prediction[row], alone.trace.output[0], rtol=1e-6)
        assert stored.target[row] == alone.target[0]
        for column, sums in stored.ledger.items():
            np.testing.assert_allclose(sums[row], getattr(alone.ledger.total(), column)[0], atol=1e-12)
    total = sum(stored.ledger[name] for name in ("passed", "bias", "stabilizer", "dropped"))
    np.testing.assert_allclose(total, stored.ledger["received"], atol=1e-12)


def test_targets(network, folder, tmp_path):
    source = open_sources([folder / "dog", folder / "owl" / "*.png"])
    explain_dataset(network, source, tmp_path / "true.h5", target=Explained.TRUE)
    assert read_dataset(tmp_path / "true.h5").target.tolist() == [1, 1, 2]
    explain_dataset(network, source, tmp_path / "cat.h5", target="cat")
    assert read_dataset(tmp_path / "cat.h5").target.tolist() == [0, 0, 0]
    with pytest.raises(InputError, match="expected a label for --target true, got none"):
        explain_dataset(network, open_sources([folder / "other"]), tmp_path / "none.h5", target=Explained.TRUE)
    assert not (tmp_path / "none.h5").exists()


@pytest.mark.parametrize("kind", ["npz", "h5", "npy"])
def test_arrays_with_labels(network, tmp_path, rng, kind):
    x, y = rng.random((5, 6, 7, 1)), np.array([2, 0, 1, 1, 0])
    if kind == "npz":
        np.savez(tmp_path / "d.npz", images=x, y=y)
    elif kind == "npy":
        np.save(tmp_path / "d.npy", x)
    else:
        with h5py.File(tmp_path / "d.h5", "w") as file:
            file["data"], file["label"] = x, y
    explain_dataset(network, open_sources([tmp_path / f"d.{kind}"]), tmp_path / "r.h5", batch=2)
    stored = read_dataset(tmp_path / "r.h5")
    assert (
        stored.labels.tolist() == ([-1] * 5 if kind == "npy" else y.tolist()) and stored.relevance.dtype == np.float32
    )
    np.testing.assert_allclose(stored.relevance[:, 0], network.explain(x).relevance[..., 0], rtol=1e-5, atol=1e-6)


def test_the_layout_of_virelay(network, folder, tmp_path):
    """The datasets that their attribution databases have, with the shapes and types that they expect."""
    explain_dataset(network, open_sources([folder]), tmp_path / "r.h5")
    with h5py.File(tmp_path / "r.h5") as file:
        assert file["attribution"].shape == (6, 1, 6, 7) and file["attribution"].compression == "gzip"
        assert file["prediction"].shape == (6, 3) and file["label"].shape == file["index"].shape == (6,)
        assert file["label"].dtype == np.uint16
    virelay = pytest.importorskip("virelay.model", reason="needs the package virelay")
    labels = tmp_path / "labels.json"
    labels.write_text('[{"index": 0, "word_net_id": "n0", "name": "cat"}, {"index": 1, "word_net_id": "n1", "name": "dog"},'
                      ' {"index": 2, "word_net_id": "n2", "name": "owl"}]')  # fmt: skip
    database = virelay.AttributionDatabase(str(tmp_path / "r.h5"), virelay.LabelMap(str(labels)))
    assert database.has_attribution(3) and database.get_attribution(3).data.shape == (6, 7, 1)


def test_a_finished_file_is_left_alone_and_another_is_not_replaced(network, folder, tmp_path):
    source, path = open_sources([folder]), tmp_path / "r.h5"
    explain_dataset(network, source, path)
    before = path.read_bytes()
    changed = os.stat(path).st_mtime_ns
    assert explain_dataset(network, source, path).explained == 6 and os.stat(path).st_mtime_ns == changed
    with pytest.raises(SaveError, match="does not hold this data set under these settings"):
        explain_dataset(network, source, path, composite="epsilon-plus")
    assert path.read_bytes() == before
    explain_dataset(network, source, path, composite="epsilon-plus", replace=True)
    assert path.read_bytes() != before and not (tmp_path / "r.h5.partial").exists()


def test_jobs_and_interruptions_do_not_change_a_byte(network, tmp_path, rng, monkeypatch):
    source = ArraySource("x", rng.random((11, 6, 7, 1)), np.arange(11) % 3)
    explain_dataset(network, source, tmp_path / "one.h5", batch=2)
    explain_dataset(network, source, tmp_path / "two.h5", batch=2, jobs=2)
    seen = []

    def stop(done, total):
        seen.append((done, total))
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        explain_dataset(network, source, tmp_path / "three.h5", batch=2, on_progress=stop)
    assert not (tmp_path / "three.h5").exists() and len(list((tmp_path / "three.h5.partial").glob("*.npz"))) == 3
    with pytest.raises(SaveError, match="got those of another one"):
        explain_dataset(network, source, tmp_path / "three.h5", batch=3)
    explain_dataset(network, source, tmp_path / "three.h5", batch=2, on_progress=lambda *done: seen.append(done))
    assert seen[-4:] == [(3, 6), (4, 6), (5, 6), (6, 6)]
    contents = {(tmp_path / f"{name}.h5").read_bytes() for name in ("one", "two", "three")}
    assert len(contents) == 1


@pytest.mark.slow
def test_a_killed_run_goes_on_and_ends_with_the_same_bytes(network, tmp_path, rng):
    lrp.save(network, tmp_path / "m.h5")
    np.savez(tmp_path / "d.npz", x=rng.random((600, 6, 7, 1)))
    command = [sys.executable, "-m", "lrp", "explain", "m.h5", "d.npz", "--batch", "2", "--trusted"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with subprocess.Popen(
        [*command, "--save", "killed.h5"], cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL
    ) as run:
        while len(list(tmp_path.glob("killed.h5.partial/*.npz"))) < 5:
            time.sleep(0.01)
            assert run.poll() is None
        run.send_signal(signal.SIGKILL)
    assert not (tmp_path / "killed.h5").exists() and (tmp_path / "killed.h5.partial").is_dir()
    for name in ("killed.h5", "whole.h5"):
        done = subprocess.run([*command, "--save", name], cwd=tmp_path, env=environment, capture_output=True)
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "killed.h5").read_bytes() == (tmp_path / "whole.h5").read_bytes()


def test_what_is_no_source(network, tmp_path, rng):
    (tmp_path / "empty").mkdir()
    np.save(tmp_path / "a.npy", rng.random((2, 6, 7, 1)))
    np.savez(tmp_path / "a.npz", z=np.zeros(3))
    np.savez(tmp_path / "f.npz", x=np.zeros((3, 6, 7, 1)), y=np.zeros(3))
    for given, error, sentence in (
        ([tmp_path / "empty"], LoadError, "expected a folder with pictures"),
        ([tmp_path / "*.png"], LoadError, "expected a pattern that files match"),
        ([tmp_path / "a.npy", tmp_path / "b.png"], InputError, "expected pictures, or one file of arrays, got 2 files"),
        ([tmp_path / "a.npz"], InputError, "expected an array named x or data"),
        ([tmp_path / "f.npz"], InputError, "expected labels that are whole numbers"),
    ):
        with pytest.raises(error, match=sentence):
            open_sources(given)
    with pytest.raises(InputError, match="expected one label for each of 2 samples"):
        ArraySource("x", np.zeros((2, 3)), np.zeros(3, int))
    with pytest.raises(LoadError, match="expected the explanations of a data set"):
        lrp.save(network, tmp_path / "m.h5")
        read_dataset(tmp_path / "m.h5")
    broken = open_sources([tmp_path / "missing.png"])
    with pytest.raises(InputError, match="expected at least one sample that can be read"):
        explain_dataset(network, broken, tmp_path / "r.h5")


def test_the_command_line(network, folder, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lrp.save(network, "m.h5")
    code = main(
        [
            "explain",
            "m.h5",
            "pictures",
            "--save",
            "r.h5",
            "--out",
            "maps",
            "--target",
            "predicted",
            "--composite",
            "epsilon-plus",
        ]
    )
    out, error = capsys.readouterr()
    assert code == 1 and "relevance of 6 samples" in out and "6 pictures, and contact-sheet.png" in out
    assert "1 of 7 inputs could not be read" in error and "broken.png: expected a picture that can be read" in error
    written = sorted(path.name for path in (tmp_path / "maps").iterdir())
    assert written[:3] == ["000000-a.png", "000001-b.png", "000003-a.png"] and len(written) == 7
    with Image.open(tmp_path / "maps" / "contact-sheet.png") as sheet:
        assert sheet.width > 500
    assert main(["explain", "m.h5", "pictures", "--save", "r.h5", "--composite", "epsilon-plus"]) == 1
    capsys.readouterr()
    for options, sentence in (
        (["pictures"], "--save: expected the file for the relevance of a data set"),
        (["pictures", "--save", "r.h5", "--composite", "epsilon"], "does not hold this data set"),
        (["pictures", "--save", "m.h5"], "expected another file than the input"),
        (["pictures", "--save", "s.h5", "--neuron", "dense1:0"], "--neuron: expected one input, got a data set"),
        (["pictures", "--save", "s.h5", "--target", "cat,dog"], "--target: expected predicted, true or one class"),
        (["pictures", "--save", "s.h5", "--out", "m.h5"], "--out: expected a folder"),
    ):
        assert main(["explain", "m.h5", *options]) == 2
        assert sentence in capsys.readouterr().err
    assert main(["info", "r.h5"]) == 2 and "the explanations of a data set" in capsys.readouterr().err
