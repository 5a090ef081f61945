"""Messages between this process and the child: a JSON header and raw bytes.

8 bytes   length of the header, little endian
header    JSON; "size" is the length of the payload, "arrays" lists (dtype, shape) of the arrays in it
payload   the arrays one after another, each padded to a multiple of 16 bytes; or UTF-8 text
"""

import json
from collections.abc import Sequence
from math import prod
from typing import Any, BinaryIO

import numpy as np

from lrp.errors import LoadError
from lrp.formats.container.reader import Array

HEADER_BYTES = 64 << 20
ALIGNMENT = 16
DTYPE_KINDS = "fiubcUS"


def send(stream: BinaryIO, header: dict[str, Any], payload: "bytes | bytearray | memoryview" = b"") -> None:
    """Write one message with one payload."""
    _send(stream, header, [payload])


def send_arrays(stream: BinaryIO, header: dict[str, Any], arrays: Sequence[Array]) -> None:
    """Write one message whose payload are the arrays; they are not copied into one buffer first."""
    parts: list[bytes | bytearray | memoryview] = []
    for array in arrays:
        parts += [
            np.ascontiguousarray(array).data.cast("B") if array.nbytes else b"",
            bytes(_padding(array.nbytes)),
        ]
    _send(stream, header | {"arrays": [(array.dtype.str, array.shape) for array in arrays]}, parts)


def _padding(size: int) -> int:
    """The bytes that follow an array of `size` bytes."""
    return -size % ALIGNMENT


def _send(stream: BinaryIO, header: dict[str, Any], parts: "Sequence[bytes | bytearray | memoryview]") -> None:
    text = json.dumps(header | {"size": sum(map(len, parts))}, ensure_ascii=False).encode("utf-8", "surrogatepass")
    if len(text) > HEADER_BYTES:
        return send(stream, {"error": f"the answer about this file has {len(text)} bytes; the limit is {HEADER_BYTES}"})
    stream.write(len(text).to_bytes(8, "little") + text)
    for part in parts:
        stream.write(part)
    stream.flush()


def receive(stream: BinaryIO, largest: int) -> "tuple[dict[str, Any], bytearray] | None":
    """Read one message with a payload of at most `largest` bytes; None at the end of the stream.

    None also for bytes that are not a message, and where the sender was stopped in the middle of one.
    """
    length = stream.read(8)
    if len(length) < 8 or int.from_bytes(length, "little") > HEADER_BYTES:
        return None
    text = stream.read(int.from_bytes(length, "little"))
    complete = len(text) == int.from_bytes(length, "little")
    header = json.loads(text.decode("utf-8", "surrogatepass")) if complete else None
    if not isinstance(header, dict) or not isinstance(size := header.get("size"), int):
        return None
    if not 0 <= size <= largest:
        return None
    payload = bytearray(size)
    view, done = memoryview(payload), 0
    while done < len(payload):
        count = stream.readinto(view[done:])  # type: ignore[attr-defined]
        if not count:
            return None
        done += count
    return header, payload


def arrays_of(header: dict[str, Any], payload: bytearray, name: str) -> list[Array]:
    """The arrays of a message; LoadError if they do not fill the payload exactly or are not plain numbers or text."""
    arrays: list[Array] = []
    start = 0
    try:
        for description, lengths in header.get("arrays", ()):
            dtype, shape = np.dtype(description), tuple(lengths)
            size = prod(shape) * dtype.itemsize
            if dtype.kind not in DTYPE_KINDS or dtype.hasobject or min(shape, default=0) < 0:
                raise ValueError
            arrays.append(
                np.frombuffer(payload, dtype, prod(shape), start).reshape(shape) if size else np.zeros(shape, dtype)
            )
            start += size + _padding(size)
        if start != len(payload):
            raise ValueError
    except (ValueError, TypeError):
        raise LoadError(f"{name}: the child process gave an array that does not fit its description") from None
    return arrays
