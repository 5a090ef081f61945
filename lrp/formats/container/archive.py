"""Zip archives from untrusted sources: members are read into memory under limits, never extracted.

What it does not do: extract to disk, follow a member that is a symbolic link, decrypt, or read any
compression but "stored" and "deflated".
"""

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from lrp.errors import LoadError
from lrp.formats.container.reader import Limits, quoted

PIECE = 1 << 20
DIRECTORY_BYTES = 4 << 20  # the list of members: about 50,000 of them
END, END64 = b"PK\x05\x06", b"PK\x06\x06"


def read_members(
    stream: BinaryIO, name: str, wanted: "dict[str, int]", limits: Limits, starts: "dict[str, bytes] | None" = None
) -> dict[str, bytes]:
    """The contents of the `wanted` members of a zip archive; the numbers are the most bytes each may have.

    starts: what a member must begin with; one that does not is refused before the rest of it is decompressed.
    A wanted member that is absent is absent from the answer. LoadError if one occurs twice, is a link, is larger than
    its bound or than the archive's budget, or does not pass its checksum.
    """
    with _opened(stream, name) as archive:
        found: dict[str, bytes] = {}
        left = limits.budget(stream.seek(0, 2))
        for entry in archive.infolist():
            if entry.filename in wanted:
                if entry.filename in found:
                    raise LoadError(f"{name} holds {quoted(entry.filename)} twice; it is refused")
                bound = min(wanted[entry.filename], left)
                start = (starts or {}).get(entry.filename, b"")
                found[entry.filename] = _read_member(archive, entry, name, bound, start)
                left -= len(found[entry.filename])
        return found


def read_all_members(stream: BinaryIO, name: str, most: int, limits: Limits) -> dict[str, bytes]:
    """The contents of all members, of which there may be `most`; the errors are those of read_members."""
    with _opened(stream, name) as archive:
        names = [entry.filename for entry in archive.infolist()]
    if len(names) > most:
        raise LoadError(f"{name} holds {len(names)} members; the limit is {most}")
    return read_members(stream, name, dict.fromkeys(names, limits.total_bytes), limits)


@contextmanager
def _opened(stream: BinaryIO, name: str) -> Iterator[zipfile.ZipFile]:
    """The archive; what the standard library raises over a damaged one becomes a LoadError."""
    _require_small_directory(stream, name)
    try:
        with zipfile.ZipFile(stream) as archive:
            yield archive
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
    ) as error:
        raise LoadError(f"{name} is a damaged zip archive: {quoted(str(error))}") from None


def _require_small_directory(stream: BinaryIO, name: str) -> None:
    """Refuse a long list of members before the standard library makes an object of each."""
    size = stream.seek(0, 2)
    stream.seek(max(0, size - (1 << 16) - 256))
    tail = stream.read()
    stream.seek(0)
    sizes = [0]
    if (at := tail.rfind(END)) >= 0 and at + 16 <= len(tail):
        sizes.append(int.from_bytes(tail[at + 12 : at + 16], "little"))
    if (at := tail.rfind(END64)) >= 0 and at + 48 <= len(tail):
        sizes = [s for s in sizes if s != 0xFFFFFFFF] + [int.from_bytes(tail[at + 40 : at + 48], "little")]
    if max(sizes) > DIRECTORY_BYTES:
        raise LoadError(f"{name} has a list of members of {max(sizes)} bytes; the limit is {DIRECTORY_BYTES}")


def _read_member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, bound: int, start: bytes = b"") -> bytes:
    """One member, piece by piece, so that neither a declared nor a real size beyond `bound` is ever allocated."""
    if stat.S_ISLNK(entry.external_attr >> 16) or entry.flag_bits & 1:
        raise LoadError(f"{name}: {quoted(entry.filename)} is a link or encrypted; expected plain content")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise LoadError(
            f"{name}: {quoted(entry.filename)} is compressed by method {entry.compress_type}; "
            "expected stored or deflated"
        )
    content = bytearray()
    with archive.open(entry) as member:
        while piece := member.read(PIECE):  # the end of the data checks the CRC
            content += piece
            if max(len(content), entry.file_size) > bound:
                raise LoadError(f"{name}: {quoted(entry.filename)} is larger than the {bound} bytes that it may have")
            if not content.startswith(start[: len(content)]):
                raise LoadError(f"{name}: {quoted(entry.filename)} does not begin as such a file does; it is refused")
    return bytes(content)
