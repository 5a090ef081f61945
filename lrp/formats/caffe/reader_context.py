"""What the readers of Caffe's layers share: the network being built, and the blobs, found and checked by shape."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lrp.arrays import Array
from lrp.errors import LoadError
from lrp.formats.build import Builder, Tensor, floats
from lrp.formats.caffe.blobs import Blobs
from lrp.formats.caffe.net import CaffeLayer
from lrp.formats.container import quoted

LayerReader = Callable[["Context", CaffeLayer, list[Tensor]], list[Tensor]]


class Context:
    """The net being read. A parameter that several layers share by name is stored with the first of them."""

    def __init__(self, builder: Builder, blobs: Blobs, layers: Sequence[CaffeLayer]) -> None:
        self.builder = builder
        self._blobs = blobs
        self._taken = 0
        self._owners: dict[str, tuple[str, int]] = {}
        for layer in layers:
            for index, name in enumerate(layer.parameters):
                if name:
                    self._owners.setdefault(name, (layer.name, index))

    def checked(self, layer: CaffeLayer, reader: LayerReader, xs: list[Tensor]) -> list[Tensor]:
        """The tops of one layer; an error if the file has more blobs for it than its reader took."""
        self._taken = 0
        tops = reader(self, layer, xs)
        if len(tops) != len(layer.tops):
            raise self.fail(layer, f"expected {len(tops)} tops of a {layer.kind} layer, got {len(layer.tops)}")
        stored = self._blobs.count(layer.name)
        if stored > self._taken:
            raise self.fail(
                layer, f"the prototxt needs {self._taken} blobs, the file has {stored}; are they of the same net?"
            )
        return tops

    def fail(self, layer: CaffeLayer, reason: str) -> LoadError:
        """The error to raise about a layer."""
        return self.builder.fail(layer.name, reason)

    def one(self, layer: CaffeLayer, xs: list[Tensor]) -> Tensor:
        """The only bottom."""
        if len(xs) != 1:
            raise self.fail(layer, f"expected one bottom of a {layer.kind} layer, got {len(xs)}")
        return xs[0]

    def axis(self, layer: CaffeLayer, axis: int, x: Tensor, first: int = 1) -> int:
        """An axis of x, counted from the end where it is negative; the samples' axis only where `first` is 0."""
        resolved = axis + x.rank if axis < 0 else axis
        if not first <= resolved < x.rank:
            raise self.fail(layer, f"expected an axis of {x.shape} behind the samples, got {axis}")
        return resolved

    def length(self, layer: CaffeLayer, x: Tensor, axis: int) -> int:
        """The length of an axis, which must be known."""
        length = x.shape[axis]
        if length is None:
            raise self.fail(layer, f"expected a known length of axis {axis}, got an input of shape {x.shape}")
        return length

    def blob(self, layer: CaffeLayer, index: int, shape: tuple[int, ...]) -> Array:
        """A blob in float64, in the given shape; leading ones, as files of older releases have them, do not count."""
        self._taken = max(self._taken, index + 1)
        values = self._blobs.blob(layer.name, index)
        if values is None and index < len(layer.parameters) and layer.parameters[index]:
            owner, position = self._owners[layer.parameters[index]]
            values = self._blobs.blob(owner, position)
        if values is None:
            raise self.fail(layer, f"expected blob {index} of shape {shape} in the file, found none")
        if _without_ones(values.shape) != _without_ones(shape):
            raise self.fail(layer, f"expected blob {index} of shape {shape}, got {quoted(values.shape)}")
        return floats(values).reshape(shape)


def _without_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape without its leading ones."""
    kept = list(shape)
    while kept and kept[0] == 1:
        kept.pop(0)
    return tuple(kept)
