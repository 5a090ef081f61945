"""Where an architecture's weights come from: a seeded generator, a native file, a Caffe file, or arrays by name."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

import numpy as np

import lrp
from lrp.arrays import Array
from lrp.errors import LoadError
from lrp.formats.container import open_file


class Weights(ABC):
    """Weights by the name of the layer, in our layout: kernels (*kernel, in/groups, out), dense (in, out)."""

    @abstractmethod
    def kernel(self, name: str, shape: tuple[int, ...]) -> Array:
        """The weight of a layer, of this very shape."""

    @abstractmethod
    def bias(self, name: str, size: int) -> Array:
        """Its bias."""

    def dense(self, name: str, picture: tuple[int, ...], outputs: int) -> Array:
        """The weight of a dense layer behind a flattened picture (h, w, c), or behind a row (in,)."""
        return self.kernel(name, (prod(picture), outputs))


class Seeded(Weights):
    """Random weights that keep the size of the activations (He et al. 2015); each layer's depend on its name alone."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def _draw(self, name: str, part: int, shape: tuple[int, ...], scale: float) -> Array:
        random = np.random.default_rng([self.seed, part, *name.encode()])
        return random.standard_normal(shape, dtype=np.float32) * np.float32(scale)

    def kernel(self, name: str, shape: tuple[int, ...]) -> Array:
        return self._draw(name, 0, shape, np.sqrt(2 / prod(shape[:-1])))

    def bias(self, name: str, size: int) -> Array:
        return self._draw(name, 1, (size,), 0.1)


@dataclass(frozen=True)
class Arrays(Weights):
    """Arrays in Caffe's layout by name: kernels (out, in/groups, h, w), dense (out, in), inputs c, h, w."""

    kernels: Mapping[str, Array]
    biases: Mapping[str, Array]

    def kernel(self, name: str, shape: tuple[int, ...]) -> Array:
        stored = self._get(self.kernels, name)
        weight = stored.transpose(*range(2, stored.ndim), 1, 0)  # (out, in, *kernel) -> (*kernel, in, out)
        return self._fitting(name, weight, shape)

    def dense(self, name: str, picture: tuple[int, ...], outputs: int) -> Array:
        stored = self._get(self.kernels, name)
        rows = self._fitting(name, stored.reshape(-1, stored.shape[-1]), (outputs, prod(picture)))
        channels_first = rows.reshape(outputs, picture[-1], *picture[:-1])
        return np.moveaxis(channels_first, 1, -1).reshape(outputs, -1).T

    def bias(self, name: str, size: int) -> Array:
        return self._fitting(name, self._get(self.biases, name).reshape(-1), (size,))

    def _get(self, arrays: Mapping[str, Array], name: str) -> Array:
        if name not in arrays:
            raise LoadError(f"weights: expected a layer {name!r}, found {', '.join(sorted(arrays)) or 'none'}")
        return arrays[name]

    def _fitting(self, name: str, array: Array, shape: tuple[int, ...]) -> Array:
        if array.shape != shape:
            raise LoadError(f"weights of {name!r}: expected shape {shape}, got {array.shape}; is it another network?")
        return array


def caffe(path: str | os.PathLike[str], trusted: bool = False) -> Arrays:
    """The blobs of a file that Caffe's Net::ToHDF5 wrote (.caffemodel.h5): /data/<layer>/0 the weight, 1 the bias."""
    kernels, biases = {}, {}
    with open_file(path, trusted) as file:
        names = list(file.children("/data"))
        for name in names:
            inner = file.children(f"/data/{name}")
            if "0" not in inner and inner:  # a name with slashes is a path of groups
                names.extend(f"{name}/{part}" for part in inner)
                continue
            if "0" in inner:
                kernels[name] = file.array(f"/data/{name}/0")
            if "1" in inner:
                biases[name] = file.array(f"/data/{name}/1")
    return Arrays(kernels, biases)


class Native(Weights):
    """The weights of the nodes of the same names in a native HDF5 file."""

    def __init__(self, path: str | os.PathLike[str], trusted: bool = False) -> None:
        self.network = lrp.load(path, dtype="float32", trusted=trusted)

    def _of(self, name: str, argument: str, shape: tuple[int, ...]) -> Array:
        node = self.network.nodes.get(name)
        stored = {} if node is None else node.layer.weights()
        if argument not in stored or stored[argument].shape != shape:
            found = stored[argument].shape if argument in stored else "nothing"
            raise LoadError(
                f"weights of {name!r}: expected a {argument} of shape {shape}, got {found}; is it another network?"
            )
        return stored[argument]

    def kernel(self, name: str, shape: tuple[int, ...]) -> Array:
        return self._of(name, "weight", shape)

    def bias(self, name: str, size: int) -> Array:
        return self._of(name, "bias", (size,))
