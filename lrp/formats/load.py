"""Opening a model file: what format it is, told by its bytes and its content, never by its name."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from lrp.errors import LoadError
from lrp.formats import foreign, keras, native
from lrp.formats.container import (
    JSON_BYTES,
    LIMITS,
    Limits,
    Reader,
    is_hdf5,
    open_binary,
    open_bytes,
    open_file,
    parse_json,
    read_members,
    show,
)
from lrp.graph import Network

ZIP = b"PK\x03\x04"
Path = str | os.PathLike[str]


@dataclass(frozen=True)
class Options:
    """What load() was asked for."""

    dtype: str = "float64"
    trusted: bool = False
    architecture: Path | None = None
    backend: str | None = None
    limits: Limits = LIMITS


@dataclass(frozen=True)
class Found:
    """A recognised file: the name of its format, how to read it, and what in it cannot be read: (where, why)."""

    format: str
    read: Callable[[], Network]
    refused: Callable[[], list[tuple[str, str]]] = list


def load(
    path: Path,
    dtype: str = "float64",
    trusted: bool = False,
    architecture: Path | None = None,
    backend: str | None = None,
    limits: Limits = LIMITS,
) -> Network:
    """The network that a file holds, its weights in `dtype` ("float64", "float32" or "exact").

    trusted=True skips reading in a bounded child process: for files of your own. architecture: the file that describes
    the graph, where `path` holds weights alone (Keras' to_json(), a Caffe prototxt, our JSON). backend: what a Keras 1
    file was trained with ("theano", "tensorflow"), where its look misleads. limits: for very
    large files, see `lrp.formats.container.reader.Limits`.
    LoadError for a file that is missing, damaged, of an unknown format, or that holds what cannot be read exactly.
    """
    with opened(path, Options(dtype, trusted, architecture, backend, limits)) as found:
        return found.read()


@contextmanager
def opened(path: Path, options: Options) -> Iterator[Found]:
    """The file at `path`, recognised; it is open as long as the block lasts."""
    name = show(os.fspath(path))
    with open_binary(path) as stream:
        start = stream.read(len(ZIP))
        stream.seek(0)
        if start == ZIP:
            with _archive(stream, name, options) as found:
                yield found
            return
        hdf5 = is_hdf5(stream)
    if not hdf5:
        network = foreign.read_other(path, options.architecture, options.dtype)
        yield Found("ONNX or binary Caffe", lambda: network)
        return
    with open_file(path, options.trusted, options.limits) as file:
        yield _recognised(file, options)


def _recognised(file: Reader, options: Options) -> Found:
    """The format of an HDF5 file."""
    if native.is_native(file):
        return Found(f"native HDF5, format version {native.VERSION}", partial(native.read, file, options.dtype))
    if keras.is_whole(file):
        source = keras.whole(file, options.backend)
        return Found("Keras HDF5, architecture and weights", partial(keras.read, source, options.dtype), source.refused)
    if keras.is_weights(file):
        source = keras.weights(file, _architecture(options.architecture, file.name), options.backend)
        return Found("Keras weights", partial(keras.read, source, options.dtype), source.refused)
    other = foreign.recognised(file, options.architecture, options.dtype)
    if other is not None:
        return Found(*other)
    raise LoadError(f"{file.name}: expected a network in one of the known formats, found none of them")


def _architecture(path: Path | None, name: str) -> bytes:
    """The file that describes the graph."""
    if path is None:
        raise LoadError(f"{name} holds weights and no architecture; give the file that describes it as architecture=")
    with open_binary(path) as stream:
        return stream.read(JSON_BYTES + 1)


@contextmanager
def _archive(stream: BinaryIO, name: str, options: Options) -> Iterator[Found]:
    """A .keras archive: three members are read into memory, nothing is extracted."""
    wanted = {"config.json": JSON_BYTES, "metadata.json": 1 << 20, "model.weights.h5": options.limits.total_bytes}
    members = read_members(stream, name, wanted, options.limits)
    if "config.json" not in members or "model.weights.h5" not in members:
        raise LoadError(f"{name} is a zip archive without config.json and model.weights.h5; expected a Keras model")
    config = parse_json(members["config.json"], f"{name}: config.json")
    metadata = parse_json(members.get("metadata.json", b"{}"), f"{name}: metadata.json")
    said = {"keras_version": metadata.get("keras_version"), "backend": None}
    weights = f"{name}: model.weights.h5"
    with open_bytes(members["model.weights.h5"], weights, options.trusted, options.limits) as file:
        source = keras.Source(file, config, said, options.backend, whole=True)
        yield Found("Keras archive (.keras)", partial(keras.read, source, options.dtype), source.refused)
