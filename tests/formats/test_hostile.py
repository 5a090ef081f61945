"""Files from strangers end in one sentence, in time, and nothing happens beside."""

import os
import time

import numpy as np
import pytest

import lrp
from lrp.errors import LoadError
from tests.formats.hostile_files import HARMLESS, HOSTILE
from tests.formats.keras_files import archive, baseline, expected


@pytest.fixture
def x(rng):
    return rng.normal(size=(3, 4))


SLOW = ("nested_copies", "bomb_inside_a_chunk")  # large files


def marked(names):
    return [pytest.param(name, marks=pytest.mark.slow if name in SLOW else ()) for name in names]


@pytest.mark.parametrize("name", marked(HOSTILE))
def test_a_hostile_file_is_refused(name, tmp_path):
    path = HOSTILE[name](tmp_path)
    before = sorted(os.listdir(tmp_path))
    start = time.monotonic()
    with pytest.raises(LoadError) as caught:
        lrp.load(path)
    assert time.monotonic() - start < 10
    text = str(caught.value)
    assert "m.h5" in text or "m.keras" in text
    assert text.isascii() and len(text) < 1000
    assert sorted(os.listdir(tmp_path)) == before


IN_THIS_PROCESS = {"one_byte_of_the_global_heap", "bomb_inside_a_chunk"}  # these need the child


@pytest.mark.parametrize("name", marked(name for name in HOSTILE if name not in IN_THIS_PROCESS))
def test_the_checks_do_not_need_the_child(name, tmp_path):
    with pytest.raises(LoadError):
        lrp.load(HOSTILE[name](tmp_path), trusted=True)


@pytest.mark.parametrize("name", HARMLESS)
@pytest.mark.parametrize("trusted", [True, False])
def test_an_odd_file_is_read(name, trusted, tmp_path, x):
    network = lrp.load(HARMLESS[name](tmp_path), trusted=trusted)
    np.testing.assert_allclose(network.forward(x).output, expected(x), atol=1e-12)


@pytest.mark.parametrize("trusted", [True, False])
def test_the_good_files_are_read(trusted, tmp_path, x):
    network = lrp.load(baseline(tmp_path / "m.h5"), trusted=trusted)
    np.testing.assert_allclose(network.forward(x).output, expected(x), atol=1e-12)
    again = lrp.load(archive(tmp_path / "m.keras", members={"../x": "a", "/tmp/y": "b"}), trusted=trusted)
    np.testing.assert_allclose(again.forward(x).output, np.repeat(x.sum(axis=1, keepdims=True), 2, axis=1))
    assert sorted(os.listdir(tmp_path)) == ["m.h5", "m.keras"]


def test_what_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "absent.h5", tmp_path, tmp_path / "pipe", "a\0b"):
        with pytest.raises(LoadError):
            lrp.load(path)
