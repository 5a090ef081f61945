"""The journal of a long evaluation: results are appended as they come, and outlive any kind of end.

    record = magic (8 bytes), length (8), sha256 of the content (32), content

The first record's content is the fingerprint of the problem, each further one is a unit's arrays. A record that was cut
off (the process was killed, the disk was full) is recognised by its length or its sum, and what follows the last whole
record is removed before the next is written. The finished file is made from the journal in one go, in the units' own
order, so that it has the same bytes however often the run was interrupted.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import struct
from collections.abc import Mapping
from dataclasses import asdict
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np

from lrp.arrays import Array
from lrp.errors import LoadError, SaveError
from lrp.evaluation.plan import Unit

MAGIC = b"lrp-part"
HEAD = struct.Struct("<8sQ32s")


class Journal:
    """An open journal: `results` holds the units that are done. Use as a context manager."""

    def __init__(self, path: str | os.PathLike[str], fingerprint: str) -> None:
        """Open or begin it; SaveError where another run writes it, LoadError where it is of another problem."""
        self.path = os.fspath(path)
        self.results: dict[Unit, dict[str, Array]] = {}
        try:
            self._file: BinaryIO = open(self.path, "a+b")
        except OSError as error:
            raise SaveError(f"{self.path!r}: the journal cannot be written: {error.strerror}") from None
        try:
            self._lock()
            self._read(fingerprint)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, unit: Unit, arrays: Mapping[str, Array]) -> None:
        """Append one unit and wait until the disk has it; SaveError where it has no room, and then nothing is lost."""
        content = io.BytesIO()
        named: dict[str, Any] = {f"/{name}": array for name, array in arrays.items()}
        np.savez(content, unit=np.array(json.dumps(asdict(unit))), **named)
        self._append(content.getvalue())
        self.results[unit] = dict(arrays)

    def remove(self) -> None:
        """Delete the journal: its content is in the finished file."""
        os.remove(self.path)

    def _lock(self) -> None:
        try:
            import fcntl
        except ImportError:  # a platform without it: two runs at once are then not noticed
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SaveError(
                f"{self.path!r}: another process is writing this journal; wait for it, or choose another output file"
            ) from None

    def _read(self, fingerprint: str) -> None:
        """Take in the whole records and cut off what follows them."""
        self._file.seek(0)
        good = 0
        contents = []
        while (content := _record(self._file)) is not None:
            contents.append(content)
            good = self._file.tell()
        self._file.seek(0, os.SEEK_END)
        if not contents and self._file.tell() and not _torn_beginning(self.path):
            raise LoadError(f"{self.path!r}: expected a journal of this program, got another file; it is left alone")
        if contents and contents[0] != fingerprint.encode():
            raise LoadError(
                f"{self.path!r}: expected the journal of this very evaluation, got that of another (other methods,"
                " settings, model or data); finish that one, remove the file, or choose another output file"
            )
        self._file.truncate(good)
        if not contents:
            self._append(fingerprint.encode())
        for content in contents[1:]:
            unit, arrays = _unit(content)
            self.results[unit] = arrays

    def _append(self, content: bytes) -> None:
        """One record, whole or not at all."""
        self._file.seek(0, os.SEEK_END)
        end = self._file.tell()
        try:
            self._file.write(HEAD.pack(MAGIC, len(content), hashlib.sha256(content).digest()) + content)
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            self._drop(end)
            raise SaveError(
                f"{self.path!r}: the disk took no more ({error.strerror}); {len(self.results)} finished parts are kept"
                " in this file: make room and give the same command again"
            ) from None

    def _drop(self, end: int) -> None:
        """Forget a record that was begun: its bytes may stand in the buffer, which is written no more."""
        raw = os.dup(self._file.fileno())
        try:
            self._file.close()
        except OSError:
            pass  # the buffer could not be written, which is why we are here
        os.ftruncate(raw, end)
        self._file = os.fdopen(raw, "a+b")


def _record(file: BinaryIO) -> bytes | None:
    """The next whole record's content; None at the end or where it is torn."""
    head = file.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    magic, length, digest = HEAD.unpack(head)
    if magic != MAGIC or length > os.fstat(file.fileno()).st_size:
        return None
    content = file.read(length)
    return content if len(content) == length and hashlib.sha256(content).digest() == digest else None


def _torn_beginning(path: str) -> bool:
    """Whether the file may be our first record, cut off."""
    with open(path, "rb") as file:
        begin = file.read(len(MAGIC))
    return MAGIC.startswith(begin)


def _unit(content: bytes) -> tuple[Unit, dict[str, Any]]:
    """A record's unit and arrays."""
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        unit = Unit(**json.loads(str(archive["unit"])))
        return unit, {name[1:]: archive[name] for name in archive.files if name.startswith("/")}
