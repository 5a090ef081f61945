"""Building a channels-last network from a description in another order of axes (Caffe, torch, Chainer, MATLAB, ONNX).

The file's own arrays are, say, (n, c, h, w); the layers of this package take (n, h, w, c). A `Tensor` is a node
together with the file's view of it, so that an axis the file names is found on the node's output. A `Permute` node
enters only where a layer needs another order than the one at hand: at the input of a convolution, in front of a
flatten (the framework's order of entries counts there), at an output.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.errors import LoadError, LrpError
from lrp.formats.container import quoted
from lrp.graph import Metadata, Network, Node
from lrp.layers import Dense, Flatten, Input, Layer, Permute, Reshape, Shape

LONGEST_REASON = 600  # characters of an error message: a reason may quote settings of the file
LARGEST_ACTIVATION = 2**31  # entries of one sample: a network with more is refused


@dataclass(frozen=True)
class Tensor:
    """A node's output as the file sees it.

    shape: the file's shape, the samples included (None there, and wherever a length is free). axes[i]: which of the
    file's axes the node's axis i is; the node's axis 0 holds the samples, wherever they are in the file.
    """

    node: str
    shape: Shape
    axes: tuple[int, ...]

    @property
    def rank(self) -> int:
        """The number of axes, the samples included."""
        return len(self.shape)

    @property
    def plain(self) -> bool:
        """Whether the node's axes are in the file's order."""
        return self.axes == tuple(range(self.rank))

    def position(self, axis: int) -> int:
        """The position of the file's axis on the node's output."""
        return self.axes.index(axis % self.rank)


def channels_last(rank: int) -> tuple[int, ...]:
    """The axes (n, c, *spatial) of a file in this package's order: (0, 2, ..., 1)."""
    return (0, *range(2, rank), 1) if rank > 1 else (0,)


