"""Opening ordinary files: what every reader of this package begins with."""

import io
import mmap
import os
import stat
from typing import BinaryIO

from lrp.errors import LoadError
from lrp.formats.container.reader import quoted

Path = str | os.PathLike[str]


def open_binary(path: Path, name: str = "") -> BinaryIO:
    """A regular local file, opened for reading; no pipe, no device, no address of another machine.

    name: what errors call it; the quoted path by default.
    """
    name = name or quoted(os.fspath(path))
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise LoadError(f"{name} cannot be read: it is not a regular file; expected an ordinary file")
        return open(path, "rb")
    except (OSError, ValueError) as error:
        if isinstance(error, LoadError):
            raise
        raise LoadError(f"{name} cannot be read: {getattr(error, 'strerror', None) or error}") from None


def read_bytes(path: Path, largest: int, name: str = "") -> bytes:
    """All bytes of a regular file; LoadError if it has more than `largest`, before anything is read."""
    name = name or quoted(os.fspath(path))
    with open_binary(path, name) as stream:
        size = stream.seek(0, io.SEEK_END)
        if size > largest:
            raise LoadError(f"{name} has {size} bytes; the limit is {largest}")
        stream.seek(0)
        content = stream.read(largest + 1)
    if len(content) > largest:
        raise LoadError(f"{name} grew while it was read")
    return content


def view(stream: BinaryIO) -> memoryview:
    """The bytes of a stream without a copy: a file is mapped into memory, so that only what is looked at is read."""
    if isinstance(stream, io.BytesIO):
        return stream.getbuffer()
    if stream.seek(0, io.SEEK_END) == 0:
        return memoryview(b"")
    return memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
