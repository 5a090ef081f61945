"""Search directions: the line on which the root of a neuron is searched, and the rule that results."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lrp import arrays, rules
from lrp.arrays import Array, Number, scalar
from lrp.rules import Bound, LinearRule


@dataclass(frozen=True)
class Direction(ABC):
    """A direction v^(j) for each neuron j: the root is searched at x - t v^(j), t a number."""

    @abstractmethod
    def at(self, x: Array, w: Array) -> Array:
        """v for x (n, 1, D) and the neurons' weights w (1, m, D): (n, m, D), or a shape that broadcasts to it."""

    @abstractmethod
    def rule(self) -> LinearRule:
        """The rule whose messages are the Taylor products at this direction's roots; without bias."""

    def inside(self, x: Array) -> Array:
        """Booleans of x's shape: whether each entry lies in the direction's input domain; all of R by default."""
        return np.ones(x.shape, dtype=bool)


@dataclass(frozen=True)
class WSquare(Direction):
    """v_i = w_ij: the nearest root in R^d

    Source: Montavon et al. 2017, w^2 rule

    Examples
    --------
    >>> WSquare().rule().text()
    'w_square'
    """

    def at(self, x: Array, w: Array) -> Array:
        return w

    def rule(self) -> LinearRule:
        return rules.w_square()


@dataclass(frozen=True)
class ZPlus(Direction):
    """v_i = x_i 1[x_i w_ij >= 0], which for x >= 0 is the published x_i 1[w_ij >= 0]

    Source: Montavon et al. 2017, z+ rule

    The domain is x >= 0. A negative x is treated as by the engine's z_plus; deep Taylor decomposition does not
    define it.

    Examples
    --------
    >>> ZPlus().rule().text()
    'z_plus:bias=off'
    """

    def at(self, x: Array, w: Array) -> Array:
        return np.asarray(x * (x * w >= 0))

    def rule(self) -> LinearRule:
        return rules.z_plus(bias=False)

    def inside(self, x: Array) -> Array:
        return np.asarray(x >= 0, dtype=bool)


@dataclass(frozen=True)
class ZBox(Direction):
    """v_i = x_i - l_i 1[w_ij > 0] - h_i 1[w_ij < 0]

    Source: Montavon et al. 2017, z^B rule

    The domain is the box l <= x <= h; low and high as in `lrp.rules.z_box`, but for inputs with one axis.
    A weight of 0 makes its entry of the root x_i - t x_i, which lies in the box where l <= 0 <= h.

    Examples
    --------
    >>> ZBox(0, 1).rule().text()
    'z_box:0,1'
    """

    low: Any = field()
    high: Any = field()

    def at(self, x: Array, w: Array) -> Array:
        return np.asarray(x - self._bound(self.low, x) * (w > 0) - self._bound(self.high, x) * (w < 0))

    def rule(self) -> LinearRule:
        return rules.z_box(self.low, self.high)

    def inside(self, x: Array) -> Array:
        return np.asarray((x >= self._bound(self.low, x)) & (x <= self._bound(self.high, x)), dtype=bool)

    @staticmethod
    def _bound(value: Any, x: Array) -> Array:
        return Bound(value).like(x)


@dataclass(frozen=True)
class Z(Direction):
    """v_i = x_i: towards the origin, which is the root if there is no bias

    Source: Montavon et al. 2017, z rule

    Examples
    --------
    >>> Z().rule().text()
    'zero:bias=off'
    """

    def at(self, x: Array, w: Array) -> Array:
        return x

    def rule(self) -> LinearRule:
        return rules.zero(bias=False)


@dataclass(frozen=True)
class Gamma(Direction):
    """v_i = x_i (1 + gamma 1[x_i w_ij >= 0]), which for x >= 0 is x_i (1 + gamma 1[w_ij >= 0])

    Source: Sixt and Landgraf 2022, gamma root

    For active neurons: in a neuron with z < 0 the engine's rule favours negative contributions.

    Examples
    --------
    >>> Gamma(2).rule().text()
    'gamma:2,bias=off,gate=layer'
    """

    gamma: Number = 1

    def at(self, x: Array, w: Array) -> Array:
        return np.asarray(x + scalar(self.gamma, x) * x * (x * w >= 0))

    def rule(self) -> LinearRule:
        return rules.gamma(self.gamma, bias=False, gate="layer")


def along(direction: Direction, x: Array, w: Array) -> tuple[Array, Array]:
    """v and v . w of every neuron: x (n, D), w (m, D) -> (n, m, D), (n, m)."""
    v = direction.at(x[:, None], w[None])
    slope = (v * w[None]).sum(axis=-1)
    shape = (len(x), *w.shape)
    return np.asarray(np.broadcast_to(v, shape)), np.asarray(np.broadcast_to(slope, shape[:2])) + arrays.scalar(0, x)
