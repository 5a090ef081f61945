"""The graph of a network: its nodes in an order of computation, and the shape of each node's output."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lrp.errors import GraphError, LrpError, TargetError, did_you_mean
from lrp.graph.metadata import Metadata
from lrp.graph.node import Node, in_order
from lrp.layers import Input, Shape, Softmax


@dataclass(frozen=True, eq=False)
class Graph:
    """Named nodes, each after its inputs; a value that does not change and computes nothing.

    nodes, shapes: by name; shapes: of one sample's output, None for a free length. inputs, outputs: names in order.
    Made by `Graph.of`, which checks what it is given.
    """

    nodes: Mapping[str, Node]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    shapes: Mapping[str, Shape]
    metadata: Metadata

    @classmethod
    def of(cls, nodes: Iterable[Node], outputs: Sequence[str] | None = None, metadata: Metadata = Metadata()) -> Graph:
        """The graph of nodes in any order; outputs: the nodes that no other takes, if not given.

        GraphError if the nodes do not form a directed acyclic graph with at least one input and known outputs,
        ShapeError where a node does not fit its inputs.
        """
        by_name = {node.name: node for node in in_order(list(nodes))}
        inputs = tuple(node.name for node in by_name.values() if isinstance(node.layer, Input))
        taken = {name for node in by_name.values() for name in node.inputs}
        ends = tuple(name for name in by_name if name not in taken) if outputs is None else tuple(outputs)
        unknown = [name for name in ends if name not in by_name]
        if unknown or not ends or not inputs:
            hint = did_you_mean(unknown[0], by_name) if unknown else ""
            raise GraphError(
                f"network: expected at least one input and outputs among its nodes, got inputs {inputs} and outputs"
                f" {ends}; the nodes are {', '.join(by_name)}{hint}"
            )
        return cls(by_name, inputs, ends, _shapes(by_name), metadata)

    def node(self, name: str) -> Node:
        """The node of this name; GraphError where there is none."""
        if name not in self.nodes:
            raise GraphError(
                f"node: expected one of {', '.join(self.nodes)}, got {name!r}{did_you_mean(name, self.nodes)}"
            )
        return self.nodes[name]

    def ancestors(self, name: str) -> set[str]:
        """The node itself and all nodes whose values it depends on."""
        found, waiting = set(), [name]
        while waiting:
            current = waiting.pop()
            if current not in found:
                found.add(current)
                waiting.extend(self.nodes[current].inputs)
        return found

    def kept_nodes(self, keep: Iterable[str] | None) -> set[str] | None:
        """The named nodes with inputs and outputs; None, all nodes, for None. GraphError for an unknown name."""
        names = None if keep is None else {*self.inputs, *self.outputs, *keep}
        if names is not None and (unknown := sorted(names - set(self.nodes))):
            raise GraphError(
                f"keep: expected names among {', '.join(self.nodes)}, got {', '.join(unknown)}"
                f"{did_you_mean(unknown[0], self.nodes)}"
            )
        return names

    def explained_node(self, output: str | None) -> tuple[str, str]:
        """The node where the backward pass starts, and a note in words.

        It is the output (the first by default), or the node of the logits below a final softmax. TargetError for a
        name that is no output.
        """
        name = self.outputs[0] if output is None else output
        if name not in self.outputs:
            raise TargetError(
                f"output: expected one of {', '.join(self.outputs)}, got {name!r}{did_you_mean(name, self.outputs)}"
            )
        node = self.nodes[name]
        if isinstance(node.layer, Softmax):
            return node.inputs[0], f"the softmax {name} is passed over; "
        return name, ""


def _shapes(nodes: Mapping[str, Node]) -> dict[str, Shape]:
    """The shape of one sample's output of each node; errors name the node."""
    shapes: dict[str, Shape] = {}
    for node in nodes.values():
        try:
            shapes[node.name] = node.layer.output_shape(*(shapes[name] for name in node.inputs))
        except LrpError as error:
            raise type(error)(f"{node.name}: {error}") from None
        except ValueError:
            kind = type(node.layer).__name__
            raise GraphError(f"{node.name}: a {kind} layer does not take {len(node.inputs)} inputs") from None
    return shapes
