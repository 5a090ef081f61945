"""Caffe's binary files (*.caffemodel, *.binaryproto): the blobs of each layer, read from the wire format directly.

A message of protocol buffers is a row of (key, value): the key is 8 field number + wire type, the type says how long
the value is. These are the fields that matter, of messages whose other fields are skipped:

    NetParameter      layers 2 (the form before), layer 100      LayerParameter    name 1, blobs 7
    V1LayerParameter  name 4, blobs 6                            BlobShape         dim 1
    BlobProto         num 1, channels 2, height 3, width 4, data 5, shape 7, double_data 8

Nothing is allocated by a declared length that the file does not bear out. The net itself is taken from its prototxt:
the copy inside a caffemodel is that of the training phase.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass

import numpy as np

from lrp.arrays import Array
from lrp.errors import LoadError
from lrp.formats.caffe.load import build
from lrp.formats.caffe.net import read_net
from lrp.formats.container import BYTES, FIXED32, FIXED64, Damaged, fields, open_binary, show, varint
from lrp.graph import Network

LARGEST = 1 << 30


@dataclass
class _Blob:
    """What a BlobProto holds."""

    old: list[int]
    dims: list[int] | None
    pieces: list[tuple[str, bytes]]

    def array(self) -> Array:
        """The numbers in their shape."""
        shape = self.old if self.dims is None else self.dims
        kinds = {kind for kind, _ in self.pieces}
        kind = kinds.pop() if len(kinds) == 1 else "<f4"
        content = b"".join(piece for _, piece in self.pieces)
        if kinds or len(content) != math.prod(shape) * np.dtype(kind).itemsize:
            raise Damaged
        return np.frombuffer(content, kind).reshape(shape).astype(np.dtype(kind).newbyteorder("="))


def _blob(data: memoryview) -> Array:
    """The array of a BlobProto."""
    blob = _Blob([0, 0, 0, 0], None, [])
    for number, wire, value in fields(data):
        if isinstance(value, int):
            if 1 <= number <= 4:
                blob.old[number - 1] = value
        elif number in (5, 8):  # packed, or one number a field
            if wire == FIXED32 and number == 8 or wire == FIXED64 and number == 5:
                raise Damaged
            blob.pieces.append(("<f4" if number == 5 else "<f8", bytes(value)))
        elif number == 7 and wire == BYTES:
            blob.dims = _dims(value)
    return blob.array()


def _dims(data: memoryview) -> list[int]:
    """The lengths of a BlobShape, packed or one by one."""
    dims: list[int] = []
    for number, _, value in fields(data):
        if number == 1 and isinstance(value, int):
            dims.append(value)
        elif number == 1 and not isinstance(value, int):
            at = 0
            while at < len(value):
                one, at = varint(value, at)
                dims.append(one)
    return dims


class BinaryBlobs:
    """The blobs of a binary caffemodel, by layer; a layer that stands there twice counts as its first."""

    def __init__(self, content: bytes, name: str) -> None:
        self.name = name
        self._layers: dict[str, list[memoryview]] = {}
        try:
            for number, wire, value in fields(memoryview(content)):
                if number in (2, 100) and not isinstance(value, int) and wire == BYTES:
                    title, blobs = _layer(value, *((4, 6) if number == 2 else (1, 7)))
                    self._layers.setdefault(title, blobs)
        except (Damaged, UnicodeDecodeError):
            raise LoadError(f"{name} is no binary caffemodel, or it is damaged") from None
        if not self._layers:
            raise LoadError(f"{name} is no binary caffemodel: it holds no layer")

    def count(self, layer: str) -> int:
        """The number of the layer's blobs."""
        return len(self._layers.get(layer, ()))

    def blob(self, layer: str, index: int) -> Array | None:
        """One blob, or None."""
        blobs = self._layers.get(layer, [])
        if index >= len(blobs):
            return None
        try:
            values = _blob(blobs[index])
        except Damaged:
            raise LoadError(f"{self.name}: blob {index} of layer {show(layer)} is damaged") from None
        if not np.isfinite(values).all():
            raise LoadError(f"{self.name}: blob {index} of layer {show(layer)} holds NaN or infinity")
        return values


def _layer(data: memoryview, name: int, blobs: int) -> tuple[str, list[memoryview]]:
    """(name, blobs) of a layer, by the numbers of these fields."""
    title, found = "", []
    for number, wire, value in fields(data):
        if wire == BYTES and not isinstance(value, int):
            if number == name:
                title = bytes(value).decode("utf-8")
            elif number == blobs:
                found.append(value)
    return title, found


def is_caffemodel(path: str | os.PathLike[str]) -> bool:
    """Whether the file is a row of fields as a NetParameter has them, among them layers."""
    try:
        BinaryBlobs(_content(path), "")
    except LoadError:
        return False
    return True


def read_binary(
    path: str | os.PathLike[str], prototxt: str, dtype: str = "float64", described: str = "the prototxt"
) -> Network:
    """The network of a binary *.caffemodel and the text of its prototxt."""
    return build(read_net(prototxt, described), BinaryBlobs(_content(path), show(os.fspath(path))), dtype)


def read_mean(path: str | os.PathLike[str]) -> Array:
    """The mean picture of a *.binaryproto, (channels, height, width), BGR as Caffe keeps pictures."""
    try:
        values = _blob(memoryview(_content(path)))
    except Damaged:
        raise LoadError(f"{show(os.fspath(path))} is no binaryproto with one blob, or it is damaged") from None
    if values.ndim == 4 and len(values) == 1:
        return values[0]
    if values.ndim != 3:
        raise LoadError(f"{show(os.fspath(path))}: expected one picture (channels, height, width), got {values.shape}")
    return values


def _content(path: str | os.PathLike[str]) -> bytes:
    """All bytes of a file, up to a limit."""
    with open_binary(path) as stream:
        size = stream.seek(0, 2)
        if size > LARGEST:
            raise LoadError(f"{show(os.fspath(path))} has {size} bytes; the limit is {LARGEST}")
        stream.seek(0)
        return stream.read()
