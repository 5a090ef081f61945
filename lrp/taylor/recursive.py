"""Recursive Taylor decomposition, in which each layer's roots are functions of that layer's input.

    R^{n}(a_n) = a_n[xi] at the explained output, and below it, with one root point at^(j) for each neuron j above,

    R^l(a)_k = sum_j d R_j^{l+1}(f_l(.))/da_k at at^(j)(a)  (a - at^(j)(a))_k

Source: Sixt and Landgraf 2022, recursive Taylor decomposition

The root's Jacobian enters one layer below, where R^l is differentiated. Every function here is piecewise affine or has
a given Jacobian, so nothing is differentiated numerically, and Fractions stay Fractions. The cost is one pass up the
network for each root point: use one root for all neurons (m = 1), or small networks.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import SettingError, ShapeError
from lrp.layers import Dense


class RootFunction(ABC):
    """The root points of a layer as a function of the layer's input."""

    @abstractmethod
    def at(self, a: Array) -> Array:
        """The roots (m, D) for the input a (D,): one for each neuron above, or m = 1 for all of them."""

    @abstractmethod
    def jacobian(self, a: Array) -> Array:
        """d at / d a: (m, D, D), [j, i, k] the derivative of entry i by a_k."""


@dataclass(frozen=True)
class ConstantRoot(RootFunction):
    """The same points (m, D) for every input: Jacobian 0.

    Examples
    --------
    >>> import numpy as np
    >>> ConstantRoot(np.zeros((1, 2))).at(np.ones(2)).tolist()
    [[0.0, 0.0]]
    """

    points: Array

    def at(self, a: Array) -> Array:
        return np.broadcast_to(self.points, (len(self.points), len(a)))

    def jacobian(self, a: Array) -> Array:
        return arrays.zeros((len(self.points), len(a), len(a)), a)


@dataclass(frozen=True)
class AffineRoot(RootFunction):
    """at^(j)(a) = J_j a + r_j: J (m, D, D), r (m, D).

    Examples
    --------
    >>> import numpy as np
    >>> AffineRoot(np.eye(2)[None] / 2, np.zeros((1, 2))).at(np.ones(2)).tolist()
    [[0.5, 0.5]]
    """

    J: Array
    r: Array

    def at(self, a: Array) -> Array:
        return np.asarray(self.J @ a + self.r)

    def jacobian(self, a: Array) -> Array:
        return self.J


@dataclass(frozen=True)
class LayerBalance:
    """The balance of one layer: received = passed + unresolved + outside, all in the unit of the output.

    received: sum R^{l+1} at the layer's output. passed: sum R^l at its input. unresolved: sum_j R_j^{l+1} at the roots.
    outside: the rest, 0 if every root lies in the linear region of the input, else the error of the expansion.
    """

    received: object
    passed: object
    unresolved: object
    outside: object


@dataclass(frozen=True)
class Recursion:
    """Dense layers with a ReLU behind each, and a root function for each layer

    Source: Sixt and Landgraf 2022, recursive Taylor decomposition

    layers, roots: from the input up. output: the explained one. rectified: whether a ReLU follows the last layer too.
    SettingError unless there is one root function per layer.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp.layers import Dense
    >>> layer = Dense(np.array([[1.0], [2.0]]))
    >>> Recursion([layer], [ConstantRoot(np.zeros((1, 2)))], 0).relevance(np.array([3.0, 1.0])).tolist()
    [3.0, 2.0]
    """

    layers: Sequence[Dense]
    roots: Sequence[RootFunction]
    output: int
    rectified: bool = False

    def __post_init__(self) -> None:
        if len(self.layers) != len(self.roots) or not self.layers:
            raise SettingError(
                f"Recursion: expected one root function a layer, got {len(self.layers)} layers, {len(self.roots)} roots"
            )

    def activations(self, x: Array) -> list[Array]:
        """a_0 = x (D,), a_1, ... up to the output."""
        values = [x]
        for level in range(len(self.layers)):
            values.append(self.step(level, values[-1])[0])
        return values

    def gradient(self, x: Array, level: int = 0) -> Array:
        """The plain gradient of the explained output with respect to a_level, at the input x."""
        g = _unit(self.output, self.layers[-1].weight.shape[1], x)
        for k, a in reversed(list(enumerate(self.activations(x)[:-1]))):
            if k >= level:
                g = g @ self.step(k, a)[1]
        return np.asarray(g)

    def relevance(self, a: Array, level: int = 0) -> Array:
        """R^level(a): with level 0 the explanation of the input a."""
        return self._relevance(level, a)[0]

    def account(self, x: Array) -> list[LayerBalance]:
        """The balance of every layer at the input x (D,), the topmost first."""
        values = self.activations(x)
        lines = []
        for level in reversed(range(len(self.layers))):
            a, points = values[level], self.roots[level].at(values[level])
            received = self._relevance(level + 1, values[level + 1])[0].sum()
            passed = self._relevance(level, a)[0].sum()
            left = arrays.scalar(0, x)
            for j, point in enumerate(points):
                there = self._relevance(level + 1, self.step(level, point)[0])[0]
                left = left + (there.sum() if len(points) == 1 else there[j])
            lines.append(LayerBalance(received, passed, left, received - passed - left))
        return lines

    def step(self, level: int, a: Array) -> tuple[Array, Array]:
        """f_l(a) and its Jacobian (out, in); the slope of a ReLU at 0 is 0."""
        layer = self.layers[level]
        z, M = layer.compute(a[None])[0], layer.weight.T
        if level == len(self.layers) - 1 and not self.rectified:
            return z, M
        return arrays.positive(z), np.asarray(M * (z > 0)[:, None])

    def _relevance(self, level: int, a: Array) -> tuple[Array, Array]:
        """R^l(a) (D,) and its Jacobian (D, D) by a."""
        if level == len(self.layers):
            unit = _unit(self.output, len(a), a)
            return unit * a, unit[:, None] * unit
        points, jacobians = self.roots[level].at(a), self.roots[level].jacobian(a)
        one = np.diag(arrays.ones((len(a),), a)) + arrays.scalar(0, a)
        R, J = arrays.zeros(a.shape, a), arrays.zeros((len(a), len(a)), a)
        for j, point in enumerate(points):
            above, M = self.step(level, point)
            G = self._relevance(level + 1, above)[1] @ M
            if len(points) not in (1, len(G)):
                raise ShapeError(f"layer {level}: expected 1 root or {len(G)}, one a neuron above, got {len(points)}")
            g = G.sum(axis=0) if len(points) == 1 else G[j]
            R, J = R + g * (a - point), J + g[:, None] * (one - jacobians[j])
        return R, J


def _unit(index: int, size: int, like: Array) -> Array:
    unit = arrays.zeros((size,), like)
    unit[index] = arrays.scalar(1, like)
    return unit
