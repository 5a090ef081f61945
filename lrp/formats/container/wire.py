"""The wire format of protocol buffers: a message is a sequence of fields (key, value); key = 8 * number + wire type."""

from collections.abc import Iterator

import numpy as np

from lrp.formats.container.reader import Array

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


class MessageError(Exception):
    """The bytes are not a message, or it exceeds a limit; the text says why."""


def varint(data: memoryview, at: int) -> tuple[int, int]:
    """(value, position after it) of a number in groups of 7 bits, the lowest first."""
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise MessageError("a number is cut off or too long")
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7


def signed(value: int) -> int:
    """The int64 that an unsigned varint encodes."""
    value &= (1 << 64) - 1
    return value - (1 << 64) if value >> 63 else value


def packed_varints(data: memoryview) -> Array:
    """The numbers of a packed field as uint64."""
    octets = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(octets < 128)
    if octets.size and (not ends.size or ends[-1] != octets.size - 1):
        raise MessageError("a packed field is cut off")
    starts = np.concatenate([[0], ends[:-1] + 1]) if ends.size else ends
    lengths = ends - starts + 1
    if lengths.size and lengths.max() > 10:
        raise MessageError("a number is too long")
    values = np.zeros(ends.size, np.uint64)
    for k in range(int(lengths.max(initial=0))):
        longer = lengths > k
        values[longer] |= (octets[starts[longer] + k] & 127).astype(np.uint64) << np.uint64(7 * k)
    return values


class WireReader:
    """Reads the fields of one file's messages; all of them together may have `most` fields."""

    def __init__(self, most: int) -> None:
        self._most = self._left = most

    def fields(self, data: memoryview) -> "Iterator[tuple[int, int, int | memoryview]]":
        """(number, wire type, value) of each field of a message; values of BYTES are views, not copies."""
        at, end = 0, len(data)
        while at < end:
            self._left -= 1
            if self._left < 0:
                raise MessageError(f"it has more than {self._most} fields")
            key = data[at]
            at += 1
            if key > 127:
                key, at = varint(data, at - 1)
            number, wire = key >> 3, key & 7
            if not number:
                raise MessageError("a field has the number 0")
            if wire == VARINT:
                value, at = varint(data, at)
                yield number, wire, value
                continue
            if wire == BYTES:
                length, at = varint(data, at)
            elif wire in (FIXED32, FIXED64):
                length = 4 if wire == FIXED32 else 8
            else:
                raise MessageError(f"a field has the wire type {wire}")
            if length > end - at:
                raise MessageError(f"a field of {length} bytes is cut off")
            yield number, wire, data[at : at + length]
            at += length

    def chunks(self, data: memoryview, number: int) -> Iterator[memoryview]:
        """The values of one field of wire type BYTES."""
        for found, _, value in self.fields(data):
            if found == number and not isinstance(value, int):
                yield value
