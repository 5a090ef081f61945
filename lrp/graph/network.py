"""A network: named layers in a directed acyclic graph, its forward pass, its gradient, its explanation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import GraphError, InputError, LrpError, TargetError
from lrp.graph.batches import explain_batches
from lrp.graph.inputs import in_form_of, read
from lrp.graph.ledger import Ledger, line
from lrp.graph.metadata import Metadata
from lrp.graph.node import Node, in_order
from lrp.graph.profiles import CompositeLike, Profile
from lrp.graph.profiles import profile as as_profile
from lrp.graph.start import Start
from lrp.graph.start import start as as_start
from lrp.graph.target import picked, target_numbers
from lrp.graph.trace import Explanation, Gradient, Trace
from lrp.layers import Input, Layer, Shape, Softmax
from lrp.rules import Rule

Watch = Callable[[str], None]  # called with each node's name before it computes: for a progress bar, or to stop early


class Network:
    """Nodes in an order in which they can be computed; immutable, so that threads may share it.

    nodes: any order. outputs: the names of the outputs (default: the nodes that no other takes). dtype: "float64",
    "float32" or "exact"; weights are cast once, inputs at each call. Raises GraphError for a graph that is none,
    ShapeError where a node does not fit its inputs, InputError for weights that are not finite, naming the node.
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
        cast: dict[int, Layer] = {}  # a shared layer stays one layer
        for node in ordered:
            cast.setdefault(id(node.layer), node.layer.astype(dtype))
        self.nodes = {node.name: Node(node.name, cast[id(node.layer)], node.inputs) for node in ordered}
        self._sources = {n.name: n.layer for n in self.nodes.values() if isinstance(n.layer, Input)}
        self.inputs = tuple(self._sources)
        taken = {name for node in ordered for name in node.inputs}
        self.outputs = tuple(outputs) if outputs is not None else tuple(n.name for n in ordered if n.name not in taken)
        self.metadata, self.dtype = metadata, dtype
        self._assigned: dict[Any, tuple[Any, dict[str, Rule]]] = {}
        unknown = [name for name in self.outputs if name not in self.nodes]
        if unknown or not self.outputs or not self.inputs:
            raise GraphError(
                f"network: expected at least one input and outputs among its nodes, got inputs {self.inputs} and "
                f"outputs {self.outputs}; the nodes are {', '.join(self.nodes)}"
            )
        self.shapes: dict[str, Shape] = {}
        for node in self.nodes.values():
            for name, weight in node.layer.weights().items():
                arrays.check_finite(weight, f"{node.name}: {name}")
            try:
                self.shapes[node.name] = node.layer.output_shape(*(self.shapes[i] for i in node.inputs))
            except LrpError as error:
                raise type(error)(f"{node.name}: {error}") from None
            except ValueError:
                raise GraphError(
                    f"{node.name}: a {type(node.layer).__name__} layer does not take {len(node.inputs)} inputs"
                ) from None

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
        """The same network in another arithmetic."""
        return Network(self.nodes.values(), self.outputs, self.metadata, dtype)

    def exact(self) -> Network:
        """A copy whose arrays hold fractions.Fraction of the very same values, and whose ledger closes with ==."""
        return self.astype("exact")

    def ancestors(self, name: str) -> set[str]:
        """The node itself and all whose values it depends on."""
        found, waiting = set(), [name]
        while waiting:
            current = waiting.pop()
            if current not in found:
                found.add(current)
                waiting.extend(self.nodes[current].inputs)
        return found

    def forward(self, x: Any, watch: Watch | None = None) -> Trace:
        """Every node's activation. x: an array, or for several inputs a tuple in order or a dict by name."""
        values = read(x, self._sources, self.dtype)
        for node in self.nodes.values():
            if node.inputs:
                _tell(watch, node.name)
                values[node.name] = node.layer.compute(*(values[name] for name in node.inputs))
        return Trace(values, self.outputs)

    def explain(
        self,
        x: Any,
        target: Any = None,
        composite: CompositeLike = None,
        start: Start | str | float | Array | None = None,
        output: str | None = None,
        watch: Watch | None = None,
        profile: Profile | str = "paper",
        keep: Iterable[str] | None = None,
    ) -> Explanation:
        """Layer-wise relevance propagation from one output of each sample down to x.

            f(x) = ... = sum_d R_d^(l+1) = sum_d R_d^(l) = ... = sum_d R_d^(1)     up to what the ledger names

        Source: Bach et al. 2015, conservation from layer to layer

        target: the output's number or class name, or one a sample; None: the largest logit. composite: a name, lines,
        or (pattern, rule) pairs. start: "logit" (its own value), "relu", "one", "contrastive", a number, or an array
        of the logits' shape. output: the name of the output to explain, the first by default. A final softmax is
        passed over. profile: whose conventions ("zennit", "captum", ...: `lrp.graph.profiles`), the published ones by
        default; composite and start are the profile's where they are left out: "epsilon" and "logit" for "paper".
        watch: called with each node's name before it computes, forwards and then backwards. keep: the nodes whose
        activation and relevance the result holds beside inputs and outputs, None for all; the others are let go on the
        way back, as soon as no rule needs them.
        """
        held = self.held(keep)
        return self.explain_trace(self.forward(x, watch), target, composite, start, output, x, watch, profile, held)

    def explain_trace(
        self,
        trace: Trace,
        target: Any = None,
        composite: CompositeLike = None,
        start: Start | str | float | Array | None = None,
        output: str | None = None,
        x: Any = None,
        watch: Watch | None = None,
        profile: Profile | str = "paper",
        held: set[str] | None = None,
    ) -> Explanation:
        """explain() from a forward pass that has been made; several targets can share it, unless `held` is given: then
        the trace loses the nodes that are not in it. x tells the result's form.
        """
        first, said = self._start_node(output)
        conventions = as_profile(profile)
        rules = self._rules(conventions, composite, first)
        begin = as_start(conventions.begins(composite) if start is None else start)
        chosen = target_numbers(target, trace.values[first], self.metadata.classes)
        score = picked(trace.values[first], chosen)
        R = begin.relevance(trace.values[first], chosen)
        relevances, lines = {first: R}, []
        for node in reversed(self.nodes.values()):
            if not node.inputs or node.name not in relevances:
                continue
            _tell(watch, node.name)
            xs = tuple(trace.values[name] for name in node.inputs)
            layer = conventions.stand_in(node.layer)
            y = trace.values[node.name] if layer is node.layer else layer.compute(*xs)
            received, rule = relevances[node.name], rules[node.name]
            received.flags.writeable = False  # the ledger's sums may be made later
            share = layer.distribute(received, rule, xs, y)
            lines.append(line(node.name, type(node.layer).__name__, rule, received, share))
            _collect(relevances, node.inputs, share.parts)
            if held is not None and node.name not in held:
                del trace.values[node.name], relevances[node.name]
        for name in set(trace.values) - (held or set(trace.values)):
            del trace.values[name]  # no relevance came there
        arrived = {name: self._at_input(relevances, trace, name, R) for name in self.inputs}
        relevances.update(arrived)
        ledger = Ledger.later(partial(_ends, R, arrived), lines=tuple(lines), eps=arrays.epsilon_of(R))
        own = {name: part.copy() for name, part in arrived.items()}  # the caller may change it; the ledger's stays
        for part in arrived.values():
            part.flags.writeable = False
        form, begins = in_form_of(x, own), f"{said}{begin.text(first)}"
        given = conventions.composite if composite is None else getattr(composite, "name", composite)
        return Explanation(
            "lrp",
            form,
            chosen,
            score,
            {"composite": given if isinstance(given, str) else "given", "profile": conventions.name},
            expected=arrays.sum_per_sample(R),
            ledger=ledger,
            trace=trace,
            relevances=relevances,
            rules=rules,
            start=begins,
            profile=conventions.name,
        )

    def held(self, keep: Iterable[str] | None) -> set[str] | None:
        """The nodes to keep, with inputs and outputs; None for all. GraphError for a name that is none."""
        names = None if keep is None else {*self.inputs, *self.outputs, *keep}
        if names is not None and (unknown := sorted(names - set(self.nodes))):
            raise GraphError(f"keep: expected names among {', '.join(self.nodes)}, got {', '.join(unknown)}")
        return names

    def explain_batches(
        self, x: Any, size: int = 16, keep: Iterable[str] = (), **options: Any
    ) -> Iterator[Explanation]:
        """explain() for a data set, `size` samples at a time, in bounded memory: see `lrp.graph.batches`."""
        return explain_batches(self, x, size, keep, **options)

    def gradient(
        self,
        x: Any,
        target: Any = None,
        start: Start | str | float | Array = "one",
        output: str | None = None,
    ) -> Gradient:
        """d f / d x for the target's logit f (sum over the samples), and with respect to every node's output."""
        trace = self.forward(x)
        first, _ = self._start_node(output)
        chosen = target_numbers(target, trace.values[first], self.metadata.classes)
        g = as_start(start).relevance(trace.values[first], chosen)
        gradients = {first: g}
        for node in reversed(self.nodes.values()):
            if node.inputs and node.name in gradients:
                xs = tuple(trace.values[name] for name in node.inputs)
                _collect(gradients, node.inputs, node.layer.pullback(gradients[node.name], xs, trace.values[node.name]))
        at_inputs = {name: self._at_input(gradients, trace, name, g) for name in self.inputs}
        gradients.update(at_inputs)
        return Gradient(in_form_of(x, at_inputs), gradients, trace, chosen)

    def _rules(self, conventions: Profile, asked: CompositeLike, first: str) -> dict[str, Rule]:
        """The rule of each node from `first` down. What was asked for by name is remembered: the nodes never change."""
        key = (conventions.name, asked, first) if isinstance(asked, (str, type(None))) else None
        metadata, rules = self._assigned.get(key, (None, {}))
        if metadata is not self.metadata:
            above = self.ancestors(first)
            rules = conventions.assign(self, asked, [name for name in self.nodes if name in above])
        if key is not None:
            self._assigned[key] = self.metadata, rules
        return dict(rules)

    def _start_node(self, output: str | None) -> tuple[str, str]:
        """Where the backward pass begins: the output, or the logits below a final softmax; and that in words."""
        name = self.outputs[0] if output is None else output
        if name not in self.outputs:
            raise TargetError(f"output: expected one of {', '.join(self.outputs)}, got {name!r}")
        node = self.nodes[name]
        if isinstance(node.layer, Softmax):
            return node.inputs[0], f"the softmax {name} is passed over; "
        return name, ""

    def _at_input(self, relevances: dict[str, Array], trace: Trace, name: str, R: Array) -> Array:
        """What arrived at an input: zeros where no path leads to it."""
        return relevances[name] if name in relevances else arrays.zeros(trace.values[name].shape, R)


def _ends(R: Array, arrived: dict[str, Array]) -> dict[str, Array]:
    """The ends of the ledger: what was put in, and what arrived at the inputs."""
    return {"start": arrays.sum_per_sample(R), "arrived": np.asarray(sum(map(arrays.sum_per_sample, arrived.values())))}


def _tell(watch: Watch | None, name: str) -> None:
    if watch is not None:
        watch(name)


def _collect(relevances: dict[str, Array], names: tuple[str, ...], parts: tuple[Array, ...]) -> None:
    """Add each part to what its node has received: the relevance of a fan-out is the sum over its branches."""
    for name, part in zip(names, parts, strict=True):
        relevances[name] = relevances[name] + part if name in relevances else part
