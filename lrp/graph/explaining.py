"""One explanation of a graph from the activations of its forward pass, and one gradient."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from lrp import arrays
from lrp.arrays import Array
from lrp.graph.backward import ProgressCallback, backward, input_signals
from lrp.graph.composites import CompositeLike
from lrp.graph.composites import composite as as_composite
from lrp.graph.graph import Graph
from lrp.graph.inputs import InputLike, like_input
from lrp.graph.node import Node
from lrp.graph.profiles import Profile
from lrp.graph.profiles import profile as as_profile
from lrp.graph.relevance import propagate_relevance
from lrp.graph.rule_cache import RuleCache
from lrp.graph.start import StartLike
from lrp.graph.start import start as as_start
from lrp.graph.target import TargetLike, picked, target_numbers
from lrp.graph.trace import Explanation, Gradient, Trace


@dataclass(frozen=True, eq=False)
class Question:
    """What is to be explained, and how: the options of `Network.explain`."""

    target: TargetLike = None
    composite: CompositeLike = None
    start: StartLike | None = None
    output: str | None = None
    profile: Profile | str = "paper"


def explanation(
    graph: Graph,
    cache: RuleCache,
    values: dict[str, Array],
    x: InputLike | None,
    question: Question,
    kept: Collection[str] | None,
    on_node: ProgressCallback | None,
) -> Explanation:
    """The relevance of every node and the ledger.

    values: each node's activation, in a dict that this function owns: nodes that are not in `kept` are removed from it.
    x: the input in the caller's form, which the result takes.
    """
    conventions, composite = as_profile(question.profile), question.composite
    if composite is not None and not isinstance(composite, str):
        composite = as_composite(composite)
    node, start_note = graph.explained_node(question.output)
    rules = cache.rules(conventions, composite, node)
    start = as_start(conventions.default_start(composite) if question.start is None else question.start)
    target = target_numbers(question.target, values[node], graph.metadata.classes)
    score = picked(values[node], target)
    R = start.relevance(values[node], target)
    relevances, ledger = propagate_relevance(graph, values, node, R, rules, conventions, on_node, kept)
    own = {name: relevances[name].copy() for name in graph.inputs}  # the ledger reads its own arrays later
    name = conventions.composite if composite is None else getattr(composite, "name", composite)
    return Explanation(
        "lrp",
        like_input(x, own),
        target,
        score,
        {"composite": name, "profile": conventions.name},
        expected=arrays.sum_per_sample(R),
        ledger=ledger,
        trace=Trace(values, graph.outputs, graph.inputs, graph.metadata),
        relevances=relevances,
        rules=rules,
        start=f"{start_note}{start.text(node)}",
        profile=conventions.name,
    )


def gradient(
    graph: Graph, trace: Trace, x: InputLike, question: Question, on_node: ProgressCallback | None
) -> Gradient:
    """d S / d x, and the gradient with respect to every node; `question.start` is the gradient at the logits."""
    node, _ = graph.explained_node(question.output)
    target = target_numbers(question.target, trace.values[node], graph.metadata.classes)
    g = as_start("one" if question.start is None else question.start).relevance(trace.values[node], target)
    gradients = backward(graph, trace.values, node, g, _pullback, on_node)
    at_inputs = input_signals(graph, trace.values, gradients, g)
    gradients.update(at_inputs)
    return Gradient(like_input(x, at_inputs), gradients, trace, target)


def _pullback(node: Node, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
    """The step of the gradient: the vector-Jacobian product of the layer."""
    return node.layer.pullback(g, xs, y)
