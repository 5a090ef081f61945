"""What a network tells about itself: its nodes by name, its table, its input from a file. Nothing is computed here."""

from __future__ import annotations

import os
from abc import ABC
from collections.abc import Iterator

from lrp.arrays import Array
from lrp.errors import InputError
from lrp.graph.composites import CompositeLike
from lrp.graph.composites import composite as as_composite
from lrp.graph.graph import Graph
from lrp.graph.input_files import read_input as read_file
from lrp.graph.neuron import NeuronView, neuron_view
from lrp.graph.node import Node
from lrp.graph.profiles import PROFILES
from lrp.graph.summary import size_text, summary_html, summary_text
from lrp.graph.trace import Explanation
from lrp.tables import shape_text


class DescribedGraph(ABC):
    """The base of Network: what depends on the graph and the name of the dtype alone."""

    graph: Graph
    dtype: str

    def __getitem__(self, name: str) -> Node:
        """The node of this name; GraphError for an unknown name."""
        return self.graph.node(name)

    def __contains__(self, name: object) -> bool:
        """Whether a node has this name."""
        return name in self.graph.nodes

    def __iter__(self) -> Iterator[str]:
        """The names of the nodes, in the order of computation."""
        return iter(self.graph.nodes)

    def __repr__(self) -> str:
        ends = [
            ", ".join(f"{n} {shape_text(self.graph.shapes[n])}" for n in ns)
            for ns in (self.graph.inputs, self.graph.outputs)
        ]
        return f"Network({size_text(self.graph, self.dtype)}; inputs: {ends[0]}; outputs: {ends[1]})"

    def _repr_html_(self) -> str:
        return summary_html(self.graph, self.dtype)

    def summary(self, composite: CompositeLike = None) -> str:
        """The table of the nodes, as `lrp info` prints it.

        Parameters
        ----------
        composite : CompositeLike
            Where given, a last column shows the rule that it assigns to each node.

        Returns
        -------
        str
            One line per node: name, layer, shape of one sample's output, number of weights, multiply-adds of one
            sample ("any" where they depend on the length of the input), inputs, settings.

        Examples
        --------
        >>> import numpy as np
        >>> from lrp.layers import Dense
        >>> from lrp import Network
        >>> print(Network.sequential([Dense(np.ones((3, 2)))], (3,)).summary("*=zero"))
        node    layer  output  weights  multiply-adds  from   settings                 rule
        input   Input  3                                      shape=(3,) tokens=False
        dense1  Dense  2             6              6  input  weight 3 x 2             zero
        """
        rules = {} if composite is None else as_composite(composite).assign(self.graph)
        return summary_text(self.graph, rules)

    def ancestors(self, name: str) -> set[str]:
        """The node itself and all nodes whose values it depends on."""
        return self.graph.ancestors(name)

    def read_input(self, path: str | os.PathLike[str], fit: bool = False) -> Array:
        """The network's input, float64 of shape (1, ...), from a picture file, prepared as the metadata states.

        Parameters
        ----------
        path : str or path
        fit : bool
            Resize the picture and convert its channels to those of the network, instead of raising ShapeError.

        Raises
        ------
        InputError, ShapeError, LoadError, MissingExtraError
            For a network that takes no picture or states no preprocessing, a picture that does not fit, a file that
            cannot be read, and without Pillow.
        """
        return read_file(path, self.graph, fit)

    def neuron(self, explanation: Explanation, name: str, index: int | tuple[int, ...], sample: int = 0) -> NeuronView:
        """What each input of one neuron contributed to it, and received of its relevance.

        Parameters
        ----------
        explanation : Explanation
            Of this network, with the activations of the node and of its inputs (`keep=None`).
        name : str
            The node.
        index : int or tuple of int
            The neuron's place in one sample's output of the node.
        sample : int

        Raises
        ------
        GraphError, InputError
            For an unknown node, an input, or an index outside of the output's shape.

        Examples
        --------
        >>> import numpy as np
        >>> from lrp import Network
        >>> from lrp.layers import Dense
        >>> network = Network.sequential([Dense(np.array([[1.0], [2.0]]), np.array([1.0]))], (2,))
        >>> explanation = network.explain(np.array([[3.0, 2.0]]), composite="*=zero")
        >>> print(network.neuron(explanation, "dense1", 0).table())
        dense1[0], zero
        input       x_i  z_ij  R_{i<-j}    share
        1             2     4         4   50.00%
        0             3     3         3   37.50%
        bias                          1   12.50%
        stabilizer                    0    0.00%
        dropped                       0    0.00%
        sum                 8         8  100.00%
        """
        node = self.graph.node(name)
        if name not in explanation.rules:
            raise InputError(f"{name}: expected a node with a rule in this explanation, got one without")
        held = (*node.inputs, name)
        missing = [n for n in held if n not in explanation.trace.values]
        if missing:
            raise InputError(f"{missing[0]}: its activation was not kept; explain with keep=None")
        values = [explanation.trace.values[n][sample : sample + 1] for n in held]
        layer = PROFILES[explanation.profile].backward_layer(node.layer)
        place = (index,) if isinstance(index, int) else tuple(index)
        R = explanation.relevances[name][sample : sample + 1]
        return neuron_view(name, layer, explanation.rules[name], tuple(values[:-1]), values[-1], R, place)
