"""A network: named layers in a directed acyclic graph, its forward pass, its gradient, its explanation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import InputError
from lrp.graph.backward import ProgressCallback
from lrp.graph.batches import cut_batches
from lrp.graph.composites import CompositeLike
from lrp.graph.composites import composite as as_composite
from lrp.graph.described import DescribedGraph
from lrp.graph.explaining import Question, explanation, gradient
from lrp.graph.forward import activations, cast_weights
from lrp.graph.graph import Graph
from lrp.graph.inputs import InputLike, normalize_inputs
from lrp.graph.metadata import Metadata
from lrp.graph.node import Node, chain
from lrp.graph.profiles import Profile
from lrp.graph.rule_cache import RuleCache
from lrp.graph.start import StartLike
from lrp.graph.target import TargetLike
from lrp.graph.trace import Explanation, Gradient, Trace
from lrp.layers import Input, Layer, Shape


class Network(DescribedGraph):
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
    GraphError, ShapeError, InputError
        If the nodes do not form a directed acyclic graph; a node does not fit its inputs; weights are not finite.

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
        self.graph = Graph.of(cast_weights(list(nodes), dtype), outputs, metadata)
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
        return cls(chain(layers, input_shape, names, tokens), metadata=metadata, dtype=dtype)

    def astype(self, dtype: str) -> Network:
        """The same network in another arithmetic: "float64", "float32" or "exact"."""
        return Network(self.nodes.values(), self.outputs, self.metadata, dtype)

    def exact(self) -> Network:
        """The same network in rational arithmetic: arrays of fractions.Fraction, a ledger that closes with ==."""
        return self.astype("exact")

    def forward(self, x: InputLike, on_node: ProgressCallback | None = None) -> Trace:
        """The activation of every node.

        x and on_node are those of explain(). The arrays belong to the trace: later calls only read them.
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
        InputError, ShapeError, TargetError, GraphError
            For an x or a start that does not fit, an unknown class or output, an unknown name in `keep`.
        CompositeError
            If the composite leaves a node without a rule, has a line that matches no node, or is unknown.
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
        question = Question(target, composite, start, output, profile)
        return explanation(self.graph, self._rules, self._activations(x, on_node), x, question, kept, on_node)

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
        """explain() from the result of forward(), which several targets can share; the trace is not changed.

        Parameters
        ----------
        trace : Trace
        x : InputLike, optional
            The input that was given to forward(), for the form of the result; None: an array or a tuple of arrays.
        target, composite, start, output, profile, keep, on_node
            As in explain(). keep does not free what the caller's trace holds.
        """
        kept = self.graph.kept_nodes(keep)
        question = Question(target, composite, start, output, profile)
        return explanation(self.graph, self._rules, dict(trace.values), x, question, kept, on_node)

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
        target, composite, start, output, profile, on_node
            As in explain(); targets or a start with one entry per sample are cut with the samples.
        keep : iterable of str
            As in explain(); by default inputs and outputs alone.

        Returns
        -------
        iterator of Explanation
            Each is computed when it is requested.

        Raises
        ------
        SettingError, ShapeError, GraphError
            At the call, for a size below 1, inputs of different lengths, unknown names; others at their batch.

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
        batches = cut_batches(x, size, target, start)
        questions = ((part, Question(chosen, rules, first, output, profile)) for part, chosen, first in batches)
        return (
            explanation(self.graph, self._rules, self._activations(part, on_node), part, question, kept, on_node)
            for part, question in questions
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
            As in explain(), with the same errors.
        start : Start, str, float or array
            The gradient at the logits; "one": 1 at the target, so that S is the sum of the targets' logits.

        Returns
        -------
        Gradient
            `gradient` has the form of x.

        Examples
        --------
        >>> import numpy as np
        >>> from lrp.layers import Dense
        >>> network = Network.sequential([Dense(np.array([[1.0, 2.0], [4.0, 0.0]]))], (2,))
        >>> network.gradient(np.array([[3.0, 1.0]]), target=1).gradient
        array([[2., 0.]])
        """
        question = Question(target, start=start, output=output)
        return gradient(self.graph, self.forward(x, on_node), x, question, on_node)

    def _activations(self, x: InputLike, on_node: ProgressCallback | None) -> dict[str, Array]:
        inputs = normalize_inputs(x, self._input_layers, self.dtype)
        return activations(self.graph, inputs, on_node)
