"""A place in the graph, and the order in which a graph can be computed."""

from __future__ import annotations

from dataclasses import dataclass

from lrp.errors import GraphError
from lrp.layers import Input, Layer


@dataclass(frozen=True)
class Node:
    """A place in the graph: a name, the layer that computes there, and the nodes whose outputs it takes, in order.

    The same layer may stand at several nodes (shared weights). An `Input` layer has no inputs.
    """

    name: str
    layer: Layer
    inputs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "inputs", (self.inputs,) if isinstance(self.inputs, str) else tuple(self.inputs))


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
                raise GraphError(f"{node.name}: its input {name!r} is no node; the nodes are {', '.join(by_name)}")
            followers[name].append(node)
        missing[node.name] = len(node.inputs)
    ready = [node for node in nodes if not node.inputs]
    for node in ready:  # grows while it is walked
        for follower in followers[node.name]:
            missing[follower.name] -= 1
            if missing[follower.name] == 0:
                ready.append(follower)
    if len(ready) < len(nodes):
        stuck = [name for name, count in missing.items() if count]
        raise GraphError(f"network: expected no cycle, got one among {', '.join(stuck[:8])}")
    return ready
