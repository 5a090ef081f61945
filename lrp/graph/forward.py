"""The forward pass of a graph, and the cast of its weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lrp import arrays
from lrp.arrays import Array
from lrp.graph.backward import ProgressCallback
from lrp.graph.graph import Graph
from lrp.graph.node import Node
from lrp.layers import Layer


def activations(graph: Graph, inputs: Mapping[str, Array], on_node: ProgressCallback | None) -> dict[str, Array]:
    """The activation of every node by name, from those of the inputs, in a new dict."""
    values = dict(inputs)
    for node in graph.nodes.values():
        if node.inputs:
            if on_node is not None:
                on_node(node.name)
            values[node.name] = node.layer.compute(*(values[name] for name in node.inputs))
    return values


def cast_weights(nodes: Sequence[Node], dtype: str) -> list[Node]:
    """The nodes with weights of this dtype; a layer that several nodes share stays one layer."""
    cast: dict[int, Layer] = {}
    for node in nodes:
        if id(node.layer) not in cast:
            cast[id(node.layer)] = layer = node.layer.astype(dtype)
            for name, weight in layer.weights().items():
                arrays.check_finite(weight, f"{node.name}: {name}")
    return [Node(node.name, cast[id(node.layer)], node.inputs) for node in nodes]
