"""The constants of an ONNX model: inside it, or in a file of the same folder, as torch stores large ones."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.errors import LoadError
from lrp.formats.container import open_binary, show

LARGEST = 2 << 30


def constant_of(onnx: Any, tensor: Any, name: str, place: Callable[[Mapping[str, str]], bytes]) -> Array:
    """The numbers of a TensorProto; floats become float64, whole numbers int64."""
    shape = tuple(int(n) for n in tensor.dims)
    kinds = onnx.TensorProto
    read = (kinds.FLOAT, kinds.DOUBLE, kinds.FLOAT16, kinds.BFLOAT16)
    whole = (kinds.INT64, kinds.INT32, kinds.INT16, kinds.INT8, kinds.UINT8, kinds.BOOL)
    if tensor.data_type not in read + whole:
        raise LoadError(f"{name}: constant {show(tensor.name)} is of a type ({tensor.data_type}) that is not read")
    if min(shape, default=1) < 0 or math.prod(shape) > LARGEST // 4:
        raise LoadError(f"{name}: constant {show(tensor.name)} declares the shape {show(shape)}; it is refused")
    try:
        if tensor.data_location == kinds.EXTERNAL:
            content = place({entry.key: entry.value for entry in tensor.external_data})
            inside = kinds()
            inside.data_type, inside.raw_data = tensor.data_type, content
            inside.dims.extend(shape)
            tensor = inside
        values = np.asarray(onnx.numpy_helper.to_array(tensor))
    except LoadError:
        raise
    except (ValueError, TypeError) as error:
        raise LoadError(f"{name}: constant {show(tensor.name)} is damaged ({show(str(error))})") from None
    if values.shape != shape:
        raise LoadError(f"{name}: constant {show(tensor.name)} does not have its declared shape {shape}")
    if tensor.data_type in whole:
        return values if tensor.data_type == kinds.BOOL else values.astype(np.int64)
    with np.errstate(invalid="ignore"):  # a NaN is found later, with the name of the layer that it would spoil
        return values.astype(np.float64)


def external_bytes(folder: str, entry: Mapping[str, str], files: dict[str, bytes]) -> bytes:
    """The stretch of a file beside the model that an entry names; no path leads out of the folder."""
    location = entry.get("location", "")
    if not location or location != os.path.basename(location) or location in (".", "..") or "\\" in location:
        raise LoadError(f"the model keeps weights at {show(location)}; only a file in its own folder is read")
    path = os.path.join(folder, location)
    if os.path.islink(path):
        raise LoadError(f"the model keeps weights at {show(location)}, which is a link; it is refused")
    if location not in files:
        with open_binary(path) as stream:
            if stream.seek(0, 2) > LARGEST:
                raise LoadError(f"{show(location)} is larger than the limit of {LARGEST} bytes")
            stream.seek(0)
            files[location] = stream.read()
    content = files[location]
    try:
        offset = int(entry.get("offset", "0"))
        length = int(entry.get("length", str(len(content) - offset)))
    except ValueError:
        raise LoadError(f"the model names a stretch of {show(location)} that is no number") from None
    if offset < 0 or length < 0 or offset + length > len(content):
        raise LoadError(
            f"the model names bytes {offset} to {offset + length} of {show(location)}, which has {len(content)}"
        )
    return content[offset : offset + length]
