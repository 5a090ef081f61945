"""Zip archives and JSON from strangers: read into memory under limits, never extracted, never executed.

What it does not do: extract to disk, follow a member that is a symbolic link, decrypt, or read any
compression but "stored" and "deflated".
"""

import json
import re
import stat
import struct
import zipfile
import zlib
from typing import Any, BinaryIO, NoReturn

from lrp.errors import LoadError
from lrp.formats.container.reader import Limits, show

JSON_BYTES = 32 << 20
JSON_DEPTH = 200
LARGEST_INTEGER = 2**63
# A string, or one bracket; what lies between cannot change the depth.
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[][{}]', re.DOTALL)
PIECE = 1 << 20


def read_members(stream: BinaryIO, name: str, wanted: "dict[str, int]", limits: Limits) -> dict[str, bytes]:
    """The contents of the `wanted` members of a zip archive; the numbers are the most bytes each may have.

    A wanted member that is absent is absent from the answer. LoadError where one stands there twice, is a
    link, is larger than its bound or than the archive's budget, or does not pass its checksum.
    """
    try:
        with zipfile.ZipFile(stream) as archive:
            size = stream.seek(0, 2)
            found: dict[str, bytes] = {}
            left = limits.budget(size)
            for entry in archive.infolist():
                if entry.filename in wanted:
                    if entry.filename in found:
                        raise LoadError(f"{name} holds {show(entry.filename)} twice; it is refused")
                    bound = min(wanted[entry.filename], left)
                    found[entry.filename] = _read_member(archive, entry, name, bound)
                    left -= len(found[entry.filename])
            return found
    except LoadError:
        raise
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        RuntimeError,
        EOFError,
        ValueError,
        OverflowError,
        MemoryError,
        OSError,
    ) as error:  # what the standard library raises over damaged archives
        raise LoadError(f"{name} is a damaged zip archive: {show(str(error))}") from None


def _read_member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, bound: int) -> bytes:
    """One member, piece by piece, so that neither a declared nor a real size beyond `bound` is ever
    allocated.
    """
    if stat.S_ISLNK(entry.external_attr >> 16) or entry.flag_bits & 1:
        raise LoadError(f"{name}: {show(entry.filename)} is a link or encrypted; expected plain content")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise LoadError(
            f"{name}: {show(entry.filename)} is compressed by method {entry.compress_type}; expected stored or deflated"
        )
    content = bytearray()
    with archive.open(entry) as member:
        while piece := member.read(PIECE):  # the end of the data checks the CRC
            content += piece
            if max(len(content), entry.file_size) > bound:
                raise LoadError(f"{name}: {show(entry.filename)} is larger than the {bound} bytes that it may have")
    return bytes(content)


def parse_json(text: "str | bytes", name: str) -> dict[str, Any]:
    """A JSON object without NaN, double keys, huge integers or bottomless nesting; `name` says what it is.

    Nothing in it is ever executed or imported: class names in it are looked up in tables of this package.
    """
    if len(text) > JSON_BYTES:
        raise LoadError(f"{name} has {len(text)} characters of JSON; the limit is {JSON_BYTES}")
    try:
        content = text.decode("utf-8") if isinstance(text, bytes) else text
        _require_shallow(content)
        value = json.loads(content, parse_constant=_refuse_constant, parse_int=_integer, object_pairs_hook=_object)
    except LoadError as error:
        raise LoadError(f"{name}: {error}") from None
    except (ValueError, RecursionError) as error:
        raise LoadError(f"{name} is not valid JSON: {show(str(error))}") from None
    if not isinstance(value, dict):
        raise LoadError(f"{name} is JSON, but not an object in braces")
    return value


def _require_shallow(text: str) -> None:
    depth = 0
    for token in TOKEN.finditer(text):
        mark = token.group()
        if mark in "[{":
            depth += 1
            if depth > JSON_DEPTH:
                raise LoadError(f"nested more than {JSON_DEPTH} deep; it is refused")
        elif mark in "]}":
            depth -= 1


def _refuse_constant(text: str) -> NoReturn:
    raise LoadError(f"the number {text} cannot be used")


def _integer(text: str) -> int:
    if len(text) > 20 or abs(int(text)) >= LARGEST_INTEGER:
        raise LoadError(f"the integer {show(text[:30])} is too large")
    return int(text)


def _object(pairs: "list[tuple[str, Any]]") -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        names = [key for key, _ in pairs]
        double = next(key for key in names if names.count(key) > 1)
        raise LoadError(f"the key {show(double)} stands twice in one object")
    return value
