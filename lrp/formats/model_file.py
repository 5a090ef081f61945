"""A model file that is being loaded: its kind of container, opened, and the architecture beside it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lrp.errors import LoadError
from lrp.formats.build import Architecture, parse_architecture
from lrp.formats.container import (
    LIMITS,
    Limits,
    Message,
    ModelMessage,
    Reader,
    is_hdf5,
    open_binary,
    open_file,
    open_member,
    quoted,
    read_json,
    read_keras_archive,
    read_model,
    read_prototxt,
)
from lrp.graph import Network

Path = str | os.PathLike[str]
ZIP = b"PK\x03\x04"
# how files begin that are recognised only to be refused with a remedy
REFUSED = {
    b"MATLAB 5.0 MAT-file": "a MATLAB v5 file, which is not HDF5; save it in MATLAB with the option '-v7.3'",
    b"\x80": "a pickle, which could run code when it is read; store the arrays in HDF5",
    b"\x93NUMPY": "a numpy array and no network",
}


@dataclass(frozen=True)
class Options:
    """The arguments of load()."""

    dtype: str = "float64"
    trusted: bool = False
    architecture: Path | None = None
    backend: str | None = None
    limits: Limits = LIMITS


@dataclass(frozen=True)
class RecognizedFile:
    """A file whose format is known.

    format: its name. read: makes the network. refused: (where, why) for what in it cannot be read, without reading it.
    """

    format: str
    read: Callable[[], Network]
    refused: Callable[[], list[tuple[str, str]]] = list


class ModelFile:
    """An open file: `hdf5` is its content if it is HDF5, else None; `archive`: whether it is a zip archive."""

    def __init__(self, path: Path, options: Options, hdf5: Reader | None, archive: bool) -> None:
        self.path, self.options, self.hdf5, self.archive = path, options, hdf5, archive
        self.name = quoted(os.fspath(path))

    @cached_property
    def message(self) -> ModelMessage:
        """What the file is in the wire format of protocol buffers; neither model if it is another container."""
        if self.hdf5 is not None or self.archive:
            return ModelMessage(None, None, ())
        return read_model(self.path, self.options.trusted, self.options.limits)

    @cached_property
    def members(self) -> dict[str, dict[str, Any]]:
        """config.json and metadata.json of a zip archive; {} for another file."""
        return read_keras_archive(self.path, self.options.trusted, self.options.limits) if self.archive else {}

    def architecture(self) -> Architecture | None:
        """The architecture in our own JSON; None if the caller gave none."""
        path = self.options.architecture
        return None if path is None else parse_architecture(read_json(path, self.options.trusted))

    def architecture_json(self) -> dict[str, Any]:
        """The architecture as a JSON object; LoadError if the caller gave none."""
        path = self.options.architecture
        if path is None:
            raise LoadError(
                f"{self.name} holds weights and no architecture; give the file that describes it as architecture="
            )
        return read_json(path, self.options.trusted)

    def prototxt(self) -> Message | None:
        """The architecture as a prototxt; None if the caller gave none."""
        path = self.options.architecture
        return None if path is None else read_prototxt(path, self.options.trusted)


@contextmanager
def opened(path: Path, options: Options) -> Iterator[ModelFile]:
    """The file at `path`, open as long as the block lasts; LoadError for what is no container of models at all."""
    with open_binary(path) as stream:
        start = stream.read(64)
        stream.seek(0)
        hdf5 = is_hdf5(stream)
    for signature, what in REFUSED.items():
        if start.startswith(signature) and not hdf5:
            raise LoadError(f"{quoted(os.fspath(path))} is {what}")
    if start.startswith(ZIP):
        file = ModelFile(path, options, None, archive=True)
        if "config.json" not in file.members:
            raise LoadError(
                f"{file.name} is a zip archive without config.json and model.weights.h5; expected a Keras model"
            )
        with open_member(path, "model.weights.h5", options.trusted, options.limits) as member:
            file.hdf5 = member
            yield file
    elif hdf5:
        with open_file(path, options.trusted, options.limits) as reader:
            yield ModelFile(path, options, reader, archive=False)
    else:
        yield ModelFile(path, options, None, archive=False)
