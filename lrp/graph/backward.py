"""The backward pass through a graph, from one node down to the inputs: gradients, relevances, multipliers.

signal of a node = sum over its consumers of the part that each consumer's step gives it
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, MutableMapping
from operator import add
from typing import TypeVar

from lrp import arrays
from lrp.arrays import Array
from lrp.graph.graph import Graph
from lrp.graph.node import Node

Signal = TypeVar("Signal")  # arrays, or any other values that can be added
Step = Callable[[Node, Signal, tuple[Array, ...], Array], tuple[Signal, ...]]
ProgressCallback = Callable[[str], None]  # called with each node's name before it is computed


def backward(
    graph: Graph,
    values: MutableMapping[str, Array],
    start: str,
    signal: Signal,
    step: Step[Signal],
    on_node: ProgressCallback | None = None,
    keep: Collection[str] | None = None,
) -> dict[str, Signal]:
    """The signal of `start` and of every node that a path leads to from there, by name.

    values: each node's activation. signal: that of the node `start`. step(node, signal, xs, y): the signals of the
    node's inputs xs, from the signal of its output y. The signals of a fan-out are added. on_node: called with each
    node's name before its step. keep: where given, `values` and the result lose all other nodes as soon as no step
    needs them any more, so the caller must own `values`; None: nothing is removed.
    An input that no path leads to is not in the result: see `input_signals`.
    """
    signals = {start: signal}
    for node in reversed(tuple(graph.nodes.values())):
        if not node.inputs or node.name not in signals:
            continue
        if on_node is not None:
            on_node(node.name)
        xs = tuple(values[name] for name in node.inputs)
        _accumulate(signals, node.inputs, step(node, signals[node.name], xs, values[node.name]))
        if keep is not None and node.name not in keep:
            del values[node.name], signals[node.name]
    if keep is not None:
        for name in set(values) - set(keep):  # nodes that no path leads to
            del values[name]
    return signals


def input_signals(
    graph: Graph, values: Mapping[str, Array], signals: Mapping[str, Array], like: Array
) -> dict[str, Array]:
    """The signals of the graph's inputs in order; zeros of the kind of `like` where no path leads to an input."""
    return {n: signals[n] if n in signals else arrays.zeros(values[n].shape, like) for n in graph.inputs}


def _accumulate(signals: dict[str, Signal], names: tuple[str, ...], parts: tuple[Signal, ...]) -> None:
    """Add each part to the signal of its node."""
    for name, part in zip(names, parts, strict=True):
        signals[name] = add(signals[name], part) if name in signals else part
