"""Archives and JSON from strangers, read within bounds."""

import io
import zipfile

import pytest

from lrp.errors import LoadError
from lrp.formats.container.archive import read_members
from lrp.formats.container.json_text import parse_json
from lrp.formats.container.reader import LIMITS


def zipped(method=zipfile.ZIP_STORED, **members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as z:
        for name, data in members.items():
            z.writestr(name, data)
    return stream


def test_only_what_is_wanted_is_read():
    assert read_members(zipped(a="1", b="2"), "x", {"a": 9, "c": 9}, LIMITS) == {"a": b"1"}


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions_are_refused(method):
    with pytest.raises(LoadError, match="compressed by method"):
        read_members(zipped(method, a="1" * 100), "x", {"a": 1000}, LIMITS)


def test_bounds_and_damage():
    with pytest.raises(LoadError, match="larger than the 3 bytes"):
        read_members(zipped(a="1234"), "x", {"a": 3}, LIMITS)
    with pytest.raises(LoadError, match="damaged zip"):
        read_members(io.BytesIO(b"PK\3\4" + bytes(50)), "x", {"a": 3}, LIMITS)


@pytest.mark.parametrize(
    "text, message",
    [
        ("[1]", "not an object"),
        ("{", "not valid JSON"),
        ('{"a": Infinity}', "Infinity"),
        ('{"a": 99999999999999999999}', "too large"),
        ('{"a": 1, "a": 2}', "twice"),
        ('{"a": ' + "[" * 201 + "]" * 201 + "}", "nested"),
        (b"\xff", "not valid JSON"),
        ('{"a": "' + "x" * (33 << 20) + '"}', "limit"),
    ],
)
def test_json_that_is_refused(text, message):
    with pytest.raises(LoadError, match=message):
        parse_json(text, "config")


def test_json_that_is_read():
    assert parse_json('{"a": [-1.5, 3, "[[[\\"", null, true]}', "config") == {"a": [-1.5, 3, '[[["', None, True]}
