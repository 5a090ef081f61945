"""DeepLIFT's linear rule, and its rules for all other layers but activations.

    y = sum_i w_i x_i + b:   dy+ = sum_i 1{w_i dx_i > 0} w_i dx_i,   dy- = sum_i 1{w_i dx_i < 0} w_i dx_i

    m_i = sum_j 1{w_ij dx_i > 0} w_ij m_j+ + 1{w_ij dx_i < 0} w_ij m_j-,   where dx_i = 0: sum_j w_ij (m_j+ + m_j-) / 2

Source: Shrikumar et al. 2017, linear rule

Dense layers, convolutions, batch normalisation, sums, differences, means and average pooling all are such a y; the sign
of w_i counts in each of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import SettingError
from lrp.graph import Network, Node, Trace
from lrp.layers import Add, BatchNorm, GlobalMaxPool, GlobalSumPool, IndexingLayer, LinearLayer, MaxPool, Multiply
from lrp.layers.merging import unbroadcast
from lrp.layers.pooling import LinearPool
from lrp.methods.propagation.deep_lift_rules import Parts, both
from lrp.rules import Linear


def linear_map(node: Node, xs: tuple[Array, ...]) -> Linear | None:
    """The linear map of the layer, of a sum on the inputs stacked along a last axis; None: it is no linear map."""
    layer = node.layer
    if isinstance(layer, LinearLayer):
        return layer
    if isinstance(layer, Add):
        return layer.linear(xs)
    if isinstance(layer, BatchNorm):
        return layer.linear
    return layer.linear(xs[0]) if isinstance(layer, (LinearPool, GlobalSumPool)) else None


def by_sign(array: Array) -> Parts:
    """(array+, array-)"""
    return Parts(arrays.positive(array), arrays.negative(array))


def single(m: Parts, delta: Array) -> Array:
    """The multiplier of the whole difference: m+ where it is positive, m- where negative, their mean where it is 0."""
    if m.plus is m.minus:
        return m.plus
    half = 1 / arrays.scalar(2, delta)
    return np.where(delta > 0, m.plus, np.where(delta < 0, m.minus, half * (m.plus + m.minus)))


@dataclass(frozen=True, eq=False)
class Differences:
    """The traces of the input x and of the reference x0, and each node's difference in two parts."""

    network: Network
    trace: Trace
    reference: Trace
    _parts: dict[str, Parts] = field(default_factory=dict)

    def inputs(self, node: Node) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
        """The node's inputs at the reference, and at x."""
        return (
            tuple(self.reference.values[name] for name in node.inputs),
            tuple(self.trace.values[name] for name in node.inputs),
        )

    def delta(self, name: str) -> Array:
        """The difference of a node's output: the sum of its parts."""
        parts = self.parts(name)
        return parts.plus + parts.minus

    def deltas(self, node: Node) -> Array:
        """The difference of the node's input; of a sum those of all inputs, stacked along a last axis."""
        deltas = [self.delta(name) for name in node.inputs]
        return np.stack(np.broadcast_arrays(*deltas), axis=-1) if isinstance(node.layer, Add) else deltas[0]

    def parts(self, name: str) -> Parts:
        """(dy+, dy-) by the linear rule; layers that only move entries move both parts; all others: the sign of dy."""
        if name not in self._parts:
            self._parts[name] = self._compute(self.network.nodes[name])
        return self._parts[name]

    def _compute(self, node: Node) -> Parts:
        layer = node.layer
        if isinstance(layer, IndexingLayer):
            parts = [self.parts(name) for name in node.inputs]
            return Parts(layer.compute(*(p.plus for p in parts)), layer.compute(*(p.minus for p in parts)))
        y = self.trace.values[node.name]
        linear = linear_map(node, self.inputs(node)[1]) if node.inputs else None
        if linear is None:
            return by_sign(y - self.reference.values[node.name])
        w, dx = by_sign(linear.weight), by_sign(self.deltas(node))
        dy_plus = linear.apply(w.plus, dx.plus) + linear.apply(w.minus, dx.minus)
        dy_minus = linear.apply(w.plus, dx.minus) + linear.apply(w.minus, dx.plus)
        return Parts(dy_plus.reshape(y.shape), dy_minus.reshape(y.shape))


def multipliers_below(differences: Differences, node: Node, m: Parts) -> tuple[Parts, ...]:
    """The multipliers of the node's inputs from those of its output; SettingError where DeepLIFT has no rule."""
    layer = node.layer
    x0, x = differences.inputs(node)
    if isinstance(layer, IndexingLayer):
        y = differences.trace.values[node.name]
        if m.plus is m.minus:
            return tuple(both(part) for part in layer.pullback(m.plus, x, y))
        return tuple(map(Parts, layer.pullback(m.plus, x, y), layer.pullback(m.minus, x, y)))
    linear = linear_map(node, x)
    if linear is not None:
        dx = differences.deltas(node)
        if isinstance(layer, GlobalSumPool):
            m = Parts(*(part.reshape(len(dx), *(1,) * (dx.ndim - 2), -1) for part in (m.plus, m.minus)))
        m_x = linear_multiplier(linear, m, dx)
        if not isinstance(layer, Add):
            return (both(m_x),)
        return tuple(both(unbroadcast(m_x[..., i], x_i.shape)) for i, x_i in enumerate(x))
    whole = single(m, differences.delta(node.name))
    if isinstance(layer, (MaxPool, GlobalMaxPool)):
        return (both(_max(differences, node, layer, whole, differences.delta(node.inputs[0]))),)
    if isinstance(layer, Multiply) and len(x) == 2:
        half = 1 / arrays.scalar(2, x[0])
        means = tuple(half * (a + b) for a, b in zip(x0, x, strict=True))
        return tuple(both(part) for part in layer.pullback(whole, means, layer.compute(*means)))
    raise SettingError(
        f"{node.name}: deep_lift has no rule for a {type(layer).__name__} layer with {len(x)} inputs; use"
        " integrated_gradients, whose completeness holds for every layer"
    )


def linear_multiplier(linear: Linear, m: Parts, dx: Array) -> Array:
    """m_i of the module's docstring, of the shape of dx; with m+ = m- it is sum_j w_ij m_j."""
    if m.plus is m.minus:
        return np.asarray(linear.adjoint(linear.weight, m.plus, dx.shape))
    w = by_sign(linear.weight)
    rising = linear.adjoint(w.plus, m.plus, dx.shape) + linear.adjoint(w.minus, m.minus, dx.shape)
    falling = linear.adjoint(w.minus, m.plus, dx.shape) + linear.adjoint(w.plus, m.minus, dx.shape)
    return single(Parts(rising, falling), dx)


def _max(differences: Differences, node: Node, layer: MaxPool | GlobalMaxPool, m: Array, dx: Array) -> Array:
    """With t = max(y, y0): (t - y0) m to the winner at x, (y - t) m to the winner at the reference, divided by dx.

    Both winners have dx != 0 where they get something, so the division is safe and the sum exact.
    """
    (x0,), (x,) = differences.inputs(node)
    y0, y = differences.reference.values[node.name], differences.trace.values[node.name]
    t = np.maximum(y, y0)
    (to_x,) = layer.pullback((t - y0) * m, (x,), y)
    (to_x0,) = layer.pullback((y - t) * m, (x0,), y0)
    return arrays.divide_where(to_x + to_x0, dx, dx != 0)
