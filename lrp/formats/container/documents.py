"""Files that are parsed as a whole, with the type of what each gives: JSON, prototxt, models, arrays, pictures.

All take `trusted`: True parses in this process, False in a new child process (see `sandbox.parse_file`).
"""

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from lrp.errors import LoadError
from lrp.formats.container.files import Path, open_binary
from lrp.formats.container.prototxt import Message, message_of
from lrp.formats.container.reader import LIMITS, Array, Limits, quoted
from lrp.formats.container.sandbox import Sandbox, parse_file

NUMPY_LIMITS = Limits(total_bytes=8 << 30, free_bytes=192 << 20, longest=60.0)


@dataclass(frozen=True)
class ModelMessage:
    """A model in the wire format of protocol buffers.

    onnx: the model as `onnx_message.OnnxParser.model` describes it, else None. caffe: (layer, indices of its blobs) for
    each layer of a binary caffemodel, else None. Both None: the file is neither. arrays: what the indices refer to.
    """

    onnx: dict[str, Any] | None
    caffe: list[tuple[str, list[int]]] | None
    arrays: tuple[Array, ...]


def read_json(path: Path, trusted: bool = False) -> dict[str, Any]:
    """The object in a JSON file."""
    value: dict[str, Any] = parse_file(path, "json", trusted).value
    return value


def read_json_list(path: Path, trusted: bool = False) -> "dict[str, Any] | list[Any]":
    """The object or the list in a JSON file."""
    value: dict[str, Any] | list[Any] = parse_file(path, "json", trusted, lists=True).value
    return value


def read_prototxt(path: Path, trusted: bool = False) -> Message:
    """The message in a prototxt file; errors about its fields begin with the file's name."""
    return message_of(parse_file(path, "prototxt", trusted).value, quoted(os.fspath(path)))


def read_model(path: Path, trusted: bool = False, limits: Limits = LIMITS) -> ModelMessage:
    """An ONNX model or a binary caffemodel, or neither."""
    parsed = parse_file(path, "model", trusted, limits)
    caffe = parsed.value.get("caffe")
    layers = None if caffe is None else [(str(name), [int(i) for i in blobs]) for name, blobs in caffe]
    return ModelMessage(parsed.value.get("onnx"), layers, parsed.arrays)


def read_blob(path: Path, trusted: bool = False) -> Array:
    """The array of a *.binaryproto of Caffe."""
    return parse_file(path, "blob", trusted).arrays[0]


def read_numpy(path: Path, trusted: bool = False, limits: Limits = NUMPY_LIMITS) -> Array | dict[str, Array]:
    """The array of a .npy file, or the arrays of an .npz archive by name; nothing in them is executed.

    Raises
    ------
    LoadError
        If the file is damaged or of another kind, holds objects, or needs more than the limits allow.
    """
    parsed = parse_file(path, "numpy", trusted, limits, os.fspath(path))
    if parsed.value is None:
        return parsed.arrays[0]
    if len(set(parsed.value)) != len(parsed.arrays):
        raise LoadError(f"{os.fspath(path)} holds two arrays of one name; it is refused")
    return dict(zip(parsed.value, parsed.arrays, strict=True))


def read_picture(
    path: Path,
    mode: str | None = None,
    size: tuple[int | None, int | None] = (None, None),
    trusted: bool = False,
) -> Array:
    """The pixels of a picture file, uint8 of shape (h, w, 1) gray or (h, w, 3) RGB.

    mode, size: convert to "L" or "RGB" and resize to (height, width), None for the picture's own length. Pillow (the
    extra) must be installed. LoadError for what cannot be decoded exactly.
    """
    return parse_file(path, "picture", trusted, LIMITS, os.fspath(path), mode=mode, size=size).arrays[0]


PixelReader = Callable[[Path, "str | None", "tuple[int | None, int | None]"], Array]  # (path, mode, size) -> pixels


@contextlib.contextmanager
def picture_reader() -> "Iterator[PixelReader]":
    """read_picture for many files of one owner: one child process for all of them, which saves its start.

    A file that took over the child could falsify the pictures after it; a child that ends is started again.
    """
    with Sandbox() as sandbox:

        def read(path: Path, mode: "str | None", size: "tuple[int | None, int | None]") -> Array:
            name = os.fspath(path)
            with open_binary(path, name):  # a missing file is an error of its own
                pass
            return sandbox.parse(path, name, "picture", LIMITS, {"mode": mode, "size": size}).arrays[0]

        yield read


def read_keras_archive(path: Path, trusted: bool = False, limits: Limits = LIMITS) -> dict[str, dict[str, Any]]:
    """config.json and metadata.json of a .keras archive, as far as they are in it."""
    value: dict[str, dict[str, Any]] = parse_file(path, "keras_archive", trusted, limits).value
    return value
