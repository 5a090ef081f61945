"""Where the samples of a data set come from. A source is a value that can be sent to another process."""

from __future__ import annotations

import glob
import hashlib
import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.errors import InputError, LoadError, LrpError
from lrp.formats import PICTURES, prepared_picture
from lrp.formats.container import open_file, picture_reader, read_numpy
from lrp.formats.results import load_arrays
from lrp.graph import Network

LABELS = ("target", "label", "labels", "y")  # names of an array of labels, in order of preference
DATA = ("x", "data", "images", "inputs")  # names of the array of samples
ARRAYS = (".npy", ".npz", ".h5", ".hdf5")


@dataclass(frozen=True, eq=False)
class Samples:
    """Samples x (n, ...), their places in the source, their labels (-1 where unknown), and what was unreadable."""

    x: Array
    places: Array
    labels: Array
    unreadable: tuple[tuple[int, str], ...] = ()


class Source(ABC):
    """Samples in an order that does not change."""

    @abstractmethod
    def __len__(self) -> int:
        """The number of samples."""

    @abstractmethod
    def name(self, place: int) -> str:
        """What a sample is called in messages and pictures."""

    @abstractmethod
    def read(self, start: int, stop: int, network: Network) -> Samples:
        """The samples start .. stop - 1 as the network takes them."""

    @abstractmethod
    def identity(self) -> str:
        """A text that differs where the samples may differ, without reading them all."""


@dataclass(frozen=True, eq=False)
class PictureSource(Source):
    """Picture files, one sample each; fit: resize and convert them. A label is the class whose name the folder has."""

    paths: tuple[str, ...]
    fit: bool = False

    def __len__(self) -> int:
        return len(self.paths)

    def name(self, place: int) -> str:
        return self.paths[place]

    def read(self, start: int, stop: int, network: Network) -> Samples:
        xs, places, labels, unreadable = [], [], [], []
        with picture_reader() as reader:
            for place in range(start, stop):
                path = self.paths[place]
                try:
                    xs.append(prepared_picture(path, network.graph, self.fit, reader))
                except LrpError as error:
                    unreadable.append((place, str(error)))
                    continue
                places.append(place)
                folder = os.path.basename(os.path.dirname(os.path.abspath(path)))
                labels.append(network.metadata.classes.index(folder) if folder in network.metadata.classes else -1)
        x = np.concatenate(xs) if xs else np.zeros((0,))
        return Samples(x, np.array(places, int), np.array(labels, int), tuple(unreadable))

    def identity(self) -> str:
        found = []
        for path in self.paths:
            try:
                state = os.stat(path)
                found.append(f"{os.path.abspath(path)} {state.st_size} {state.st_mtime_ns}")
            except OSError:
                found.append(f"{os.path.abspath(path)} missing")
        return f"pictures fit={self.fit} " + "\n".join(found)


@dataclass(frozen=True, eq=False)
class ArraySource(Source):
    """An array of samples (n, ...), with labels (n,) where they are known."""

    title: str
    x: Array = field(repr=False)
    labels: Array | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.labels is not None and (self.labels.ndim != 1 or len(self.labels) != len(self.x)):
            raise InputError(
                f"{self.title}: expected one label for each of {len(self.x)} samples, got shape {self.labels.shape}"
            )

    def __len__(self) -> int:
        return len(self.x)

    def name(self, place: int) -> str:
        return f"{self.title}[{place}]"

    def read(self, start: int, stop: int, network: Network) -> Samples:
        labels = np.full(stop - start, -1) if self.labels is None else np.asarray(self.labels[start:stop], dtype=int)
        return Samples(np.asarray(self.x[start:stop]), np.arange(start, stop), labels)

    def identity(self) -> str:
        found = hashlib.sha256(np.ascontiguousarray(self.x).view(np.uint8).data)
        if self.labels is not None:
            found.update(np.ascontiguousarray(self.labels).view(np.uint8).data)
        return f"array {self.x.shape} {self.x.dtype} {found.hexdigest()}"


def open_sources(given: Sequence[str | os.PathLike[str]], fit: bool = False) -> Source:
    """The source of files, folders (with those in them) and patterns such as "val/*.png"; or of one file of arrays.

    A file of arrays is .npy, .npz or HDF5: the samples are called x, data, images or inputs, labels target, label,
    labels or y. LoadError where a path leads to nothing, InputError for a mixture of pictures and arrays.
    """
    paths = [path for one in given for path in _expanded(os.fspath(one))]
    arrays = [path for path in paths if _suffix(path) in ARRAYS]
    if not arrays:
        return PictureSource(tuple(paths), fit)
    if len(paths) > 1:
        raise InputError(f"{arrays[0]}: expected pictures, or one file of arrays, got {len(paths)} files")
    return read_arrays(paths[0])


def read_arrays(path: str) -> ArraySource:
    """The samples and labels of a .npy, .npz or HDF5 file."""
    if not os.path.isfile(path):
        raise LoadError(f"{path}: expected a file, got a path where none is")
    content: Any = _hdf5(path) if _suffix(path) in (".h5", ".hdf5") else read_numpy(path)
    arrays = content if isinstance(content, dict) else {DATA[0]: content}
    x = next((arrays[name] for name in DATA if name in arrays), None)
    if x is None:
        raise InputError(
            f"{path}: expected an array named {' or '.join(DATA)}, got {', '.join(sorted(arrays)) or 'none'}"
        )
    labels = next((np.asarray(arrays[name]).reshape(-1) for name in LABELS if name in arrays), None)
    if labels is not None and labels.dtype.kind not in "iu":
        raise InputError(f"{path}: expected labels that are whole numbers, got {labels.dtype}")
    return ArraySource(os.path.basename(path), np.asarray(x), labels)


def _hdf5(path: str) -> dict[str, Array]:
    """The arrays of an HDF5 file: those of `lrp.formats.results.save_arrays`, or the known names at its root."""
    with open_file(path) as file:
        ours = file.attribute("/", "format") == "lrp-arrays"
        names = [name for name in file.children("/") if name in (*DATA, *LABELS)]
        if not ours:
            return {name: file.array(f"/{name}") for name in names if file.kind(f"/{name}") == "dataset"}
    return load_arrays(path)


def _expanded(path: str) -> list[str]:
    """The files that a path, a folder or a pattern stands for, in the order of their names."""
    if os.path.isdir(path):
        found = [os.path.join(top, name) for top, _, names in os.walk(path) for name in names]
        found = sorted(name for name in found if _suffix(name) in PICTURES)
        if not found:
            raise LoadError(f"{path}: expected a folder with pictures ({', '.join(PICTURES)}), got none")
        return found
    if os.path.exists(path) or not glob.has_magic(path):
        return [path]
    found = sorted(glob.glob(path, recursive=True))
    if not found:
        raise LoadError(f"{path}: expected a pattern that files match, got one that none matches")
    return [name for one in found for name in _expanded(one)]


def _suffix(path: str) -> str:
    return os.path.splitext(path)[1].lower()
