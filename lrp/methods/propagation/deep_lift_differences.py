"""DeepLIFT's differences from the reference, and its rules for all layers but activations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import SettingError
from lrp.graph import Network, Node, Trace
from lrp.layers import Add, BatchNorm, GlobalMaxPool, GlobalSumPool, IndexingLayer, LinearLayer, MaxPool, Multiply
from lrp.layers.merging import unbroadcast
from lrp.layers.pooling import LinearPool
from lrp.methods.propagation.deep_lift_rules import Pair
from lrp.rules import Linear


class LinearMap(Linear, Protocol):
    """A linear map with weight, bias, apply and adjoint."""


def linear_map(node: Node, x: Array) -> Linear | None:
    """The linear map that the layer is at inputs of the shape of x; None where it is not linear with weights."""
    layer = node.layer
    if isinstance(layer, LinearLayer):
        return layer
    if isinstance(layer, BatchNorm):
        return layer.linear
    return layer.linear(x) if isinstance(layer, (LinearPool, GlobalSumPool)) else None


def by_sign(array: Array) -> Pair:
    """(array+, array-)"""
    return arrays.positive(array), arrays.negative(array)


def single(m: Pair, delta: Array) -> Array:
    """The multiplier of the whole difference: m+ where it is positive, m- where negative, their mean where it is 0."""
    if m[0] is m[1]:
        return m[0]
    half = 1 / arrays.scalar(2, delta)
    return np.where(delta > 0, m[0], np.where(delta < 0, m[1], half * (m[0] + m[1])))


@dataclass(frozen=True, eq=False)
class Differences:
    """The traces of the input and of the reference, and each node's difference in two parts."""

    network: Network
    trace: Trace
    reference: Trace
    _pairs: dict[str, Pair] = field(default_factory=dict)

    def values(self, node: Node) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
        """The node's inputs, at the reference and at x."""
        return (
            tuple(self.reference.values[name] for name in node.inputs),
            tuple(self.trace.values[name] for name in node.inputs),
        )

    def delta(self, name: str) -> Array:
        """The difference of a node's output: the sum of its parts."""
        up, down = self.pair(name)
        return up + down

    def pair(self, name: str) -> Pair:
        """(delta+, delta-): behind a linear map the sums of its positive and of its negative products w dx

            dy+ = sum_i 1{w_i dx_i > 0} w_i dx_i,   dy- = sum_i 1{w_i dx_i < 0} w_i dx_i

        Source: Shrikumar et al. 2017, linear rule

        Layers that only move entries move both parts; behind all others the parts are those of the difference's sign.
        """
        if name not in self._pairs:
            self._pairs[name] = self._pair(self.network.nodes[name])
        return self._pairs[name]

    def _pair(self, node: Node) -> Pair:
        if isinstance(node.layer, IndexingLayer):
            pairs = [self.pair(name) for name in node.inputs]
            return node.layer.compute(*(p[0] for p in pairs)), node.layer.compute(*(p[1] for p in pairs))
        if isinstance(node.layer, Add):
            zero, parts = 0, [by_sign(self.delta(name)) for name in node.inputs]
            return node.layer.compute(*(p[zero] for p in parts)), node.layer.compute(*(p[1] for p in parts))
        if node.inputs:
            x = self.trace.values[node.inputs[0]]
            linear = linear_map(node, x)
            if linear is not None:
                up, down = by_sign(self.delta(node.inputs[0]))
                w_up, w_down = by_sign(linear.weight)
                shape = self.trace.values[node.name].shape
                return (
                    (linear.apply(w_up, up) + linear.apply(w_down, down)).reshape(shape),
                    (linear.apply(w_up, down) + linear.apply(w_down, up)).reshape(shape),
                )
        return by_sign(self.trace.values[node.name] - self.reference.values[node.name])


def multipliers_below(differences: Differences, node: Node, m: Pair) -> list[Pair]:
    """The multipliers of the node's inputs from those of its output; SettingError where DeepLIFT has no rule."""
    layer = node.layer
    r, x = differences.values(node)
    if isinstance(layer, IndexingLayer):
        y = differences.trace.values[node.name]
        if m[0] is m[1]:
            return [(part, part) for part in layer.pullback(m[0], x, y)]
        return list(zip(layer.pullback(m[0], x, y), layer.pullback(m[1], x, y), strict=True))
    if isinstance(layer, Add):
        return [_add(layer, i, m, x, differences.delta(name)) for i, name in enumerate(node.inputs)]
    linear = linear_map(node, x[0])
    if linear is not None:
        return [_linear(linear, layer, m, x[0], differences.delta(node.inputs[0]))]
    together = single(m, differences.delta(node.name))
    if isinstance(layer, (MaxPool, GlobalMaxPool)):
        return [_max(differences, node, layer, together, differences.delta(node.inputs[0]))]
    if isinstance(layer, Multiply) and len(x) == 2:
        half = 1 / arrays.scalar(2, x[0])
        means = tuple(half * (a + b) for a, b in zip(r, x, strict=True))
        return [(part, part) for part in layer.pullback(together, means, layer.compute(*means))]
    raise SettingError(
        f"{node.name}: deep_lift has no rule for a {type(layer).__name__} layer with {len(x)} inputs; use"
        " integrated_gradients, whose completeness holds for every layer"
    )


def _linear(linear: Linear, layer: object, m: Pair, x: Array, delta: Array) -> Pair:
    """m_i = sum_j (w+ m+ + w- m-) where dx > 0, sum_j (w- m+ + w+ m-) where dx < 0, their mean where dx = 0."""
    kept = isinstance(layer, GlobalSumPool)
    up, down = (part.reshape(len(x), *(1,) * (x.ndim - 2), -1) if kept else part for part in m)
    if m[0] is m[1]:
        part = np.asarray(linear.adjoint(linear.weight, up, x.shape))
        return part, part
    w_up, w_down = by_sign(linear.weight)
    rising = linear.adjoint(w_up, up, x.shape) + linear.adjoint(w_down, down, x.shape)
    falling = linear.adjoint(w_down, up, x.shape) + linear.adjoint(w_up, down, x.shape)
    part = single((rising, falling), delta)
    return part, part


def _add(layer: Add, index: int, m: Pair, x: tuple[Array, ...], delta: Array) -> Pair:
    """The weights of a sum are positive: m+ where dx > 0, m- where dx < 0."""
    factor = arrays.scalar(layer.factors(len(x))[index], delta)
    rising, falling = (factor * part for part in m)
    part = unbroadcast(single((rising, falling), np.broadcast_to(delta, rising.shape)), delta.shape)
    return part, part


def _max(differences: Differences, node: Node, layer: MaxPool | GlobalMaxPool, m: Array, delta: Array) -> Pair:
    """With y' = max(y, y0): (y' - y0) m to the winner at x, (y - y') m to the winner at the reference.

    Both have a difference that is not 0 where they get something, so the division by it is safe and the sum exact.
    """
    (r,), (x,) = differences.values(node)
    y0, y = differences.reference.values[node.name], differences.trace.values[node.name]
    top = np.maximum(y, y0)
    (to_x,) = layer.pullback((top - y0) * m, (x,), y)
    (to_r,) = layer.pullback((y - top) * m, (r,), y0)
    part = arrays.divide_where(to_x + to_r, delta, delta != 0)
    return part, part
