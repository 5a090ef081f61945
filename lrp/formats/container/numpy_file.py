"""Files of numpy: .npy (one array) and .npz (a zip archive of them); numbers, booleans and fixed-size text only."""

import io
from math import prod
from typing import BinaryIO

import numpy as np

from lrp.errors import LoadError
from lrp.formats.container.archive import read_all_members
from lrp.formats.container.reader import Array, Limits, quoted

ZIP = b"PK\x03\x04"
EMPTY_ZIP = b"PK\x05\x06"
HEADER_BYTES = 10_000
KINDS = "fiubcUS"
MOST_ARRAYS = 20_000
EXPECTED = "expected a file of numpy with arrays of numbers"


def parse_numpy(
    stream: BinaryIO, content: memoryview, name: str, limits: Limits
) -> tuple[list[str] | None, list[Array]]:
    """(names, arrays) of an archive, (None, [array]) of a single array; LoadError for all else, objects included."""
    if bytes(content[: len(ZIP)]) not in (ZIP, EMPTY_ZIP):
        return None, [_array(content, name)]
    try:
        members = read_all_members(stream, name, MOST_ARRAYS, limits)
    except LoadError as error:
        raise LoadError(f"{name}: {EXPECTED}, got one that cannot be read: {error}") from None
    names = [key.removesuffix(".npy") for key in members]
    return names, [_array(memoryview(members[key]), name, f" for {quoted(key)}") for key in members]


def _array(content: memoryview, name: str, part: str = "") -> Array:
    """The array of one .npy file: a view of its bytes where possible. part: which one of an archive, for errors."""
    stream = io.BytesIO(content[: HEADER_BYTES + 16])
    try:
        version = np.lib.format.read_magic(stream)
        if version == (1, 0):
            shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream, max_header_size=HEADER_BYTES)
        elif version == (2, 0):
            shape, fortran, dtype = np.lib.format.read_array_header_2_0(stream, max_header_size=HEADER_BYTES)
        else:
            raise ValueError(f"version {version}")
    except Exception as error:  # numpy raises ValueError, SyntaxError, TokenError, TypeError, MemoryError ...
        raise LoadError(
            f"{name}: {EXPECTED}, got one that is damaged or of another kind{part} ({quoted(str(error)[:100])}); "
            "write it with numpy.save or numpy.savez"
        ) from None
    if dtype.hasobject or dtype.kind not in KINDS or dtype.fields is not None or dtype.subdtype is not None:
        raise LoadError(f"{name}: {EXPECTED}, got {quoted(str(dtype))}{part}; objects and records are never read")
    start, count = stream.tell(), prod(shape)
    if min(shape, default=0) < 0 or len(shape) > 32 or count * dtype.itemsize > len(content) - start:
        raise LoadError(
            f"{name}: {EXPECTED}, got {len(content) - start} bytes for the shape {quoted(shape)} of {dtype}{part}; "
            "it is damaged"
        )
    if not count or not dtype.itemsize:
        return np.zeros(shape if not count else (), dtype)
    values = np.frombuffer(content, dtype, count, start)
    values = values.reshape(shape[::-1]).T if fortran else values.reshape(shape)
    return values.astype(dtype.newbyteorder("="), copy=False)
