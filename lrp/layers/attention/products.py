"""Products of two computed arrays: matrix products, as attention has them.

    O_jp = sum_i A_ji V_ip        R_ji = sum_p A_ji V_ip R_jp / (2 stab(O_jp)),  likewise R_ip

Source: Achtibat et al. 2024, bilinear rule: epsilon on each operand, then half to each
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import RuleError, ShapeError
from lrp.layers.base import Layer, Shape
from lrp.layers.normalization import is_plain
from lrp.rules import LinearRule, Rule, Sink, epsilon
from lrp.rules.engine import Propagation


def halves(R: Array, o: Array, rule: LinearRule, back: Any, a: Array, v: Array) -> Propagation:
    """The bilinear rule: o = a . v bilinear, back(s) = the gradients of sum(s o) with respect to a and v.

    Each operand receives itself times its gradient under s = R / (2 stab(o)); the stabilizer's part stands on the
    ledger, and where o + shift = 0 the relevance is dropped.
    """
    shift = rule.stabilizer.shift(o)
    defined = o + shift != 0
    s = arrays.divide_where(R, o + shift, defined)
    to_a, to_v = back(s / arrays.scalar(2, R))
    part_a, part_v = a * to_a, v * to_v
    stabilizer = s * shift
    dropped = np.where(defined, arrays.scalar(0, R), R)
    gross = sum((arrays.sum_abs(q) for q in (part_a, part_v, stabilizer, dropped)), arrays.sum_abs(s * o))
    nothing = arrays.zeros((len(R),), arrays.sum_per_sample(R))
    return Propagation(
        (part_a, part_v), nothing, arrays.sum_per_sample(stabilizer), arrays.sum_per_sample(dropped), gross
    )


@dataclass(frozen=True, eq=False)
class Bilinear(Layer):
    """The base: two inputs, an output linear in each. Rules: zero or epsilon, with half of R to each input.

    Source: Achtibat et al. 2024, bilinear rule
    """

    rules: ClassVar[tuple[type[Rule], ...]] = (LinearRule,)
    default_rule: ClassVar[Rule | None] = epsilon()

    def accepts(self, rule: Rule) -> bool:
        return is_plain(rule) and isinstance(rule, LinearRule) and rule.sink is Sink.KEEP

    def distribute(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        if not isinstance(rule, LinearRule):
            raise RuleError(f"{type(self).__name__}: expected zero or epsilon, got {rule.text()!r}")
        return halves(R, y, rule, lambda s: self.pullback(s, xs, y), *xs)


@dataclass(frozen=True, eq=False)
class MatMul(Bilinear):
    """o = a b over the last two axes, or a b^T; the axes before them are those of the sample, alike in both

    Source: Achtibat et al. 2024, bilinear rule
    """

    transpose: bool = False

    def compute(self, *xs: Array) -> Array:
        a, b = xs
        return np.asarray(a @ (np.swapaxes(b, -1, -2) if self.transpose else b))

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        a, b = xs
        if self.transpose:
            return np.asarray(g @ b), np.asarray(np.swapaxes(g, -1, -2) @ a)
        return np.asarray(g @ np.swapaxes(b, -1, -2)), np.asarray(np.swapaxes(a, -1, -2) @ g)

    def output_shape(self, *shapes: Shape) -> Shape:
        a, b = shapes
        inner = (a[-1], b[-1] if self.transpose else b[-2]) if min(len(a), len(b)) > 1 else (0, 1)
        if len(a) != len(b) or a[:-2] != b[:-2] or (None not in inner and inner[0] != inner[1]):
            raise ShapeError(f"MatMul: expected matrices (..., i, k) and (..., k, j), got {a} and {b} a sample")
        return (*a[:-1], b[-2] if self.transpose else b[-1])


@dataclass(frozen=True, eq=False)
class Dot(Bilinear):
    """o = sum over one axis of each input (counted from the samples, 0), the other axes side by side

    Source: Achtibat et al. 2024, bilinear rule

    Two vectors (n, d) give (n, 1).
    """

    first: int = 1
    second: int = 1

    def _einsum(self, rank_a: int, rank_b: int) -> tuple[str, str, str]:
        letters = iter("abcdefghijklm")
        a = "n" + "".join("z" if i == self.first else next(letters) for i in range(1, rank_a))
        b = "n" + "".join("z" if i == self.second else next(letters) for i in range(1, rank_b))
        return a, b, "n" + a[1:].replace("z", "") + b[1:].replace("z", "")

    def compute(self, *xs: Array) -> Array:
        a, b = xs
        left, right, out = self._einsum(a.ndim, b.ndim)
        o = np.einsum(f"{left},{right}->{out}", a, b)
        return np.asarray(o[:, None] if o.ndim == 1 else o)

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        a, b = xs
        left, right, out = self._einsum(a.ndim, b.ndim)
        g = g[:, 0] if out == "n" else g
        return np.einsum(f"{out},{right}->{left}", g, b), np.einsum(f"{left},{out}->{right}", a, g)

    def output_shape(self, *shapes: Shape) -> Shape:
        a, b = shapes
        if not (1 <= self.first <= len(a) and 1 <= self.second <= len(b)):
            raise ShapeError(f"Dot: expected axes of {a} and {b}, got {self.first} and {self.second}")
        lengths = (a[self.first - 1], b[self.second - 1])
        if None not in lengths and lengths[0] != lengths[1]:
            raise ShapeError(f"Dot: expected equal lengths on the summed axes, got {lengths[0]} and {lengths[1]}")
        rest = (*a[: self.first - 1], *a[self.first :], *b[: self.second - 1], *b[self.second :])
        return rest or (1,)
