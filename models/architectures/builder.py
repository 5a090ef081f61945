"""Nodes one behind the other, under the names that the published definitions give them."""

from __future__ import annotations

from typing import Any

import lrp
from lrp import layers as L
from models.architectures.weights import Weights


class Builder:
    """A network in the making. Every method adds nodes and returns the name of the last one."""

    def __init__(self, weights: Weights, shape: tuple[int, int, int], name: str = "data") -> None:
        self.weights = weights
        self.nodes = [lrp.Node(name, L.Input(shape))]
        self.shapes: dict[str, tuple[int, ...]] = {name: shape}
        self.last = name

    def add(self, name: str, layer: L.Layer, *inputs: str) -> str:
        """One node, behind the last one unless its inputs are named."""
        at = inputs or (self.last,)
        self.shapes[name] = layer.output_shape(*(self.shapes[i] for i in at))
        self.nodes.append(lrp.Node(name, layer, at))
        self.last = name
        return name

    def conv(self, name: str, size: int, outputs: int, at: str = "", relu: str = "", **settings: Any) -> str:
        """A convolution with bias, and a ReLU called `relu` (relu_<name> if not said)."""
        before = self.shapes[at or self.last][-1] // settings.get("groups", 1)
        kernel = self.weights.kernel(name, (size, size, before, outputs))
        self.add(name, L.Conv(kernel, self.weights.bias(name, outputs), **settings), *([at] if at else []))
        return self.add(relu or f"relu_{name}", L.ReLU())

    def dense(self, name: str, outputs: int, relu: str = "") -> str:
        """A fully connected layer; the first one flattens what is before it."""
        picture = self.shapes[self.last]
        if len(picture) > 1:
            self.add(f"{name}_flatten", L.Flatten())
        weight = self.weights.dense(name, picture, outputs)
        self.add(name, L.Dense(weight, self.weights.bias(name, outputs)))
        return self.add(relu, L.ReLU()) if relu else name

    def network(self, metadata: lrp.Metadata, dtype: str) -> lrp.Network:
        """The finished network."""
        return lrp.Network(self.nodes, metadata=metadata, dtype=dtype)


def mean_subtracted(*mean: float) -> lrp.Preprocessing:
    """Pixels from 0 to 255 in the order blue, green, red, less the mean: what Caffe's ImageNet networks take."""
    return lrp.Preprocessing(mean, (1.0,), "bgr")
