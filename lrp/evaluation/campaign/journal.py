"""The journal of a long evaluation: finished units are appended to a file, so that a killed run can be continued.

    record = magic (8 bytes), length (8), sha256 of key + content (32), content

The first record has an empty key and the fingerprint of the problem as its content. Every further record is one unit's
arrays; its key is the fingerprint, so a record of another evaluation never passes for one of this.

Reading goes from record to record by their lengths. A record whose sum does not match is left out, and its unit is
computed again. Reading ends at the first place without a whole record (the process was killed, the disk was full);
the bytes there are removed before the next record is written. After damage to a length, which no interrupted run
leaves behind, the units after that place are computed again too.

The finished file is made from the journal at the end, in the order of the units, so it has the same bytes however
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
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from lrp.arrays import Array
from lrp.errors import LoadError, SaveError
from lrp.evaluation.campaign.plan import Unit

MAGIC = b"lrp-part"
HEAD = struct.Struct("<8sQ32s")


class Journal:
    """An open journal, to be used as a context manager. results: the arrays of each finished unit."""

    def __init__(self, path: str | os.PathLike[str], fingerprint: str) -> None:
        """Open it or create it. SaveError if another run is writing it, LoadError if it is of another problem."""
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
        """Close it; after an error before the first finished unit the file is removed."""
        self._file.close()
        if kind is not None and not self.results:
            self.remove()

    def add(self, unit: Unit, arrays: Mapping[str, Array]) -> None:
        """Append one unit and flush it to the disk. SaveError if the disk is full; the units before it are kept."""
        content = io.BytesIO()
        named: dict[str, Any] = {f"/{name}": array for name, array in arrays.items()}
        np.savez(content, unit=np.array(json.dumps(asdict(unit))), **named)
        self._append(content.getvalue(), self._key)
        self.results[unit] = dict(arrays)

    def remove(self) -> None:
        """Delete the file."""
        os.remove(self.path)

    def _lock(self) -> None:
        try:
            import fcntl
        except ImportError:  # no locks on this platform: two runs on one file are not noticed
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SaveError(
                f"{self.path!r}: another process is writing this journal; wait for it, or choose another output file"
            ) from None

    def _read(self) -> None:
        """Read the whole records into `results`, and remove what follows the last of them."""
        self._file.seek(0)
        data = self._file.read()
        first = _record(data, 0, b"")
        if (first is None or first.content is None) and not _torn(data, self._key):
            raise LoadError(
                f"{self.path!r}: expected a journal of this program, got another or a damaged file; it is left alone:"
                " remove it, or choose another output file"
            )
        other = None if first is None or first.content == self._key else first.content
        if first is not None and other is not None and _units(data, first.end, other)[0]:
            raise LoadError(
                f"{self.path!r}: expected the journal of this very evaluation, got that of another (other methods,"
                " settings, model or data); finish that one, remove the file, or choose another output file"
            )
        if first is None or first.content != self._key:  # empty, cut off, or without a finished unit: nothing is lost
            self._file.truncate(0)
            self._append(self._key, b"")
            return
        self.results, end = _units(data, first.end, self._key)
        self._file.truncate(end)

    def _append(self, content: bytes, key: bytes) -> None:
        """Write one record, or nothing where the disk is full."""
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
        """Remove a partial record. Its bytes may still be in the stream's buffer, so the stream is opened again."""
        raw = os.dup(self._file.fileno())
        with contextlib.suppress(OSError):  # closing flushes the buffer, which fails as it did before
            self._file.close()
        os.ftruncate(raw, end)
        self._file = os.fdopen(raw, "a+b")


class _Record(NamedTuple):
    """A record in a file's bytes. content: None where its sum does not match. end: the offset behind it."""

    content: bytes | None
    end: int


def _record(data: bytes, start: int, key: bytes) -> _Record | None:
    """The record at offset `start`; None where there is no magic number, or fewer bytes than the record's length."""
    body = start + HEAD.size
    if body > len(data):
        return None
    magic, length, digest = HEAD.unpack_from(data, start)
    content = data[body : body + length]
    if magic != MAGIC or len(content) != length:
        return None
    return _Record(content if hashlib.sha256(key + content).digest() == digest else None, body + length)


def _units(data: bytes, start: int, key: bytes) -> tuple[dict[Unit, dict[str, Array]], int]:
    """The units of the records from offset `start` on, and the offset behind the last record."""
    results: dict[Unit, dict[str, Array]] = {}
    while (record := _record(data, start, key)) is not None:
        start = record.end
        if record.content is not None:
            unit, arrays = _unit(record.content)
            results[unit] = arrays
    return results, start


def _torn(data: bytes, key: bytes) -> bool:
    """Whether the bytes may be a first record that was cut off: then no unit is finished in the file."""
    return len(data) < HEAD.size + len(key) and MAGIC.startswith(data[: len(MAGIC)])


def _unit(content: bytes) -> tuple[Unit, dict[str, Array]]:
    """A record's unit and arrays."""
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        unit = Unit(**json.loads(str(archive["unit"])))
        return unit, {name[1:]: archive[name] for name in archive.files if name.startswith("/")}
