"""Opening a model file: what format it is, told by its bytes and its content, never by its name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

from lrp.errors import LoadError
from lrp.formats import keras, native
from lrp.formats.archive import JSON_BYTES, parse_json, read_members
from lrp.formats.reader import LIMITS, Limits, Reader, open_binary, show
from lrp.formats.sandbox import open_bytes, open_file
from lrp.graph import Network

Opened = tuple[Reader, dict[str, Any], dict[str, Any]]  # the weights, config.json, and who says he wrote them
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
    the graph, where `path` holds weights alone (Keras' to_json()). backend: what a Keras 1 file was trained with
    ("theano", "tensorflow"), where its look misleads. limits: see `lrp.formats.reader.Limits`, for very large files.
    LoadError for a file that is missing, damaged, of an unknown format, or that holds what cannot be read exactly.
    """
    options = Options(dtype, trusted, architecture, backend, limits)
    with open_binary(path) as stream:
        start = stream.read(len(ZIP))
        stream.seek(0)
        if start == ZIP:
            return _load_archive(stream, show(os.fspath(path)), options)
    with open_file(path, trusted, limits) as file:
        return _load_hdf5(file, options)


def _load_hdf5(file: Reader, options: Options) -> Network:
    if native.is_native(file):
        return native.read(file, options.dtype)
    if keras.is_whole(file):
        return keras.read_whole(file, options.dtype, options.backend)
    if keras.is_weights(file):
        text = _architecture(options.architecture, file.name)
        return keras.read_weights(file, text, options.dtype, options.backend)
    raise LoadError(f"{file.name}: expected a network in one of the known formats, found none of them")


def _architecture(path: Path | None, name: str) -> bytes:
    """The file that describes the graph."""
    if path is None:
        raise LoadError(f"{name} holds weights and no architecture; give the file that describes it as architecture=")
    with open_binary(path) as stream:
        content = stream.read(JSON_BYTES + 1)
    return content


def _load_archive(stream: BinaryIO, name: str, options: Options) -> Network:
    """A .keras archive: three members are read into memory, nothing is extracted."""
    with _opened_archive(stream, name, options) as (file, config, said):
        return keras.read(file, config, said, options.dtype, options.backend, whole=True)


@contextmanager
def _opened_archive(stream: BinaryIO, name: str, options: Options) -> Iterator[Opened]:
    wanted = {"config.json": JSON_BYTES, "metadata.json": 1 << 20, "model.weights.h5": options.limits.total_bytes}
    members = read_members(stream, name, wanted, options.limits)
    if "config.json" not in members or "model.weights.h5" not in members:
        raise LoadError(f"{name} is a zip archive without config.json and model.weights.h5; expected a Keras model")
    config = parse_json(members["config.json"], f"{name}: config.json")
    metadata = parse_json(members.get("metadata.json", b"{}"), f"{name}: metadata.json")
    said = {"keras_version": metadata.get("keras_version"), "backend": None}
    weights = members["model.weights.h5"]
    with open_bytes(weights, f"{name}: model.weights.h5", options.trusted, options.limits) as file:
        yield file, config, said
