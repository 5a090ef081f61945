"""Files that cost far more to read than they look are refused in time and memory, at the command line and by value."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pytest

import lrp
from lrp.errors import LoadError
from lrp.formats.container import read_numpy
from lrp.formats.container.json_text import JSON_BYTES, JSON_DEPTH, JSON_VALUES, parse_json
from lrp.formats.container.reader import quoted
from lrp.formats.container.wire import MessageError, WireReader, packed_varints, signed
from lrp.formats.onnx.constant_folding import FREE_ENTRIES, Budget, by_entry, fold, without_repeats
from tests.formats import bombs
from tests.formats.bombs import BOMBS, measure

# one of each kind; python -m tests.formats.bombs measures all of them
CHOSEN = (
    "onnx_empty_nodes",
    "onnx_empty_attributes",
    "onnx_unknown_fields",
    "zeros_600_mb",
    "fold_range",
    "fold_shape_tb",
    "fold_concat",
    "fold_casts",
    "unsqueeze_40_axes",
    "json_unterminated_31",
    "keras_objects_31",
    "json_keys_15",
    "attribute_of_200_mb",
)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is measured through /proc")
@pytest.mark.parametrize("name", CHOSEN)
def test_a_bomb_is_refused_in_time_and_memory(name: str, tmp_path: Path) -> None:
    cost = measure(["info", str(BOMBS[name](tmp_path))])
    assert cost.faults() == [], cost


def test_the_measurement_finds_faults(tmp_path: Path) -> None:
    lrp.save(lrp.Network.sequential([lrp.layers.Dense(np.ones((2, 1)))], (2,)), tmp_path / "good.h5")
    cost = measure(["info", str(tmp_path / "good.h5")])
    assert cost.faults() == ["code 0"] and cost.peak > 20 << 20 and cost.processor > 0.1


@pytest.mark.parametrize(
    "header", [b"{'descr': (", b" {'descr'\n  : 1}\n    x", b"{'descr': '<f8", b"\xff" * 20, b"", b"(" * 9000]
)
def test_an_npy_header_that_is_no_literal(header: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    for trusted in (True, False):
        with pytest.raises(LoadError, match="x.npy: expected a file of numpy with arrays of numbers"):
            read_numpy(path, trusted)


def test_arrays_of_numpy_are_read_as_they_are(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    arrays = {
        "f": np.asfortranarray(rng.normal(size=(3, 4))),
        "big": rng.normal(size=(2, 5)).astype(">f4"),
        "text": np.array(["a", "bc"]),
        "flags": np.array([True, False]),
        "number": np.array(3),
        "none": np.zeros((0, 3)),
        "empty_text": np.array(["", ""]),
    }
    np.savez(tmp_path / "a.npz", **arrays)
    np.savez_compressed(tmp_path / "b.npz", **arrays)
    for name in ("a.npz", "b.npz"):
        for trusted in (True, False):
            found = read_numpy(tmp_path / name, trusted)
            assert isinstance(found, dict) and list(found) == list(arrays)
            for key, values in arrays.items():
                assert np.array_equal(found[key], values) and found[key].shape == values.shape, key
    for key, values in arrays.items():
        np.save(tmp_path / f"{key}.npy", values)
        assert np.array_equal(read_numpy(tmp_path / f"{key}.npy"), values), key
    np.save(tmp_path / "objects.npy", np.array([1, "a", None], dtype=object), allow_pickle=True)
    with pytest.raises(LoadError, match="objects and records are never read"):
        read_numpy(tmp_path / "objects.npy")
    np.save(tmp_path / "cut.npy", np.zeros(10))
    (tmp_path / "cut.npy").write_bytes((tmp_path / "cut.npy").read_bytes()[:-1])
    with pytest.raises(LoadError, match="79 bytes for the shape"):
        read_numpy(tmp_path / "cut.npy")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"[" * JSON_DEPTH + b"]" * JSON_DEPTH, f"nested more than {JSON_DEPTH} deep"),
        (b'{"a": 1' + b"0" * 500 + b".5}", "too long or too large"),
        (b'{"a": 1e999}', "too long or too large"),
        (b'{"a": "\xff"}', "not UTF-8 at byte 7"),
        (b'{"b": 1, "a": 1, "a": 2}', "the key 'a' occurs twice"),
        (b'{"a": [' + b"1," * JSON_VALUES + b"1]}", f"the limit is {JSON_VALUES}"),
        (b" " * (JSON_BYTES + 1), f"the limit is {JSON_BYTES}"),
    ],
)
def test_json_out_of_bounds(text: bytes, words: str) -> None:
    with pytest.raises(LoadError, match=words) as error:
        parse_json(b'{"x": ' + text + b"}" if text.startswith(b"[") else text, "config")
    assert len(str(error.value)) < 400


def test_an_error_text_is_cut_before_it_is_made() -> None:
    assert quoted("x" * 10**7) == "'" + "x" * 196 + "..." and len(quoted([["a" * 300] * 100] * 100)) == 200
    assert quoted("\u00e4\n") == "'\\xe4\\n'" and quoted((1, 2)) == "(1, 2)" and quoted({"a": None}) == "{'a': None}"


def test_varints() -> None:
    numbers = [0, 1, 127, 128, 300, 2**32, 2**63 - 1, 2**64 - 1]
    packed = memoryview(b"".join(bombs.varint(n) for n in numbers))
    assert packed_varints(packed).tolist() == numbers and packed_varints(packed[:0]).size == 0
    assert [signed(n) for n in (5, 2**64 - 1, 2**63)] == [5, -1, -(2**63)]
    for damaged in (b"\x80", b"\x01\xff", b"\x80" * 11 + b"\x01"):
        with pytest.raises(MessageError):
            packed_varints(memoryview(damaged))
    for damaged in (b"\x00\x00", b"\x0b", b"\x0a\x05abc", b"\x0d\x00"):
        with pytest.raises(MessageError):
            list(WireReader(10).fields(memoryview(damaged)))
    with pytest.raises(MessageError, match="more than 2 fields"):
        list(WireReader(2).fields(memoryview(b"\x08\x01" * 3)))


def test_constants_that_repeat_numbers_cost_nothing() -> None:
    budget = Budget(0)

    def fail(reason: str) -> LoadError:
        return LoadError(reason)

    wide = np.broadcast_to(np.arange(3.0)[:, None], (3, 1 << 30))
    assert without_repeats(wide).shape == (3, 1)
    twice = by_entry(np.add, [wide, np.array(1.0)], budget, fail)
    assert (
        twice.shape == wide.shape and twice[:, 7].tolist() == [1.0, 2.0, 3.0] and without_repeats(twice).shape == (3, 1)
    )
    row = by_entry(np.multiply, [np.arange(3.0)[:, None], np.arange(2.0)], budget, fail)
    assert row.tolist() == [[0, 0], [0, 1], [0, 2]]
    (same,) = fold("Reshape", [np.broadcast_to(5.0, (4, 6)), np.array([3, -1])], {}, fail, budget)
    assert same.shape == (3, 8) and (same == 5).all()
    with pytest.raises(LoadError, match="more than the model's own weights justify"):
        fold("Concat", [np.zeros(FREE_ENTRIES), np.zeros(1)], {}, fail, budget)
    with pytest.raises(LoadError, match="cannot reshape"):
        fold("Reshape", [np.broadcast_to(5.0, (4, 6)), np.array([5, -1])], {}, fail, Budget(0))


def test_an_onnx_model_of_each_way_to_store_numbers(tmp_path: Path) -> None:
    """raw_data, float_data packed and one by one, int64_data, float16 as int32_data, bfloat16: y = x w for each."""
    w = np.array([[1.5], [-2.0], [0.25], [4.0]], np.float32)
    bits = [int(b) for b in w.astype(np.float16).view(np.uint16).ravel()]
    wide = [int(b) for b in (w.view(np.uint32) >> 16).ravel()]
    start = bombs.field(1, 4) + bombs.field(1, 1) + bombs.field(8, "w")
    packed = {
        "raw": bombs.field(2, 1) + bombs.field(9, w.tobytes()),
        "packed": bombs.field(2, 1) + bombs.field(4, w.tobytes()),
        "single": bombs.field(2, 1) + b"".join(b"\x25" + one.tobytes() for one in w.ravel()),
        "double": bombs.field(2, 11) + bombs.field(10, w.astype(float).tobytes()),
        "half": bombs.field(2, 10) + bombs.field(5, b"".join(bombs.varint(b) for b in bits)),
        "brain": bombs.field(2, 16) + b"".join(bombs.field(5, b) for b in wide),
    }
    x = np.arange(8.0).reshape(2, 4)
    for name, content in packed.items():
        model = bombs.model(bombs.node("MatMul", ["x", "w"], "y"), extra=bombs.field(5, start + content))
        (tmp_path / "m.onnx").write_bytes(model)
        assert np.abs(lrp.load(tmp_path / "m.onnx").forward(x).output - x @ w).max() == 0, name
    wrong = bombs.field(5, start + bombs.field(2, 1) + bombs.field(9, b"1234"))
    (tmp_path / "m.onnx").write_bytes(bombs.model(bombs.node("MatMul", ["x", "w"], "y"), extra=wrong))
    with pytest.raises(LoadError, match="constant 'w' has 4 bytes, which do not fill its shape"):
        lrp.load(tmp_path / "m.onnx")


def test_a_picture_and_a_text_are_bounded(tmp_path: Path) -> None:
    pytest.importorskip("PIL")
    from PIL import Image

    from lrp.formats.container import read_picture
    from lrp.text import read_text

    stream = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(stream, "PNG")  # 50 kB, 400 million pixels
    (tmp_path / "a.png").write_bytes(stream.getvalue())
    with pytest.raises(
        LoadError, match="a.png: expected at most 40000000 pixels, got 20000 x 20000|decompression bomb"
    ):
        read_picture(tmp_path / "a.png")
    with open(tmp_path / "long.txt", "wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(LoadError, match="has 1073741824 bytes; the limit is"):
        read_text(tmp_path / "long.txt")
