"""FORMATS: what load, describe and the documentation have in common."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lrp.formats import FORMATS, describe
from lrp.formats.registry import table
from tests.formats import bombs
from tests.formats.fuzz import FORMATS as GOOD
from tests.formats.keras_files import archive, baseline

DOCS = Path(__file__).parents[2] / "docs/formats.md"


def test_the_page_has_the_table_of_the_registry() -> None:
    assert table() in DOCS.read_text(encoding="utf-8"), "run python -m lrp.formats.registry and paste its table"


def test_names_differ_and_every_format_says_what_it_is() -> None:
    assert len({one.name for one in FORMATS}) == len(FORMATS)
    for one in FORMATS:
        assert one.recognised_by and one.reads and one.refuses and all(e.startswith(".") for e in one.extensions)


@pytest.mark.parametrize(
    ("key", "format"),
    [
        ("native", "native HDF5, format version 1"),
        ("keras_h5", "Keras HDF5, architecture and weights"),
        ("keras_zip", "Keras archive (.keras)"),
        ("matlab", "MATLAB v7.3"),
        ("chainer", "Chainer HDF5"),
        ("torch", "PyTorch state dict in HDF5"),
        ("onnx", "ONNX"),
        ("caffemodel", "binary Caffe"),
    ],
)
def test_a_file_is_recognised_by_its_content(key: str, format: str, tmp_path: Path) -> None:
    good = GOOD[key][0](tmp_path)
    path = good.rename(tmp_path / "file.without.its.name")
    beside = [tmp_path / name for name in ("graph.json", "net.prototxt") if (tmp_path / name).exists()]
    found = describe(path, trusted=True, architecture=beside[0] if beside else None)
    assert found.format == format and found.refused == () and found.parameters > 0


def test_what_is_recognised_but_not_read_is_described(tmp_path: Path) -> None:
    path = bombs.file_of("m.onnx", bombs.model(bombs.node("Det", ["x"], "y")))(tmp_path)
    found = describe(path)
    assert found.format == "ONNX" and "operators of type 'Det' are not read" in found.refused[0][1]
    weights = GOOD["torch"][0](tmp_path)
    assert "no architecture" in describe(weights).refused[0][1]
    assert describe(baseline(tmp_path / "k.h5")).network is not None
    assert np.prod(describe(archive(tmp_path / "k.keras")).parameters) == 10
