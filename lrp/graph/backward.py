"""The one walk from a node down to the inputs, on which relevance, gradients and multipliers travel."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import TypeVar

from lrp.graph.graph import Graph
from lrp.graph.node import Node

Signal = TypeVar("Signal")


def walk_backward(
    graph: Graph,
    start: str,
    signal: Signal,
    step: Callable[[Node, Signal], Sequence[Signal]],
    add: Callable[[Signal, Signal], Signal] = operator.add,
    done: Callable[[str, dict[str, Signal]], None] | None = None,
) -> dict[str, Signal]:
    """The signal at the output of every node that a path leads to from `start`.

        signal of a node = sum over the nodes that take its output of what their steps give to it

    Parameters
    ----------
    graph : its nodes are visited in reverse order, each after all nodes that take its output
    start : the node where the walk begins
    signal : the signal at the output of `start`
    step : (node, the signal at its output) -> one signal for each of its inputs
    add : how the signals of a fan-out are added
    done : called with a node's name and all signals after its step, for example to free memory

    Examples
    --------
    >>> import numpy as np
    >>> from lrp import Network, Node, layers
    >>> twice = Network([Node("x", layers.Input((1,))), Node("y", layers.Add(), ("x", "x"))])
    >>> walk_backward(twice, "y", 3, lambda node, g: [g] * len(node.inputs))
    {'y': 3, 'x': 6}
    """
    signals = {start: signal}
    for node in reversed(graph.nodes.values()):
        if not node.inputs or node.name not in signals:
            continue
        for name, part in zip(node.inputs, step(node, signals[node.name]), strict=True):
            signals[name] = add(signals[name], part) if name in signals else part
        if done is not None:
            done(node.name, signals)
    return signals