class Builder:
    """Collects nodes; every error is a LoadError that names the file and the layer."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._nodes: dict[str, Node] = {}
        self.shapes: dict[str, Shape] = {}
        self._permuted: dict[tuple[str, tuple[int, ...]], str] = {}

    def fail(self, layer: str, reason: str) -> LoadError:
        """The error to raise about a layer."""
        shown = reason if len(reason) <= LONGEST_REASON else f"{reason[:LONGEST_REASON]}..."
        return LoadError(f"{self.name}: layer {quoted(layer)}: {shown}")

    def named(self, name: str) -> Node:
        """A node that has been placed."""
        return self._nodes[name]

    def node(self, tensor: Tensor) -> Node:
        """The node that a value is the output of."""
        return self._nodes[tensor.node]

    def _unused(self, name: str) -> str:
        """The name, with a number where it is taken."""
        unused, count = name, 1
        while unused in self.shapes:
            count += 1
            unused = f"{name}_{count}"
        return unused

    def input(self, name: str, shape: Shape, tokens: bool = False, axes: tuple[int, ...] | None = None) -> Tensor:
        """An input whose arrays have the file's own shape and order (the samples first, and not part of `shape`)."""
        whole = (None, *shape)
        if len(shape) > 8 or any(n is not None and not 1 <= n <= LARGEST_ACTIVATION for n in shape):
            raise self.fail(name, f"expected an input of at most 8 axes of positive lengths, got {shape}")
        node = self._place(name, Input(shape, tokens), ())
        return Tensor(node, whole, tuple(range(len(whole))) if axes is None else axes)

    def _place(self, name: str, layer: Layer, inputs: tuple[str, ...]) -> str:
        """A new node, its shape checked against the layer's."""
        node = self._unused(name)
        try:
            shape = layer.output_shape(*(self.shapes[i] for i in inputs))
        except LrpError as error:
            raise self.fail(name, str(error)) from None
        except (ValueError, TypeError):
            raise self.fail(name, f"a {type(layer).__name__} layer does not take {len(inputs)} inputs") from None
        if math.prod(n for n in shape if n is not None) > LARGEST_ACTIVATION:
            raise self.fail(name, f"an output of shape {shape} a sample is too large to be meant; it is refused")
        self._nodes[node] = Node(node, layer, inputs)
        self.shapes[node] = shape
        return node

    def make(self, name: str, kind: type[Layer], **arguments: Any) -> Layer:
        """A layer; what its constructor refuses is an error about `name`."""
        try:
            return kind(**arguments)
        except (LrpError, ValueError, TypeError, OverflowError) as error:
            raise self.fail(name, str(error)) from None

    def add(self, name: str, layer: Layer, *inputs: Tensor, axes: tuple[int, ...] | None = None) -> Tensor:
        """A layer on the nodes as they are. axes: the file's view of its output; left out, that of the first input."""
        node = self._place(name, layer, tuple(tensor.node for tensor in inputs))
        view = inputs[0].axes if axes is None else axes
        lengths = (None, *self.shapes[node])
        if len(view) != len(lengths):
            raise self.fail(name, f"expected an output of {len(view)} axes, got {lengths}")
        shape: list[int | None] = [None] * len(view)
        for axis, length in zip(view, lengths, strict=True):
            shape[axis] = length
        return Tensor(node, tuple(shape), view)

    def arranged(self, tensor: Tensor, axes: tuple[int, ...]) -> Tensor:
        """The same value with its axes in another order on the node's side; axes[0] must be the samples'."""
        if tensor.axes == axes:
            return tensor
        if axes[0] != tensor.axes[0]:
            raise self.fail(tensor.node, "its samples are not on the first axis, where they are needed")
        key = (tensor.node, tuple(tensor.axes.index(axis) for axis in axes[1:]))
        if key not in self._permuted:
            self._permuted[key] = self._place(f"{tensor.node}_permuted", Permute(key[1]), (tensor.node,))
        return Tensor(self._permuted[key], tensor.shape, axes)

    def plain(self, tensor: Tensor) -> Tensor:
        """The same value in the file's order."""
        return self.arranged(tensor, tuple(range(tensor.rank)))

    def last(self, tensor: Tensor) -> Tensor:
        """The same value of a channels-first file with its channels last."""
        return self.arranged(tensor, channels_last(tensor.rank))

    def alike(self, tensors: Iterable[Tensor]) -> list[Tensor]:
        """Several values of one rank in the order of the first."""
        given = list(tensors)
        if len({tensor.rank for tensor in given}) != 1:
            raise self.fail(given[0].node, f"expected values with equally many axes, got {[t.shape for t in given]}")
        return [self.arranged(tensor, given[0].axes) for tensor in given]

    def renamed(self, tensor: Tensor, order: tuple[int, ...]) -> Tensor:
        """The file's transpose, its axis i the former order[i]: nothing moves, only the view changes."""
        shape = tuple(tensor.shape[axis] for axis in order)
        return Tensor(tensor.node, shape, tuple(order.index(axis) for axis in tensor.axes))

    def constant(self, name: str, tensor: Tensor, values: Array) -> Array:
        """An array that the file broadcasts to the tensor, for one sample of its node: in the node's order."""
        if values.ndim > tensor.rank:
            raise self.fail(name, f"expected numbers that broadcast to {tensor.shape}, got shape {values.shape}")
        whole = values.reshape((1,) * (tensor.rank - values.ndim) + values.shape)
        if whole.shape[tensor.axes[0]] != 1:
            raise self.fail(name, f"expected the same numbers for all samples, got shape {values.shape}")
        sample = whole.transpose(tensor.axes)[0]
        while sample.ndim and sample.shape[0] == 1:
            sample = sample[0]
        return sample

    def reshaped(self, name: str, tensor: Tensor, shape: tuple[int, ...]) -> Tensor:
        """One sample's entries, in the file's order, in another shape."""
        moved = [axis for axis in tensor.axes if tensor.shape[axis] != 1 or axis == tensor.axes[0]]
        # axes of length 1 may be anywhere: the order of the entries is the same
        plain = tensor if moved == sorted(moved) and moved[0] == 0 else self.plain(tensor)
        flat = len(shape) == 1 and plain.rank > 2
        layer = Flatten() if flat else self.make(name, Reshape, shape=shape)
        return self.add(name, layer, plain, axes=tuple(range(len(shape) + 1)))

    def flattened(self, name: str, tensor: Tensor) -> Tensor:
        """One sample's entries in one row, in the file's order."""
        return tensor if tensor.rank == 2 else self.reshaped(name, tensor, (-1,))

    def dense(self, name: str, tensor: Tensor, weight: Array, bias: Array | None) -> Tensor:
        """z = x @ weight + bias on the file's last axis; weight (in, out). The samples may be on any axis before."""
        samples, last = tensor.axes[0], tensor.rank - 1
        order = (samples, *(axis for axis in range(last) if axis != samples), last)
        if samples == last:
            raise self.fail(name, "expected features on the last axis, found the samples there")
        return self.add(name, self.make(name, Dense, weight=weight, bias=bias), self.arranged(tensor, order))

    def network(self, outputs: Mapping[str, Tensor], metadata: Metadata, dtype: str) -> Network:
        """The network; its outputs have the file's order of axes. Nodes that no output needs are left out."""
        ends = [self.plain(tensor).node for tensor in outputs.values()]
        needed, waiting = set(), list(ends)
        while waiting:
            name = waiting.pop()
            if name not in needed:
                needed.add(name)
                waiting.extend(self._nodes[name].inputs)
        nodes = [node for node in self._nodes.values() if node.name in needed or isinstance(node.layer, Input)]
        try:
            return Network(nodes, tuple(dict.fromkeys(ends)), metadata, dtype)
        except LrpError as error:
            raise LoadError(f"{self.name}: {error}") from None


def floats(values: Array) -> Array:
    """Numbers of a file as float64, so that what a loader computes with them does not round to float32."""
    return np.asarray(values, dtype=np.float64)
