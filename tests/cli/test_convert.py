"""lrp convert: the same network, with what was said added, and no more bytes than its numbers need."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import lrp
from lrp.layers import Dense

from .conftest import Run, sentence


def test_weights_stay_equal_to_the_bit_and_small(run: Run, tmp_path: Path, rng: np.random.Generator) -> None:
    single, double = rng.normal(size=(50, 40)).astype(np.float32), rng.normal(size=(40, 3))
    lrp.save(lrp.Network.sequential([Dense(single), Dense(double)], (50,)), tmp_path / "a.h5")
    code, out, _ = run("convert", tmp_path / "a.h5", tmp_path / "b.h5")
    again = lrp.load(tmp_path / "b.h5")
    assert code == 0 and "3 nodes, 2,120 weights" in out
    assert np.array_equal(again.nodes["dense1"].layer.weights()["weight"], single)
    assert np.array_equal(again.nodes["dense2"].layer.weights()["weight"], double)
    assert (tmp_path / "b.h5").stat().st_size < (tmp_path / "a.h5").stat().st_size - 3 * single.size


def test_classes_and_preprocessing_are_added(run: Run, tmp_path: Path) -> None:
    layers = [lrp.layers.Flatten(), Dense(np.ones((105, 2)))]
    lrp.save(lrp.Network.sequential(layers, (5, 7, 3)), tmp_path / "a.h5")
    (tmp_path / "names.txt").write_text("tabby, tabby cat\n\nwolf\n", encoding="utf-8")
    options = ["--classes", tmp_path / "names.txt", "--mean", "104,117,123", "--scale", "2", "--channels", "bgr"]
    assert run("convert", tmp_path / "a.h5", tmp_path / "b.h5", *options)[0] == 0
    metadata = lrp.load(tmp_path / "b.h5").metadata
    assert metadata.classes == ("tabby, tabby cat", "wolf")
    assert metadata.preprocessing == lrp.Preprocessing((104.0, 117.0, 123.0), (2.0,), "bgr")
    assert run("convert", tmp_path / "b.h5", tmp_path / "c.h5", "--range", "-1", "1", "--trusted")[0] == 0
    again = lrp.load(tmp_path / "c.h5").metadata
    assert again.input_range == (-1.0, 1.0) and again.preprocessing == metadata.preprocessing


@pytest.mark.parametrize(
    "options, expected",
    [
        (["--mean", "a,b"], "--mean: expected numbers with commas between them, got 'a,b'"),
        (["--mean", "nan"], "--mean: expected numbers with commas between them, got 'nan'"),
        (["--scale", "0"], "preprocessing: expected a scale that is not 0"),
        (["--range", "1", "0"], "input range: expected low <= high"),
        (["--classes", "none.txt"], "none.txt: expected a text file with one name a line"),
    ],
)
def test_bad_options(run: Run, model: Path, tmp_path: Path, options: list[str], expected: str) -> None:
    code, out, error = run("convert", model, tmp_path / "b.h5", *options)
    assert (code, out) == (2, "") and expected in sentence(error, "convert")
    assert not (tmp_path / "b.h5").exists()


def test_names_that_are_no_text(run: Run, model: Path, tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_bytes(b"\xff\xfe\x00")
    error = run("convert", model, tmp_path / "b.h5", "--classes", tmp_path / "names.txt")[2]
    assert "(not UTF-8)" in sentence(error, "convert")
