"""The forward pass of an input of which a box has changed: only what the box can reach is computed again.

Each node keeps its value for the unchanged input. A change enters as boxes of equal size (at a different place in each
sample) and goes up from layer to layer: a convolution recomputes the windows that see the box, a pooling layer too,
elementwise layers the box itself. Where the box has grown to most of the array, and at layers that mix all positions
(flatten, dense, global pooling), the node is computed as a whole. The arithmetic of each output is the same as in a
plain forward pass, up to the order in which a matrix product adds.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.graph import Network, Node
from lrp.layers import Input
from lrp.methods.perturbation.local_layers import LocalLayer, local_layer
from lrp.methods.score import logit_node, single_input
from lrp.methods.tools import Patch, Size, covered_fraction, cut, layout, overlay, paste

WHOLE = 0.6  # above this fraction of the array a box costs as much as all of it: cutting it out takes time too


class SharedForward:
    """The logits of changed copies of one batch x (n, ...), in the network's own layout.

    Patches are channels-last, in the input's own units. variants() leaves the batch as it is; replace() changes it for
    good, so that perturbations add up. Not for several threads: replace() writes into the kept values.
    """

    def __init__(self, network: Network, x: Any) -> None:
        name = single_input(network, "shared forward")
        self.network, self.output = network, logit_node(network)
        self.values = dict(network.forward(x).values)
        at = layout(network, name)
        self.source = name
        if at.axes is not None:
            self.source = next(node.name for node in network.nodes.values() if name in node.inputs)
        needed = network.ancestors(self.output)
        self.nodes = [n for n in network.nodes.values() if n.name in needed and not isinstance(n.layer, Input)]
        self.nodes = [n for n in self.nodes if n.name != self.source]
        # a layer may hand on its input's memory, and Permute a view of it: replace() must not write through
        self.values = {key: np.array(value) for key, value in self.values.items() if key in needed}
        self.local: dict[str, LocalLayer | None] = {}
        for node in self.nodes:
            xs = [self.values[name] for name in node.inputs]
            self.local[node.name] = local_layer(node.layer, xs) if xs[0].ndim > 2 else None

    def copy(self) -> SharedForward:
        """The same batch with kept values of its own, so that replace() on one does not reach the other."""
        twin = copy.copy(self)
        twin.values = {name: value.copy() for name, value in self.values.items()}
        return twin

    @property
    def x(self) -> Array:
        """The batch with all replacements, channels-last."""
        return self.values[self.source]

    @property
    def logits(self) -> Array:
        """(n, ...) the outputs for the batch with all replacements, before a final softmax."""
        return self.values[self.output]

    def variants(self, patch: Patch, rows: Array) -> Array:
        """(m, ...) the logits of the samples `rows` (m,), each with its box of the patch in it."""
        changes = self._changes(patch, rows)
        change = changes.get(self.output)
        return self._full(self.output, changes, rows) if isinstance(change, Patch) or change is None else change

    def replace(self, patch: Patch) -> Array:
        """(n, ...) the logits of the batch with each sample's box in it; the batch stays so."""
        rows = np.arange(len(self.x))
        for name, change in self._changes(patch, rows).items():
            if isinstance(change, Patch):
                paste(self.values[name], rows, change)
            else:
                self.values[name] = change
        return np.array(self.logits)

    def _changes(self, patch: Patch, rows: Array) -> dict[str, Patch | Array]:
        """The new values of every node that the patch reaches: boxes, or the whole array."""
        changes: dict[str, Patch | Array] = {self.source: patch}
        for node in self.nodes:
            touched = [name for name in node.inputs if name in changes]  # never empty: there is one input
            changes[node.name] = self._node(node, touched, changes, rows)
        return changes

    def _node(self, node: Node, touched: list[str], changes: dict[str, Patch | Array], rows: Array) -> Patch | Array:
        """One node's new value."""
        patches = [change for name in touched if isinstance(change := changes[name], Patch)]
        local = self.local[node.name]
        if local is not None and len(patches) == len(touched):
            before, spatial = self.values[node.inputs[0]].shape[1:-1], self.values[node.name].shape[1:-1]
            corner, size = local.reach(patches, before, spatial)
            if covered_fraction(size, spatial) < WHOLE:

                def crops(index: int, corner: Array, size: Size, fill: float = 0) -> Array:
                    name = node.inputs[index]
                    crop = cut(self.values[name], rows, corner, size, fill)
                    change = changes.get(name)
                    return overlay(crop, corner, change) if isinstance(change, Patch) else crop

                return Patch(corner, local.compute(crops, len(node.inputs), corner, size, before))
        return node.layer.compute(*(self._full(name, changes, rows) for name in node.inputs))

    def _full(self, name: str, changes: dict[str, Patch | Array], rows: Array) -> Array:
        """A node's whole new value."""
        change = changes.get(name)
        if isinstance(change, Patch):
            whole = self.values[name][rows]
            paste(whole, np.arange(len(rows)), change)
            return whole
        return self.values[name][rows] if change is None else change
