"""One walk from the explained number down to the inputs; methods differ in the step they take at a node.

plain        g_in = g_out^T dy/dx                                    the gradient
a method     its own step at some kinds of layers, plain elsewhere
"""

from __future__ import annotations

from collections.abc import Callable

from lrp import graph
from lrp.arrays import Array
from lrp.errors import SettingError
from lrp.graph import Network, Node, Trace
from lrp.layers import Activation, Linear, ReLU

Step = Callable[[Node, Array, tuple[Array, ...], Array], tuple[Array, ...]]


def plain(node: Node, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
    """The layer's vector-Jacobian product."""
    return node.layer.pullback(g, xs, y)


def backward(network: Network, trace: Trace, start: str, g: Array, step: Step = plain) -> dict[str, Array]:
    """The signal at every node's output that a path leads to, and at every input (zeros where none does).

    g: the signal at the output of the node `start`, of its shape. Fan-out adds.
    """
    signals = graph.backward(network.graph, trace.values, start, g, step)
    return signals | graph.input_signals(network.graph, trace.values, signals, g)


def rectifying(rectified: Callable[[Array, Array], Array], method: str) -> Step:
    """The step of a method that treats ReLUs in its own way: rectified(signal, z) -> signal; plain at all others.

    SettingError at any other activation but the identity, for which the method is not defined.
    """

    def step(node: Node, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        layer = node.layer
        if isinstance(layer, Activation) and not isinstance(layer, Linear):
            if not isinstance(layer, ReLU) or layer.maximum is not None:
                raise SettingError(
                    f"{node.name}: {method} is defined for ReLU activations, got {type(layer).__name__}; use a method"
                    " that knows this activation, such as gradient_times_input or deep_lift"
                )
            return (rectified(g, xs[0]),)
        return plain(node, g, xs, y)

    return step
