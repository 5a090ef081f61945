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
        (["--classes", "none.txt"], "none.txt: expected a text file with one name per line"),
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


@pytest.mark.parametrize(
    "options, expected",
    [
        (["--preprocess", "imagenet-torch"], ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375), "rgb")),
        (["--preprocess", "imagenet-caffe"], ((103.939, 116.779, 123.68), (1.0,), "bgr")),
        (["--preprocess", "-1..1", "--channels", "bgr"], ((127.5,), (127.5,), "bgr")),
        (["--mean", "0.5,0.4,0.3", "--scale", "0.2", "--pixels", "0..1"], ((127.5, 102.0, 76.5), (51.0,), "rgb")),
    ],
)
def test_preprocessing_by_name_and_for_pixels_up_to_1(run: Run, tmp_path: Path, options, expected) -> None:
    lrp.save(lrp.Network.sequential([lrp.layers.Flatten(), Dense(np.ones((105, 2)))], (5, 7, 3)), tmp_path / "a.h5")
    code, _, error = run("convert", tmp_path / "a.h5", tmp_path / "b.h5", *options)
    stored = lrp.load(tmp_path / "b.h5").metadata.preprocessing
    assert (code, error) == (0, "") and stored.channels == expected[2]
    np.testing.assert_allclose([*stored.mean, *stored.scale], [*expected[0], *expected[1]])


def test_constants_for_unit_pixels_are_doubted(run: Run, tmp_path: Path) -> None:
    lrp.save(lrp.Network.sequential([lrp.layers.Flatten(), Dense(np.ones((105, 2)))], (5, 7, 3)), tmp_path / "a.h5")
    options = ["--mean", "0.485,0.456,0.406", "--scale", "0.229,0.224,0.225"]
    code, _, error = run("convert", tmp_path / "a.h5", tmp_path / "b.h5", *options)
    assert code == 0 and "black and white become -2.12 and 1.14e+03" in sentence(error, "convert")
    assert "--pixels 0..1" in error
    code, _, error = run("convert", tmp_path / "a.h5", tmp_path / "c.h5", "--preprocess", "0..1", *options)
    assert code == 2 and "expected a name or --mean and --scale, got both" in sentence(error, "convert")


@pytest.mark.parametrize(
    "text", ['["a", "b", "c"]', '{"1": "b", "0": "a", "2": "c"}', '{"0": ["n1", "a"], "1": ["n2", "b"], "2": "c"}']
)
def test_classes_from_json(run: Run, model: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "names.json").write_text(text)
    assert run("convert", model, tmp_path / "b.h5", "--classes", tmp_path / "names.json")[0] == 0
    assert lrp.load(tmp_path / "b.h5").metadata.classes == ("a", "b", "c")


@pytest.mark.parametrize("text", ["[1, 2, 3]", '{"a": "b"}', '"a"', '["a", "b"]'])
def test_classes_from_json_that_do_not_fit(run: Run, model: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "names.json").write_text(text)
    code, _, error = run("convert", model, tmp_path / "b.h5", "--classes", tmp_path / "names.json")
    assert code == 2 and "names.json" in sentence(error, "convert")
