"""Caffe's binary files (*.caffemodel, *.binaryproto): the blobs of each layer, from the wire format.

These are the fields that are read; all others are skipped:

    NetParameter      layers 2 (older form), layer 100      LayerParameter    name 1, blobs 7
    V1LayerParameter  name 4, blobs 6                       BlobShape         dim 1
    BlobProto         num 1, channels 2, height 3, width 4, data 5, shape 7, double_data 8

A declared shape must match the stored bytes; nothing is allocated before that.
"""

import math

import numpy as np

from lrp.formats.container.reader import Array, quoted
from lrp.formats.container.wire import BYTES, FIXED32, FIXED64, MessageError, WireReader, packed_varints

MOST_LAYERS = 20_000
MOST_BLOBS = 200_000
MOST_OF_LAYER = 1000  # blobs of one layer
LAYERS = {2: (4, 6), 100: (1, 7)}  # field of NetParameter -> the layer's fields of name and blobs


def parse_layers(data: memoryview, wire: WireReader) -> tuple[list[tuple[str, list[int]]], list[Array]]:
    """([(layer, indices of its blobs)], blobs) of a NetParameter."""
    layers: list[tuple[str, list[int]]] = []
    arrays: list[Array] = []
    for number, kind, value in wire.fields(data):
        if number not in LAYERS or isinstance(value, int) or kind != BYTES:
            continue
        title, blobs = _layer(value, wire, *LAYERS[number])
        if len(layers) >= MOST_LAYERS or len(arrays) + len(blobs) > MOST_BLOBS:
            raise MessageError(f"it has more than {MOST_LAYERS} layers or {MOST_BLOBS} blobs")
        layers.append((title, list(range(len(arrays), len(arrays) + len(blobs)))))
        for index, blob in enumerate(blobs):
            try:
                arrays.append(parse_blob(blob, wire))
            except MessageError as error:
                raise MessageError(f"blob {index} of layer {quoted(title)} is damaged: {error}") from None
    if not layers:
        raise MessageError("it holds no layer")
    return layers, arrays


def _layer(data: memoryview, wire: WireReader, name: int, blobs: int) -> tuple[str, list[memoryview]]:
    """(name, blobs) of a layer, given the numbers of these fields."""
    title, found = "", []
    for number, kind, value in wire.fields(data):
        if kind == BYTES and not isinstance(value, int):
            if number == name:
                title = bytes(value[:4096]).decode("utf-8", "replace")
            elif number == blobs:
                found.append(value)
                if len(found) > MOST_OF_LAYER:
                    raise MessageError(f"layer {quoted(title)} has more than {MOST_OF_LAYER} blobs")
    return title, found


def parse_blob(data: memoryview, wire: WireReader) -> Array:
    """The array of a BlobProto; a view of its bytes where they are stored in one piece."""
    old, dims = [0, 0, 0, 0], None
    pieces: list[tuple[str, memoryview]] = []
    for number, kind, value in wire.fields(data):
        if isinstance(value, int):
            if 1 <= number <= 4:
                old[number - 1] = value
        elif number in (5, 8):  # packed, or one number per field
            if kind == FIXED32 and number == 8 or kind == FIXED64 and number == 5:
                raise MessageError("its numbers have another type")
            pieces.append(("<f4" if number == 5 else "<f8", value))
        elif number == 7 and kind == BYTES:
            dims = _dims(value, wire)
    shape = old if dims is None else dims
    kinds = {kind for kind, _ in pieces} or {"<f4"}
    dtype = np.dtype(min(kinds))
    content = pieces[0][1] if len(pieces) == 1 else b"".join(piece for _, piece in pieces)
    if len(kinds) > 1 or len(shape) > 32 or len(content) != math.prod(shape) * dtype.itemsize:
        raise MessageError(f"it has {len(content)} bytes for the shape {quoted(shape)}")
    return np.frombuffer(content, dtype).reshape(shape)


def _dims(data: memoryview, wire: WireReader) -> list[int]:
    """The lengths of a BlobShape, packed or one per field."""
    dims: list[int] = []
    for number, _, value in wire.fields(data):
        if number == 1:
            dims += [value] if isinstance(value, int) else packed_varints(value[:1000]).tolist()
    return dims
