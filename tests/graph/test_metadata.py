"""Preprocessing and class names."""

import numpy as np
import pytest

import lrp
from lrp.errors import SettingError, ShapeError


def test_pixels_become_inputs_and_bounds():
    prepare = lrp.Preprocessing(mean=(104, 117, 123), scale=(1,), channels="bgr")
    pixels = np.array([[[10, 20, 30]]])
    assert prepare(pixels).tolist() == [[[30 - 104, 20 - 117, 10 - 123]]]
    low, high = prepare.range()
    assert low.tolist() == [-104, -117, -123] and high.tolist() == [151, 138, 132]
    gray = lrp.Preprocessing(mean=255.0, scale=-255.0, channels="gray")
    assert gray(np.array([[[0], [255]]])).ravel().tolist() == [1, 0]
    assert [side.tolist() for side in gray.range()] == [[0], [1]]


def test_metadata():
    assert lrp.Metadata().bounds() is None
    assert lrp.Metadata(input_range=([0, 1], [2, 3])).bounds() == ([0, 1], [2, 3])
    assert lrp.Metadata(classes=["cat"]).class_name(0) == "cat" and lrp.Metadata().class_name(7) == "7"


@pytest.mark.parametrize(
    "wrong, kind, sentence",
    [
        (lambda: lrp.Preprocessing(channels="cmyk"), SettingError, "preprocessing: expected channels among"),
        (
            lambda: lrp.Preprocessing((1, 2), (1,), "rgb"),
            SettingError,
            r"one for each of the channels \(rgb\), got 2 and 1",
        ),
        (lambda: lrp.Preprocessing(0, (1, 2, 3), "gray"), SettingError, "preprocessing: expected one mean and scale"),
        (lambda: lrp.Preprocessing(scale=0), SettingError, "preprocessing: expected a scale that is not 0"),
        (lambda: lrp.Preprocessing()(np.zeros((2, 2, 1))), ShapeError, r"preprocessing: expected 3 channels \(rgb\)"),
        (lambda: lrp.Metadata(input_range=(1, 0)), SettingError, "input range: expected low <= high, got 1 and 0"),
    ],
)
def test_wrong_ones(wrong, kind, sentence):
    with pytest.raises(kind, match=sentence):
        wrong()
