"""The constants of an ONNX model: inside it, or in a file of the same folder, as torch stores large ones."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.errors import LoadError
from lrp.formats.container import RAW, MessageError, open_binary, quoted, shaped

LARGEST = 2 << 30  # bytes of a file beside the model
FLOATS, BOOL = {1, 10, 11, 16}, 9  # TensorProto.data_type
MOST_INTEGERS = 1 << 24  # entries: whole numbers are shapes, indices and masks, not weights


class Constants:
    """The constants of one model as float64, int64 or bool; `entries` counts those that were made so far.

    arrays: what the child read from the model itself. folder: where files beside the model are looked for.
    """

    def __init__(self, name: str, arrays: Sequence[Array], folder: str) -> None:
        self._name, self._arrays, self._folder = name, arrays, folder
        self._external = 0
        self._integers = 0
        self.entries = 0

    def of(self, tensor: Mapping[str, Any]) -> Array:
        """The numbers of one tensor."""
        if tensor["type"] not in RAW:
            raise LoadError(
                f"{self._name}: constant {quoted(tensor['name'])} is of a type ({tensor['type']}) that is not read"
            )
        values = self._beside(tensor) if tensor["array"] is None else self._arrays[tensor["array"]]
        self.entries += values.size
        if tensor["type"] == BOOL:
            return values
        if tensor["type"] in FLOATS:
            with np.errstate(invalid="ignore"):  # the network reports a NaN with the name of the layer
                return values.astype(np.float64)
        self._integers += values.size
        if self._integers > MOST_INTEGERS:
            raise LoadError(
                f"{self._name}: expected at most {MOST_INTEGERS} whole numbers among the constants, got more"
            )
        return values.astype(np.int64)

    def _beside(self, tensor: Mapping[str, Any]) -> Array:
        """Numbers in a file beside the model."""
        itemsize = np.dtype(RAW[tensor["type"]]).itemsize
        if min(tensor["dims"], default=0) < 0:
            raise LoadError(f"{self._name}: constant {quoted(tensor['name'])} has the shape {quoted(tensor['dims'])}")
        content, size = external_bytes(self._folder, tensor["external"] or {}, math.prod(tensor["dims"]) * itemsize)
        self._external += len(content)
        if self._external > 2 * size + (1 << 20):
            raise LoadError(f"{self._name}: its constants use the bytes of the file beside it more than twice; refused")
        try:
            return shaped(dict(tensor), content, RAW[tensor["type"]])
        except MessageError as error:
            raise LoadError(f"{self._name}: {error}") from None


def external_bytes(folder: str, entry: Mapping[str, str], expected: int) -> tuple[bytes, int]:
    """(the bytes that an entry names in a file beside the model, that file's size).

    The file is in the model's own folder and no link; its bytes are not interpreted. LoadError if they are not
    `expected` bytes, before they are read.
    """
    location = entry.get("location", "")
    if not location or location != os.path.basename(location) or location in (".", "..") or "\\" in location:
        raise LoadError(f"the model keeps weights at {quoted(location)}; only a file in its own folder is read")
    path = os.path.join(folder, location)
    if os.path.islink(path):
        raise LoadError(f"the model keeps weights at {quoted(location)}, which is a link; it is refused")
    with open_binary(path) as stream:
        size = stream.seek(0, 2)
        if size > LARGEST:
            raise LoadError(f"{quoted(location)} is larger than the limit of {LARGEST} bytes")
        try:
            offset = int(entry.get("offset", "0")[:30])
            length = int(entry.get("length", str(size - offset))[:30])
        except ValueError:
            raise LoadError(f"the model names a part of {quoted(location)} by what is no number") from None
        if offset < 0 or length < 0 or offset + length > size:
            raise LoadError(
                f"the model names bytes {offset} to {offset + length} of {quoted(location)}, which has {size}"
            )
        if length != expected:
            raise LoadError(f"the model names {length} bytes of {quoted(location)} for a constant of {expected} bytes")
        stream.seek(offset)
        return stream.read(length), size
