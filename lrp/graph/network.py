"""A network: a graph that computes. Its forward pass, its gradient, and the explanation of its outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import LedgerError, TargetError, did_you_mean
from lrp.graph.assigned_rules import AssignedRules
from lrp.graph.backward import walk_backward
from lrp.graph.batches import explain_batches
from lrp.graph.composites import CompositeLike
from lrp.graph.graph import Graph
from lrp.graph.inputs import InputLike, like_input, normalize_inputs
from lrp.graph.ledger import Ledger, LedgerRow, line
from lrp.graph.metadata import Metadata
from lrp.graph.node import Node
from lrp.graph.profiles import Profile, profile_named
from lrp.graph.start import StartLike
from lrp.graph.start import start as as_start
from lrp.graph.target import TargetLike, picked, target_numbers
from lrp.graph.trace import Explanation, Gradient, Trace
from lrp.layers import Input, Layer, Shape, Softmax
from lrp.rules import Rule

ProgressCallback = Callable[[str], None]  # called with each node's name before it computes


class Network(Graph):
    """A graph of named layers with its arithmetic. It does not change after it is made, so threads may share it.

    The constructor's parameters and errors are those of `lrp.graph.Graph`.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp import Network, layers
    >>> network = Network.sequential([layers.Dense(np.array([[2.0], [1.0]]))], (2,))
    >>> network.explain(np.array([[1.0, 3.0]]), composite="*=zero").relevance
    array([[2., 3.]])
    """

    def __init__(
        self,
        nodes: Iterable[Node],
        outputs: Sequence[str] | None = None,
        metadata: Metadata = Metadata(),
        dtype: str = "float64",
    ) -> None:
        super().__init__(nodes, outputs, metadata, dtype)
        self._assigned = AssignedRules()

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
        """A chain of layers behind one input. Without names they are called dense1, relu1, dense2 ... in order."""
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

    def astype(self, dtype: str) -> Network:
        """The same network in another arithmetic: "float64", "float32" or "exact"."""
        return Network(self.nodes.values(), self.outputs, self.metadata, dtype)

    def exact(self) -> Network:
        """A copy whose arrays hold fractions.Fraction of the very same values, and whose ledger closes with ==."""
        return self.astype("exact")

    def forward(self, x: InputLike, *, on_node: ProgressCallback | None = None) -> Trace:
        """Every node's activation.

        Parameters
        ----------
        x : an array (samples first), or for several inputs a tuple in order or a dict by name
        on_node : called with each node's name before it computes: for a progress bar, or to stop early
        """
        return Trace(self._forward(x, on_node), self.outputs)

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

        Parameters
        ----------
        x : as forward() takes it
        target : the output's number or class name, or one per sample; None: the largest logit
        composite : a name, lines, (pattern, rule) pairs, or one rule for all nodes that need one; None: the profile's
        start : "logit" (its own value), "relu", "one", "contrastive", a number, or an array of the logits' shape;
            None: the profile's
        output : the name of the output to explain, the first by default; a final softmax is passed over
        profile : whose conventions ("zennit", "captum", ...: `lrp.graph.profiles`); "paper": the published equations
        keep : the nodes whose activation and relevance the result holds beside inputs and outputs; the others are freed
            during the backward pass. None: all are kept
        on_node : called with each node's name before it computes, in the forward and in the backward pass

        Returns
        -------
        Explanation
            With the relevance of x in the form of x, and the ledger.

        Raises
        ------
        CompositeError
            Before any arithmetic, where a node has no rule or a line fits no node.
        LedgerError
            Where relevance overflows; the sentence names the node.
        """
        kept = self._kept_nodes(keep)
        values = self._forward(x, on_node)
        return self._explain(values, target, composite, start, output, x, profile, kept, on_node)

    def explain_trace(
        self,
        trace: Trace,
        target: TargetLike = None,
        composite: CompositeLike = None,
        *,
        start: StartLike | None = None,
        output: str | None = None,
        x: InputLike | None = None,
        profile: Profile | str = "paper",
        on_node: ProgressCallback | None = None,
    ) -> Explanation:
        """explain() from a forward pass that has been made; several targets can share it. x gives the result's form."""
        return self._explain(dict(trace.values), target, composite, start, output, x, profile, None, on_node)

    def explain_batches(
        self, x: Any, size: int = 16, *, keep: Iterable[str] = (), **options: Any
    ) -> Iterator[Explanation]:
        """explain() for a data set, `size` samples at a time, in memory for one batch.

        Parameters
        ----------
        x : as explain() takes it, or anything that has a length and can be sliced (a memory map, an HDF5 dataset)
        size : samples per batch
        keep : nodes whose activation and relevance each result holds beside inputs and outputs
        options : those of explain(); a target or a start with one entry per sample is cut with the samples
        """
        return explain_batches(self.explain, x, size, {**options, "keep": self._kept_nodes(keep)})

    def gradient(
        self,
        x: InputLike,
        target: TargetLike = None,
        *,
        start: StartLike = "one",
        output: str | None = None,
    ) -> Gradient:
        """df/dx for the target's logit f (summed over the samples), and with respect to every node's output."""
        values = self._forward(x, None)
        first, _ = self._start_node(output)
        chosen = target_numbers(target, values[first], self.metadata.classes)
        g = as_start(start).relevance(values[first], chosen)

        def vjp(node: Node, g: Array) -> tuple[Array, ...]:
            return node.layer.pullback(g, tuple(values[name] for name in node.inputs), values[node.name])

        gradients = walk_backward(self, first, g, vjp)
        at_inputs = self._at_inputs(gradients, values, g)
        return Gradient(like_input(x, at_inputs), {**gradients, **at_inputs}, Trace(values, self.outputs), chosen)

    def _forward(self, x: InputLike, on_node: ProgressCallback | None) -> dict[str, Array]:
        """The output of every node by name."""
        values = normalize_inputs(x, self.sources, self.dtype)
        for node in self.nodes.values():
            if node.inputs:
                if on_node is not None:
                    on_node(node.name)
                values[node.name] = node.layer.compute(*(values[name] for name in node.inputs))
        return values

    def _explain(
        self,
        values: dict[str, Array],
        target: TargetLike,
        composite: CompositeLike,
        start: StartLike | None,
        output: str | None,
        x: InputLike | None,
        profile: Profile | str,
        kept: set[str] | None,
        on_node: ProgressCallback | None,
    ) -> Explanation:
        """The explanation. `values` becomes its own: with `kept`, other nodes are removed as soon as they are used."""
        first, start_note = self._start_node(output)
        conventions = profile_named(profile)
        rules = self._rules(conventions, composite, first)
        policy = as_start(conventions.default_start(composite) if start is None else start)
        chosen = target_numbers(target, values[first], self.metadata.classes)
        score = picked(values[first], chosen)
        R = policy.relevance(values[first], chosen)
        rows: list[LedgerRow] = []

        def divide(node: Node, received: Array) -> tuple[Array, ...]:
            if on_node is not None:
                on_node(node.name)
            xs = tuple(values[name] for name in node.inputs)
            layer, rule = conventions.backward_layer(node.layer), rules[node.name]
            z = values[node.name] if layer is node.layer else layer.compute(*xs)
            received.flags.writeable = False  # the ledger's sums may be computed later
            result = layer.distribute(received, rule, xs, z)
            rows.append(line(node.name, type(node.layer).__name__, rule, received, result))
            return result.parts

        def free(name: str, signals: dict[str, Array]) -> None:
            if kept is not None and name not in kept:
                del values[name], signals[name]

        relevances = walk_backward(self, first, R, divide, done=free)
        if kept is not None:
            for name in set(values) - kept:
                del values[name]  # no relevance came there
        at_inputs = self._at_inputs(relevances, values, R)
        relevances.update(at_inputs)
        if not all(arrays.is_exact(part) or np.isfinite(part).all() for part in at_inputs.values()):
            raise LedgerError(_overflow(rows))
        ledger = Ledger.lazy(partial(_endpoints, R, at_inputs), lines=tuple(rows), eps=arrays.epsilon_of(R))
        own = {name: part.copy() for name, part in at_inputs.items()}  # the caller may change it; the ledger's stays
        for part in at_inputs.values():
            part.flags.writeable = False
        given = conventions.composite if composite is None else getattr(composite, "name", composite)
        return Explanation(
            "lrp",
            like_input(x, own),
            chosen,
            score,
            {"composite": given if isinstance(given, str) else "given", "profile": conventions.name},
            expected=arrays.sum_per_sample(R),
            ledger=ledger,
            trace=Trace(values, self.outputs),
            relevances=relevances,
            rules=rules,
            start=f"{start_note}{policy.text(first)}",
            profile=conventions.name,
        )

    def _kept_nodes(self, keep: Iterable[str] | None) -> set[str] | None:
        """The nodes to keep, with inputs and outputs; None for all. GraphError for a name that no node has."""
        return None if keep is None else {*self.inputs, *self.outputs, *self.check_names(keep, "keep")}

    def _rules(self, conventions: Profile, composite: CompositeLike, first: str) -> dict[str, Rule]:
        """The rule of each node from `first` down; known composites are assigned once."""

        def assign() -> dict[str, Rule]:
            above = self.ancestors(first)
            return conventions.assign(self, composite, [name for name in self.nodes if name in above])

        if composite is None or isinstance(composite, str):
            return self._assigned.get((conventions.name, composite, first), assign)
        return assign()

    def _start_node(self, output: str | None) -> tuple[str, str]:
        """Where the backward pass begins: the output, or the logits below a final softmax; and that in words."""
        name = self.outputs[0] if output is None else output
        if name not in self.outputs:
            raise TargetError(
                f"output: expected one of {', '.join(self.outputs)}, got {name!r}{did_you_mean(name, self.outputs)}"
            )
        node = self.nodes[name]
        if isinstance(node.layer, Softmax):
            return node.inputs[0], f"the softmax {name} is passed over; "
        return name, ""

    def _at_inputs(self, signals: dict[str, Array], values: dict[str, Array], like: Array) -> dict[str, Array]:
        """The signal at each input: zeros where no path leads to it."""
        return {
            name: signals[name] if name in signals else arrays.zeros(values[name].shape, like) for name in self.inputs
        }


def _endpoints(R: Array, at_inputs: dict[str, Array]) -> dict[str, Array]:
    """Both ends of the ledger: the relevance of the output, and that of all inputs."""
    totals = map(arrays.sum_per_sample, at_inputs.values())
    return {"start": arrays.sum_per_sample(R), "arrived": np.asarray(sum(totals))}


def _overflow(rows: list[LedgerRow]) -> str:
    """Which node's relevance is the first that is not finite."""
    for row in rows:
        if not np.isfinite(row.gross).all():
            sample = int(np.argmin(np.isfinite(row.gross)))
            return (
                f"{row.name}: expected finite relevance, got an overflow or NaN in sample {sample} ({row.kind} under"
                f" {row.rule}): a denominator is nearly 0; use a rule with a stabilizer, such as epsilon:1e-6"
            )
    return "relevance: expected finite numbers, got an overflow or NaN at the inputs; use epsilon with a larger eps"
