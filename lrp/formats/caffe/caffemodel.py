"""Binary caffemodels: the blobs of each layer, as `lrp.formats.container.read_model` gives them.

The net itself is taken from its prototxt: the copy inside a caffemodel is that of the training phase.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from lrp.arrays import Array
from lrp.errors import LoadError
from lrp.formats.container import quoted, read_blob


class BinaryBlobs:
    """The blobs of a binary caffemodel, by layer; a layer that occurs twice counts as its first."""

    def __init__(self, layers: Sequence[tuple[str, list[int]]], arrays: Sequence[Array], name: str) -> None:
        self.name = name
        self._arrays = arrays
        self._layers: dict[str, list[int]] = {}
        for title, indices in layers:
            self._layers.setdefault(title, indices)

    def count(self, layer: str) -> int:
        """The number of the layer's blobs."""
        return len(self._layers.get(layer, ()))

    def blob(self, layer: str, index: int) -> Array | None:
        """One blob, or None."""
        indices = self._layers.get(layer, [])
        if index >= len(indices):
            return None
        values = self._arrays[indices[index]]
        if not np.isfinite(values).all():
            raise LoadError(f"{self.name}: blob {index} of layer {quoted(layer)} holds NaN or infinity")
        return values


def read_mean(path: str | os.PathLike[str]) -> Array:
    """The mean picture of a *.binaryproto, (channels, height, width), BGR as Caffe keeps pictures."""
    values = read_blob(path)
    if values.ndim == 4 and len(values) == 1:
        return values[0]
    if values.ndim != 3:
        raise LoadError(
            f"{quoted(os.fspath(path))}: expected one picture (channels, height, width), got {values.shape}"
        )
    return values
