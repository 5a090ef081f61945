"""Checks before a file is written: an input is never overwritten, a file of another program only with --force.

Files of this program are recognised by their content: HDF5 files by their attribute `format`, PNG pictures by a text
chunk that `marked_png` adds. A name alone proves nothing.
"""

from __future__ import annotations

import argparse
import os
import struct
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lrp.errors import LoadError, SaveError
from lrp.formats.container import check_target, open_file
from lrp.version import VERSION

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEYWORD = b"lrp"  # of the text chunk in pictures of this program
HEADER_END = len(PNG_SIGNATURE) + 25  # behind the chunk IHDR, which comes first and has 13 bytes of data


@dataclass(frozen=True)
class FileKind:
    """What a command writes: its name in messages, and whether an existing file is one that this program wrote."""

    words: str
    is_own: Callable[[str], bool]


def stored_format(path: str) -> str:
    """The attribute `format` of an HDF5 file, "" if it has none or is no HDF5 file that can be read."""
    try:
        with open_file(path) as file:
            value = file.attribute("/", "format")
    except LoadError:
        return ""
    return value if isinstance(value, str) else ""


def marked_png(data: bytes) -> bytes:
    """A PNG file with a text chunk that says which program wrote it; the pixels stay as they are."""
    chunk = b"tEXt" + KEYWORD + b"\0" + VERSION.encode("ascii")
    packed = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return data[:HEADER_END] + packed + data[HEADER_END:]


def is_marked_png(path: str) -> bool:
    """Whether the file is a PNG picture with the chunk that `marked_png` adds."""
    try:
        with open(path, "rb") as file:
            start = file.read(HEADER_END + 8 + len(KEYWORD) + 1)
    except OSError:  # what cannot be read is not known to be ours
        return False
    return start.startswith(PNG_SIGNATURE) and start[HEADER_END + 4 :] == b"tEXt" + KEYWORD + b"\0"


MODEL = FileKind("a model in the native format", lambda path: stored_format(path) == "lrp")
RELEVANCE = FileKind("a relevance file", lambda path: stored_format(path) == "lrp-relevance")
DATASET = FileKind("the explanations of a data set", lambda path: stored_format(path) == "lrp-dataset")
OTHER = FileKind("a new file", lambda path: False)
RESULTS = FileKind("a file of evaluation results", lambda path: stored_format(path) == "lrp-arrays")
PICTURE = FileKind("a PNG picture", is_marked_png)


def add_force(parser: argparse.ArgumentParser) -> None:
    """--force"""
    parser.add_argument("--force", action="store_true", help="replace an existing file that this program did not write")


def check_output(path: str, kind: FileKind, inputs: Iterable[str | None], force: bool) -> None:
    """Raise SaveError if `path` cannot be written, is one of the inputs, or holds something that must not be lost.

    inputs: what the command reads, None for options that are not given; of a folder, the files in it. An input is
    found by its path, through links, and by its inode (a hard link). force: replace a file of any kind but an input.
    """
    check_target(path)
    for given in _files(inputs):
        if _same_file(path, given):
            raise SaveError(f"{path}: expected another file than the input {given}, got the same; choose another name")
    if os.path.exists(path) and not force and not kind.is_own(path):
        raise SaveError(
            f"{path}: expected a new name, or {kind.words} that this program wrote, got another file; choose another"
            " name, or replace the file with --force"
        )


def _files(inputs: Iterable[str | None]) -> Iterable[str]:
    """The inputs that are given, and the files of those that are folders."""
    for path in inputs:
        if path is not None:
            yield path
            if os.path.isdir(path):
                yield from (os.path.join(path, name) for name in os.listdir(path))


def _same_file(one: str, other: str) -> bool:
    """Whether both names lead to one file."""
    try:
        return os.path.samefile(one, other)
    except OSError:  # one of them does not exist
        return os.path.realpath(one) == os.path.realpath(other)
