"""A graph: named layers in an order in which they can be computed, and the shapes between them. No arithmetic."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lrp import arrays
from lrp.errors import GraphError, InputError, LrpError, did_you_mean
from lrp.graph.metadata import Metadata
from lrp.graph.node import Node, in_order
from lrp.layers import Input, Layer, Shape


class Graph:
    """Nodes in an order in which they can be computed. Nothing of it changes after it is made.

    Parameters
    ----------
    nodes : in any order
    outputs : the names of the outputs; by default the nodes that no other node takes
    metadata : classes, input range, preprocessing
    dtype : "float64", "float32" or "exact": the weights are cast once

    Raises
    ------
    GraphError
        If the nodes do not form a directed acyclic graph with inputs and outputs.
    ShapeError, InputError
        For a node that does not fit its inputs, or weights that are not finite; the sentence names the node.
    """

    def __init__(
        self,
        nodes: Iterable[Node],
        outputs: Sequence[str] | None = None,
        metadata: Metadata = Metadata(),
        dtype: str = "float64",
    ) -> None:
        if dtype not in (*arrays.FLOATS, "exact"):
            raise InputError(f"network: expected dtype 'float64', 'float32' or 'exact', got {dtype!r}")
        ordered = in_order(list(nodes))
        cast: dict[int, Layer] = {}  # a layer shared by several nodes stays one layer
        for node in ordered:
            cast.setdefault(id(node.layer), node.layer.astype(dtype))
        self.nodes = {node.name: Node(node.name, cast[id(node.layer)], node.inputs) for node in ordered}
        self.sources = {n.name: n.layer for n in self.nodes.values() if isinstance(n.layer, Input)}
        self.inputs = tuple(self.sources)
        taken = {name for node in ordered for name in node.inputs}
        self.outputs = tuple(outputs) if outputs is not None else tuple(n.name for n in ordered if n.name not in taken)
        self.metadata, self.dtype = metadata, dtype
        unknown = [name for name in self.outputs if name not in self.nodes]
        if unknown or not self.outputs or not self.inputs:
            raise GraphError(
                f"network: expected at least one input and outputs among its nodes, got inputs {self.inputs} and "
                f"outputs {self.outputs}; the nodes are {', '.join(self.nodes)}"
            )
        self.shapes = self._shapes()

    def _shapes(self) -> dict[str, Shape]:
        """The shape of one sample of each node's output."""
        shapes: dict[str, Shape] = {}
        for node in self.nodes.values():
            for name, weight in node.layer.weights().items():
                arrays.check_finite(weight, f"{node.name}: {name}")
            try:
                shapes[node.name] = node.layer.output_shape(*(shapes[i] for i in node.inputs))
            except LrpError as error:
                raise type(error)(f"{node.name}: {error}") from None
            except ValueError:
                raise GraphError(
                    f"{node.name}: a {type(node.layer).__name__} layer does not take {len(node.inputs)} inputs"
                ) from None
        return shapes

    def ancestors(self, name: str) -> set[str]:
        """The node itself and all nodes that its value depends on."""
        found, waiting = set(), [name]
        while waiting:
            current = waiting.pop()
            if current not in found:
                found.add(current)
                waiting.extend(self.nodes[current].inputs)
        return found

    def check_names(self, names: Iterable[str], subject: str) -> set[str]:
        """The names as a set; GraphError for one that no node has."""
        wanted = set(names)
        for name in sorted(wanted - set(self.nodes)):
            raise GraphError(
                f"{subject}: expected names among {', '.join(self.nodes)}, got {name}{did_you_mean(name, self.nodes)}"
            )
        return wanted
