"""Layers on boxes: which box of the output a changed box of the input reaches, and that box's new values."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from lrp.arrays import Array
from lrp.layers import (
    LRN,
    Activation,
    Add,
    AvgPool,
    BatchNorm,
    Concat,
    Conv,
    Dense,
    Dropout,
    Layer,
    MaxPool,
    Multiply,
    SumPool,
    Windows,
)
from lrp.layers.pooling import Pool
from lrp.methods.tools import Patch, Size, clamp, cut


class Crops(Protocol):
    """The inputs of a node with all changes in them, of which boxes are cut."""

    def __call__(self, index: int, corner: Array, size: Size, fill: float = 0) -> Array: ...


class LocalLayer(ABC):
    """How one kind of layer acts on boxes. `spatial`: the lengths of the node's output."""

    @abstractmethod
    def reach(self, patches: Sequence[Patch], before: Size, spatial: Size) -> tuple[Array, Size]:
        """(corner (m, axes), size) of a box of the output that holds all that the patches can change."""

    @abstractmethod
    def compute(self, crops: Crops, inputs: int, corner: Array, size: Size, before: Size) -> Array:
        """The values (m, *size, c) of the output's boxes."""


@dataclass(frozen=True, eq=False)
class Pointwise(LocalLayer):
    """Layers that act at each position alone, on one input or on several with the same positions."""

    layer: Layer

    def reach(self, patches: Sequence[Patch], before: Size, spatial: Size) -> tuple[Array, Size]:
        corner = np.minimum.reduce([p.corner for p in patches])
        end = np.maximum.reduce([p.corner + p.size for p in patches])
        size = tuple(int(n) for n in (end - corner).max(axis=0))
        return clamp(corner, size, spatial), size

    def compute(self, crops: Crops, inputs: int, corner: Array, size: Size, before: Size) -> Array:
        return self.layer.compute(*(crops(i, corner, size) for i in range(inputs)))


@dataclass(frozen=True, eq=False)
class Windowed(LocalLayer):
    """Convolution and pooling: outputs q with q stride - before <= last changed and first changed <= their end."""

    layer: Conv | Pool
    windows: Windows
    fill: float
    divisor: Array | None = None

    def reach(self, patches: Sequence[Patch], before: Size, spatial: Size) -> tuple[Array, Size]:
        (patch,) = patches
        pads = np.array([pair[0] for pair in self.windows.pads(before)])
        extents, strides = np.array(self.windows.extents()), np.array(self.windows.stride)
        first = -((extents - 1 - patch.corner - pads) // strides)  # ceil((corner + pad - extent + 1) / stride)
        size = tuple(
            min(-(-(m + e - 1) // s), n)
            for m, e, s, n in zip(patch.size, self.windows.extents(), self.windows.stride, spatial, strict=True)
        )
        return clamp(first, size, spatial), size

    def compute(self, crops: Crops, inputs: int, corner: Array, size: Size, before: Size) -> Array:
        pads = np.array([pair[0] for pair in self.windows.pads(before)])
        extents, strides = self.windows.extents(), self.windows.stride
        wanted = tuple((n - 1) * s + e for n, s, e in zip(size, strides, extents, strict=True))
        y = self.layer.compute(crops(0, corner * np.array(strides) - pads, wanted, self.fill))
        if self.divisor is None:
            return y
        return np.asarray(y / cut(self.divisor, np.zeros(len(corner), dtype=int), corner, size))


def local_layer(layer: Layer, xs: Sequence[Array]) -> LocalLayer | None:
    """The layer on boxes, for inputs of the shapes of xs (n, *spatial, c); None where a change reaches everything.

    None too where positions differ: an activation with slopes of its own at each, or inputs that are repeated along an
    axis (broadcast), of which a box of the output is no box.
    """
    x = xs[0]
    if any(other.shape[:-1] != x.shape[:-1] for other in xs):
        return None
    if isinstance(layer, Activation):
        same = all(set(value.shape[:-1]) <= {1} for value in layer.weights().values())
        return Pointwise(layer) if same else None
    if isinstance(layer, (BatchNorm, Dense, Dropout, Add, Multiply)):
        return Pointwise(layer)
    if isinstance(layer, LRN) and not layer.within_channel:
        return Pointwise(layer)
    if isinstance(layer, Concat) and layer.axis in (-1, x.ndim - 1):
        return Pointwise(layer)
    if isinstance(layer, Conv):
        return Windowed(replace(layer, padding="valid"), layer.windows, 0)
    if isinstance(layer, MaxPool):
        return Windowed(replace(layer, padding="valid", ceil=False), layer.windows, -np.inf)
    if isinstance(layer, AvgPool):
        inner = SumPool(layer.size, layer.stride)
        return Windowed(inner, layer.windows, 0, layer.linear(x[:1]).divisor)
    if isinstance(layer, SumPool):
        return Windowed(replace(layer, padding="valid", ceil=False), layer.windows, 0)
    return None
