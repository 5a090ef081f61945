"""The journal of a long evaluation: results are appended as they come, and outlive any kind of end.

    record = magic (8 bytes), length (8), sha256 of the content (32), content

The first record's content is the fingerprint of the problem, each further one is a unit's arrays; the sum of those is
taken over fingerprint and content, so that each record by itself tells that it belongs here. A record that was cut off
(the process was killed, the disk was full) is recognised by its length or its sum, and what follows the last whole
record is removed before the next is written. A damaged record in the middle is passed over, its unit computed again.
The finished file is made from the journal in one go, in the units' own order, so that it has the same bytes however
often the run was interrupted.
"""

from __future__ import annotations

import contextlib
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
from lrp.evaluation.campaign.plan import Unit

MAGIC = b"lrp-part"
HEAD = struct.Struct("<8sQ32s")


class Journal:
    """An open journal: `results` holds the units that are done. Use as a context manager."""

    def __init__(self, path: str | os.PathLike[str], fingerprint: str) -> None:
        """Open or begin it; SaveError where another run writes it, LoadError where it is of another problem."""
        self.path, self._key = os.fspath(path), fingerprint.encode()
        self.results: dict[Unit, dict[str, Array]] = {}
        try:
            self._file: BinaryIO = open(self.path, "a+b")
        except OSError as error:
            raise SaveError(f"{self.path!r}: the journal cannot be written: {error.strerror}") from None
        try:
            self._lock()
            self._read()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it; where an error came before anything was finished, nothing is left behind."""
        self._file.close()
        if kind is not None and not self.results:
            self.remove()

    def add(self, unit: Unit, arrays: Mapping[str, Array]) -> None:
        """Append one unit and wait until the disk has it; SaveError where it has no room, and then nothing is lost."""
        content = io.BytesIO()
        named: dict[str, Any] = {f"/{name}": array for name, array in arrays.items()}
        np.savez(content, unit=np.array(json.dumps(asdict(unit))), **named)
        self._append(content.getvalue(), self._key)
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

    def _read(self) -> None:
        """Take in the whole records and cut off what follows them."""
        self._file.seek(0)
        data = self._file.read()
        key = self._key
        first = _record(data, 0, b"")
        if first is not None and first[0] != key:
            if _records(data, first[0]):
                raise LoadError(
                    f"{self.path!r}: expected the journal of this very evaluation, got that of another (other methods,"
                    " settings, model or data); finish that one, remove the file, or choose another output file"
                )
            data = b""  # of another evaluation that did not finish anything: nothing is lost
        records = _records(data, key)
        if first is None and not records and not _torn(data, key):
            raise LoadError(
                f"{self.path!r}: expected a journal of this program, got another or a damaged file; it is left alone:"
                " remove it, or choose another output file"
            )
        ends = [end for _, end in records] or [first[1] if first is not None and data else 0]
        self._file.truncate(ends[-1])
        if not ends[-1]:
            self._append(key, b"")
        for content, _ in records:
            unit, arrays = _unit(content)
            self.results[unit] = arrays

    def _append(self, content: bytes, key: bytes) -> None:
        """One record, whole or not at all."""
        self._file.seek(0, os.SEEK_END)
        end = self._file.tell()
        try:
            self._file.write(HEAD.pack(MAGIC, len(content), hashlib.sha256(key + content).digest()) + content)
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
        with contextlib.suppress(OSError):  # closing writes the buffer, which failed before
            self._file.close()
        os.ftruncate(raw, end)
        self._file = os.fdopen(raw, "a+b")


def _record(data: bytes, begin: int, key: bytes) -> tuple[bytes, int] | None:
    """(content, end) of the whole record that begins there; None where none does."""
    start = begin + HEAD.size
    if start > len(data):
        return None
    magic, length, digest = HEAD.unpack_from(data, begin)
    content = data[start : start + length]
    whole = magic == MAGIC and len(content) == length and hashlib.sha256(key + content).digest() == digest
    return (content, start + length) if whole else None


def _records(data: bytes, key: bytes) -> list[tuple[bytes, int]]:
    """(content, end) of every whole record of this evaluation, wherever it begins."""
    found: list[tuple[bytes, int]] = []
    place = 0
    while (place := data.find(MAGIC, place)) >= 0:
        record = _record(data, place, key)
        if record is None:
            place += 1
        else:
            found.append(record)
            place = record[1]
    return found


def _torn(data: bytes, key: bytes) -> bool:
    """Whether the file may be a first record, cut off: nothing is finished in it."""
    return len(data) < HEAD.size + len(key) and MAGIC.startswith(data[: len(MAGIC)])


def _unit(content: bytes) -> tuple[Unit, dict[str, Any]]:
    """A record's unit and arrays."""
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        unit = Unit(**json.loads(str(archive["unit"])))
        return unit, {name[1:]: archive[name] for name in archive.files if name.startswith("/")}
