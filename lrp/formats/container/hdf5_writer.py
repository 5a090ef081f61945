"""Writing our own HDF5 files: all of a file appears under its name, or nothing does."""

import contextlib
import os
import secrets
from collections.abc import Iterator
from typing import Any, BinaryIO

import h5py
import numpy as np

from lrp.errors import LoadError, SaveError
from lrp.formats.container.reader import Array, Attribute, quoted


class Writer:
    """Writing one HDF5 file; `create` yields it."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def group(self, path: str) -> None:
        """Make a group and those above it; one that exists is left alone."""
        self._file.require_group(path)

    def array(self, path: str, values: Array) -> None:
        """Store an array of numbers with its own dtype, contiguous and uncompressed."""
        self._file.create_dataset(path, data=np.ascontiguousarray(values).reshape(np.shape(values)))

    def extend(self, path: str, values: Array, axis: int = 0, compress: bool = False) -> None:
        """Append an array of numbers along an axis to the one stored there, or begin it; compress: with gzip."""
        if path not in self._file:
            limits = tuple(None if i == axis else n for i, n in enumerate(values.shape))
            entry = max(values.nbytes // max(values.shape[axis], 1), 1)
            steps = min(max((1 << 16) // entry, 1), max(values.shape[axis], 1))  # chunks of 64 KiB, or of one entry
            chunks = tuple(steps if i == axis else max(n, 1) for i, n in enumerate(values.shape))
            options = {"compression": "gzip", "shuffle": True} if compress else {}
            self._file.create_dataset(path, data=values, maxshape=limits, chunks=chunks, **options)
            return
        dataset = self._file[path]
        dataset.resize(dataset.shape[axis] + values.shape[axis], axis)
        dataset[(slice(None),) * axis + (slice(-values.shape[axis], None),)] = values

    def attribute(self, path: str, name: str, value: "Attribute") -> None:
        """Store text, a list of texts, a number or a small array beside a group or dataset that exists."""
        self._file[path].attrs[name] = list(value) if isinstance(value, tuple) else value


@contextlib.contextmanager
def create(path: "str | os.PathLike[str]") -> Iterator[Writer]:
    """Write an HDF5 file: all of it appears under `path` at the end of the block, or nothing does.

    The bytes go to a file of another name in the same folder, which is renamed only after an error-free end,
    so an earlier file of that name survives a failed attempt. SaveError where the folder cannot be written.
    """
    target = os.fspath(path)
    partial = f"{target}.{secrets.token_hex(4)}.partial"
    try:
        with h5py.File(partial, "x") as file:
            yield Writer(file)
        os.replace(partial, target)
    except OSError as error:
        if isinstance(error, LoadError):
            raise
        raise SaveError(f"{quoted(target)} cannot be written: {error.strerror or error}") from None
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.remove(partial)


def write_sample(stream: BinaryIO) -> None:
    """Write a tiny file that holds one of each kind of thing a `File` reads."""
    with h5py.File(stream, "w") as file:
        file.create_dataset("numbers", data=np.zeros((2, 3)), compression="gzip")
        file.create_dataset("references", data=[file["numbers"].ref], dtype=h5py.ref_dtype)
        file.attrs.update({"text": "a", "texts": ["a", "b"], "bytes": np.array([b"a", b"b"]), "numbers": np.zeros(2)})
        file.attrs.create("ascii", "a", dtype=h5py.string_dtype("ascii"))
