"""Where the arrays of a Caffe net come from: the interface `Blobs`, and its implementation for HDF5 files."""

from __future__ import annotations

from typing import Protocol

from lrp.arrays import Array
from lrp.formats.container import Reader, parts_of


class Blobs(Protocol):
    """The blobs of each layer, from an HDF5 file or a binary caffemodel."""

    @property
    def name(self) -> str: ...

    def count(self, layer: str) -> int:
        """One more than the largest number among the layer's blobs; 0 if it has none."""

    def blob(self, layer: str, index: int) -> Array | None:
        """One blob, or None if the layer has no blob of that number."""


class HDF5Blobs:
    """The blobs of a caffemodel.h5: dataset /data/<layer>/<index>."""

    def __init__(self, file: Reader) -> None:
        self.name = file.name
        self._file = file

    def _path(self, layer: str) -> str:
        path = f"/data/{layer}"
        parts_of(path)
        return path

    def count(self, layer: str) -> int:
        """One more than the largest number among the layer's datasets; 0 if it has none."""
        if not layer:
            return 0
        path = self._path(layer)
        numbers = [int(n) for n in self._file.children(path) if n.isascii() and n.isdigit() and len(n) < 4]
        return max([n + 1 for n in numbers if self._file.kind(f"{path}/{n}") == "dataset"], default=0)

    def blob(self, layer: str, index: int) -> Array | None:
        """One dataset, or None if there is none of that number."""
        path = f"{self._path(layer)}/{index}"
        return self._file.array(path) if self._file.kind(path) == "dataset" else None
