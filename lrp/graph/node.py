"""A node of the graph, and the order in which a graph can be computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lrp.errors import GraphError, did_you_mean
from lrp.layers import Input, Layer, Shape
from lrp.tables import shape_text


@dataclass(frozen=True)
class Node:
    """A name, a layer, and the names of the nodes whose outputs the layer takes, in order.

    Several nodes may have the same layer (shared weights). An `Input` layer has no inputs.
    """

    name: str
    layer: Layer
    inputs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "inputs", (self.inputs,) if isinstance(self.inputs, str) else tuple(self.inputs))

    def __repr__(self) -> str:
        shapes = "".join(f", {name} {shape_text(w.shape)}" for name, w in self.layer.weights().items())
        inputs = f"; from {', '.join(self.inputs)}" if self.inputs else ""
        return f"Node({self.name}: {type(self.layer).__name__}{shapes}{inputs})"


def in_order(nodes: list[Node]) -> list[Node]:
    """The nodes so that each comes after its inputs, otherwise as given; GraphError where that cannot be."""
    by_name: dict[str, Node] = {}
    for node in nodes:
        if node.name in by_name:
            raise GraphError(f"{node.name}: expected node names that differ, got this one twice")
        by_name[node.name] = node
    followers: dict[str, list[Node]] = {name: [] for name in by_name}
    missing = {}
    for node in nodes:
        if bool(node.inputs) == isinstance(node.layer, Input):
            raise GraphError(f"{node.name}: expected inputs for every node but Input nodes, got {node.inputs}")
        for name in node.inputs:
            if name not in by_name:
                raise GraphError(
                    f"{node.name}: its input {name!r} is no node; the nodes are {', '.join(by_name)}"
                    f"{did_you_mean(name, by_name)}"
                )
            followers[name].append(node)
        missing[node.name] = len(node.inputs)
    ready = [node for node in nodes if not node.inputs]
    for node in ready:  # the list grows during the loop
        for follower in followers[node.name]:
            missing[follower.name] -= 1
            if missing[follower.name] == 0:
                ready.append(follower)
    if len(ready) < len(nodes):
        stuck = [name for name, count in missing.items() if count]
        raise GraphError(f"network: expected no cycle, got one among {', '.join(stuck[:8])}")
    return ready


def chain(layers: Sequence[Layer], input_shape: Shape, names: Sequence[str] | None, tokens: bool) -> list[Node]:
    """Nodes in a row behind the node "input"; without names they are called dense1, relu1, dense2 ... in order."""
    if names is None:
        counts: dict[str, int] = {}
        names = []
        for layer in layers:
            kind = type(layer).__name__.lower()
            counts[kind] = counts.get(kind, 0) + 1
            names.append(f"{kind}{counts[kind]}")
    nodes = [Node("input", Input(tuple(input_shape), tokens))]
    nodes += [Node(name, layer, (above,)) for name, layer, above in zip(names, layers, ["input", *names], strict=False)]
    return nodes
