"""A network: named layers in a directed acyclic graph, its forward pass, its gradient, its explanation."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import InputError
from lrp.graph.backward import ProgressCallback, backward, input_signals
from lrp.graph.batches import cut_batches
from lrp.graph.composites import CompositeLike
from lrp.graph.composites import composite as as_composite
from lrp.graph.graph import Graph
from lrp.graph.input_files import read_input as read_file
from lrp.graph.inputs import InputLike, like_input, normalize_inputs
from lrp.graph.metadata import Metadata
from lrp.graph.node import Node
from lrp.graph.profiles import Profile
from lrp.graph.profiles import profile as as_profile
from lrp.graph.relevance import propagate_relevance
from lrp.graph.rule_cache import RuleCache
from lrp.graph.start import StartLike
from lrp.graph.start import start as as_start
from lrp.graph.summary import size_text, summary_html, summary_text
from lrp.graph.target import TargetLike, picked, target_numbers
from lrp.graph.trace import Explanation, Gradient, Trace
from lrp.layers import Input, Layer, Shape
from lrp.tables import shape_text


class Network:
    """A graph of layers in one arithmetic. It never changes, so that threads may share it.

    Parameters
    ----------
    nodes : iterable of Node
        In any order.
    outputs : sequence of str, optional
        The names of the outputs; by default the nodes that no other node takes.
    metadata : Metadata
        Class names, input range, preprocessing.
    dtype : "float64", "float32" or "exact"
        The arithmetic. Weights are cast once, inputs at each call.

    Raises
    ------
    GraphError
        If the nodes do not form a directed acyclic graph.
    ShapeError
        If a node does not fit its inputs.
    InputError
        For weights that are not finite, and for an unknown dtype.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp.layers import Dense, ReLU
    >>> layers = [Dense(np.array([[1.0, -1.0], [2.0, 0.5]])), ReLU(), Dense(np.array([[1.0], [3.0]]))]
    >>> network = Network.sequential(layers, (2,))
    >>> network
    Network(4 nodes, 6 weights, float64; inputs: input 2; outputs: dense2 1)
    >>> network["dense1"].inputs
    ('input',)
    >>> network.explain(np.array([[3.0, 1.0]]), composite="*=zero").relevance
    array([[3., 2.]])
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
        self.dtype = dtype
        self.graph = Graph.of(_cast(list(nodes), dtype), outputs, metadata)
        self.nodes, self.shapes, self.metadata = self.graph.nodes, self.graph.shapes, self.graph.metadata
        self.inputs, self.outputs = self.graph.inputs, self.graph.outputs
        self._input_layers = {n.name: n.layer for n in self.nodes.values() if isinstance(n.layer, Input)}
        self._rules = RuleCache(self.graph)

    @classmethod
    def sequential(
        cls,
        layers: Sequence[Layer],
        input_shape: Shape,
        names: Sequence[str] | None = None,
        metadata: Metadata = Metadata(),
        dtype: str = "float64",
        tokens: bool = False,
    ) -> Network:
        """A chain of layers behind one input of `input_shape`, the shape of one sample.

        Without names the layers are called dense1, relu1, dense2 ... in order. tokens: whether the input is integers
        that index an embedding.
        """
        if names is None:
            counts: dict[str, int] = {}
            names = []
            for layer in layers:
                kind = type(layer).__name__.lower()
                counts[kind] = counts.get(kind, 0) + 1
                names.append(f"{kind}{counts[kind]}")
        chain = ["input", *names]
        nodes = [Node("input", Input(tuple(input_shape), tokens))]
        nodes += [Node(name, layer, (before,)) for name, layer, before in zip(names, layers, chain, strict=False)]
        return cls(nodes, metadata=metadata, dtype=dtype)

    def __getitem__(self, name: str) -> Node:
        """The node of this name; GraphError for an unknown name."""
        return self.graph.node(name)

    def __contains__(self, name: object) -> bool:
        """Whether a node has this name."""
        return name in self.nodes

    def __iter__(self) -> Iterator[str]:
        """The names of the nodes, in the order of computation."""
        return iter(self.nodes)

    def __repr__(self) -> str:
        ends = [", ".join(f"{n} {shape_text(self.shapes[n])}" for n in ns) for ns in (self.inputs, self.outputs)]
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
        >>> print(Network.sequential([Dense(np.ones((3, 2)))], (3,)).summary("*=zero"))
        node    layer  output  weights  multiply-adds  from   settings                 rule
        input   Input  3                                      shape=(3,) tokens=False
        dense1  Dense  2             6              6  input  weight 3 x 2             zero
        """
        rules = {} if composite is None else as_composite(composite).assign(self.graph)
        return summary_text(self.graph, rules)

    def astype(self, dtype: str) -> Network:
        """The same network in another arithmetic: "float64", "float32" or "exact"."""
        return Network(self.nodes.values(), self.outputs, self.metadata, dtype)

    def exact(self) -> Network:
        """The same network in rational arithmetic: arrays of fractions.Fraction, a ledger that closes with ==."""
        return self.astype("exact")

    def ancestors(self, name: str) -> set[str]:
        """The node itself and all nodes whose values it depends on."""
        return self.graph.ancestors(name)

    def read_input(self, path: str | os.PathLike[str], fit: bool = False) -> Array:
        """The network's input from a picture file, prepared as the network's metadata states.

        Parameters
        ----------
        path : str or path
            A .png, .jpg or .jpeg file.
        fit : bool
            Resize the picture and convert its channels to those of the network, instead of raising ShapeError.

        Returns
        -------
        Array
            float64 of shape (1, h, w, c), or (1, c, h, w) if the network's input has the channels first.

        Raises
        ------
        InputError
            If the network does not take a single picture, or has no preprocessing in its metadata.
        ShapeError
            If the picture has another size or other channels, and fit is False.
        LoadError
            If the file cannot be read.
        MissingExtraError
            If Pillow is not installed.
        """
        return read_file(path, self.graph, fit)

    def forward(self, x: InputLike, on_node: ProgressCallback | None = None) -> Trace:
        """The activation of every node.

        Parameters
        ----------
        x : InputLike
            An array with the samples first; for several inputs a tuple in order or a dict by name.
        on_node : callable, optional
            Called with each node's name before it is computed.

        Returns
        -------
        Trace
            `values` by node name. The arrays belong to the trace: later calls only read them.

        Raises
        ------
        InputError, ShapeError
            For an x that the network does not take.
        """
        return Trace(self._activations(x, on_node), self.outputs, self.inputs, self.metadata)

    def explain(
        self,
        x: InputLike,
        target: TargetLike = None,
        composite: CompositeLike = None,
        *,
        start: StartLike | None = None,
        output: str | None = None,
        profile: Profile | str = "paper",
        keep: Iterable[str] | None = None,
        on_node: ProgressCallback | None = None,
    ) -> Explanation:
        """Layer-wise relevance propagation from one output of each sample down to x.

            f(x) = ... = sum_d R_d^(l+1) = sum_d R_d^(l) = ... = sum_d R_d^(1)     up to what the ledger names

        Source: Bach et al. 2015, conservation from layer to layer

        A final softmax is passed over: the logits are explained. Does not choose a composite that fits the network.

        Parameters
        ----------
        x : InputLike
            An array with the samples first; for several inputs a tuple in order or a dict by name.
        target : TargetLike
            The number or class name of the output, or one per sample, or a tuple that indexes one sample's output;
            None: each sample's largest logit.
        composite : CompositeLike
            The rule of each node: a name, lines such as "conv*=gamma *=epsilon", (pattern, rule) pairs, or one rule for
            all nodes that need one; None: the profile's, `lrp.graph.DEFAULT_COMPOSITE` for "paper".
        start : Start, str, float or array, optional
            The relevance of the output: "logit" (its own value), "relu", "one", "contrastive", a number, or an array of
            the logits' shape; None: the profile's, "logit" for "paper".
        output : str, optional
            The name of the output to explain; None: the first.
        profile : Profile or str
            The implementation whose conventions are used ("zennit", "captum", ...: `lrp.graph.PROFILES`); "paper": the
            published equations.
        keep : iterable of str, optional
            The nodes whose activation and relevance the result holds, beside those of inputs and outputs. All others
            are freed during the backward pass, as soon as no rule needs them. None: all nodes.
        on_node : callable, optional
            Called with each node's name before it is computed, in the forward pass and then in the backward pass.

        Returns
        -------
        Explanation
            `relevance` has the form of x and the unit of the explained output; the array is the caller's own. The
            arrays in `relevances` are read-only.

        Raises
        ------
        InputError, ShapeError
            For an x or a start that does not fit.
        TargetError
            For an unknown class or output.
        CompositeError
            If the composite leaves a node without a rule, has a line that matches no node, or is unknown.
        GraphError
            For an unknown name in `keep`.
        LedgerError
            If relevance overflows; the sentence names the node.

        Examples
        --------
        >>> import numpy as np
        >>> from lrp.layers import Dense
        >>> network = Network.sequential([Dense(np.array([[1.0, 2.0], [4.0, 0.0]]))], (2,))
        >>> explanation = network.explain(np.array([[3.0, 1.0]]), target=0, composite="*=zero")
        >>> explanation.relevance, explanation.ledger.start
        (array([[3., 4.]]), array([7.]))
        """
        kept = self.graph.kept_nodes(keep)
        values = self._activations(x, on_node)
        return self._explain(values, x, target, composite, start, output, profile, kept, on_node)

    def explain_trace(
        self,
        trace: Trace,
        target: TargetLike = None,
        composite: CompositeLike = None,
        *,
        start: StartLike | None = None,
        output: str | None = None,
        profile: Profile | str = "paper",
        keep: Iterable[str] | None = None,
        on_node: ProgressCallback | None = None,
        x: InputLike | None = None,
    ) -> Explanation:
        """explain() from a forward pass of this network, which several targets can share; the trace is not changed.

        Parameters
        ----------
        trace : Trace
            The result of forward().
        x : InputLike, optional
            The input that was given to forward(), for the form of the result; None: an array or a tuple of arrays.
        target, composite, start, output, profile, keep, on_node
            As in explain(). keep does not free what the caller's trace holds.

        Returns
        -------
        Explanation
            As of explain().
        """
        kept = self.graph.kept_nodes(keep)
        return self._explain(dict(trace.values), x, target, composite, start, output, profile, kept, on_node)

    def explain_batches(
        self,
        x: InputLike,
        target: TargetLike = None,
        composite: CompositeLike = None,
        *,
        size: int = 16,
        start: StartLike | None = None,
        output: str | None = None,
        profile: Profile | str = "paper",
        keep: Iterable[str] = (),
        on_node: ProgressCallback | None = None,
    ) -> Iterator[Explanation]:
        """explain() for a data set, `size` samples at a time, in memory for one batch.

        Parameters
        ----------
        x : InputLike
            As explain() takes it, or anything with a length that can be sliced instead of an array (a memory map, an
            HDF5 dataset): each batch is read when its turn comes.
        size : int
            The number of samples of a batch.
        target, start
            As in explain(); a list or array with one entry per sample of the data set is cut with the samples.
        keep : iterable of str
            As in explain(); by default inputs and outputs alone, to bound the memory of a result.
        composite, output, profile, on_node
            As in explain().

        Returns
        -------
        iterator of Explanation
            Each is computed when it is requested.

        Raises
        ------
        SettingError, ShapeError, GraphError
            At the call, for a size below 1, inputs of different lengths, unknown names in `keep`; the errors of
            explain() at the batch.

        Examples
        --------
        >>> import numpy as np
        >>> from lrp.layers import Dense
        >>> network = Network.sequential([Dense(np.array([[1.0], [4.0]]))], (2,))
        >>> [len(part.relevance) for part in network.explain_batches(np.ones((5, 2)), size=2)]
        [2, 2, 1]
        """
        kept = self.graph.kept_nodes(keep)
        rules = composite if composite is None or isinstance(composite, str) else as_composite(composite)
        return (
            self._explain(self._activations(part, on_node), part, chosen, rules, first, output, profile, kept, on_node)
            for part, chosen, first in cut_batches(x, size, target, start)
        )

    def gradient(
        self,
        x: InputLike,
        target: TargetLike = None,
        *,
        start: StartLike = "one",
        output: str | None = None,
        on_node: ProgressCallback | None = None,
    ) -> Gradient:
        """d S / d x for S = sum over the samples of sum(start * logits), and with respect to every node's output.

        Parameters
        ----------
        x, target, output, on_node
            As in explain().
        start : Start, str, float or array
            The gradient at the logits; "one": 1 at the target, so that S is the sum of the targets' logits.

        Returns
        -------
        Gradient
            `gradient` has the form of x.

        Raises
        ------
        InputError, ShapeError, TargetError
            As explain() raises.

        Examples
        --------
        >>> import numpy as np
        >>> from lrp.layers import Dense
        >>> network = Network.sequential([Dense(np.array([[1.0, 2.0], [4.0, 0.0]]))], (2,))
        >>> network.gradient(np.array([[3.0, 1.0]]), target=1).gradient
        array([[2., 0.]])
        """
        trace = self.forward(x, on_node)
        first, _ = self.graph.explained_node(output)
        chosen = target_numbers(target, trace.values[first], self.metadata.classes)
        g = as_start(start).relevance(trace.values[first], chosen)
        gradients = backward(self.graph, trace.values, first, g, _pullback, on_node)
        at_inputs = input_signals(self.graph, trace.values, gradients, g)
        gradients.update(at_inputs)
        return Gradient(like_input(x, at_inputs), gradients, trace, chosen)

    def _activations(self, x: InputLike, on_node: ProgressCallback | None) -> dict[str, Array]:
        """The activation of every node by name, in a dict that the caller owns."""
        values = normalize_inputs(x, self._input_layers, self.dtype)
        for node in self.nodes.values():
            if node.inputs:
                if on_node is not None:
                    on_node(node.name)
                values[node.name] = node.layer.compute(*(values[name] for name in node.inputs))
        return values

    def _explain(
        self,
        values: dict[str, Array],
        x: InputLike | None,
        target: TargetLike,
        composite: CompositeLike,
        start: StartLike | None,
        output: str | None,
        profile: Profile | str,
        kept: set[str] | None,
        on_node: ProgressCallback | None,
    ) -> Explanation:
        """explain() from activations in a dict that it owns: of the nodes that are not in `kept` it is emptied."""
        conventions = as_profile(profile)
        rules_of = composite if composite is None or isinstance(composite, str) else as_composite(composite)
        first, start_note = self.graph.explained_node(output)
        rules = self._rules.rules(conventions, rules_of, first)
        policy = as_start(conventions.default_start(rules_of) if start is None else start)
        chosen = target_numbers(target, values[first], self.metadata.classes)
        score = picked(values[first], chosen)
        R = policy.relevance(values[first], chosen)
        relevances, ledger = propagate_relevance(self.graph, values, first, R, rules, conventions, on_node, kept)
        own = {name: relevances[name].copy() for name in self.inputs}  # the ledger reads its own arrays later
        name = conventions.composite if rules_of is None else getattr(rules_of, "name", rules_of)
        return Explanation(
            "lrp",
            like_input(x, own),
            chosen,
            score,
            {"composite": name, "profile": conventions.name},
            expected=arrays.sum_per_sample(R),
            ledger=ledger,
            trace=Trace(values, self.outputs, self.inputs, self.metadata),
            relevances=relevances,
            rules=rules,
            start=f"{start_note}{policy.text(first)}",
            profile=conventions.name,
        )


def _cast(nodes: Sequence[Node], dtype: str) -> list[Node]:
    """The nodes with weights of this dtype; a layer that several nodes share stays one layer."""
    cast: dict[int, Layer] = {}
    for node in nodes:
        if id(node.layer) not in cast:
            cast[id(node.layer)] = layer = node.layer.astype(dtype)
            for name, weight in layer.weights().items():
                arrays.check_finite(weight, f"{node.name}: {name}")
    return [Node(node.name, cast[id(node.layer)], node.inputs) for node in nodes]


def _pullback(node: Node, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
    """The step of the gradient: the vector-Jacobian product of the layer."""
    return node.layer.pullback(g, xs, y)
