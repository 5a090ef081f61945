"""Products of two computed arrays: matrix products, as attention has them.

    O_jp = sum_i A_ji V_ip        R_ji = sum_p A_ji V_ip R_jp / (2 stab(O_jp)),  likewise R_ip

Source: Achtibat et al. 2024, bilinear rule: epsilon on each operand, then half to each
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import ShapeError
from lrp.layers.base import Layer, Shape
from lrp.layers.rule_checks import is_proportional, keeps_losses, linear_rule
from lrp.rules import LinearRule, Propagation, Rule, epsilon


def bilinear_rule(
    rule: LinearRule, A: Array, V: Array, O: Array, R: Array, adjoint: Callable[[Array], tuple[Array, Array]]
) -> Propagation:
    """s = R / (2 stab(O)),   R_A = A dO/dA^T s,   R_V = V dO/dV^T s,   for an O that is linear in A and in V

    Source: Achtibat et al. 2024, bilinear rule

    adjoint(s) = (dO/dA^T s, dO/dV^T s), the gradients of sum(s O). R has the shape of O, the parts those of A and V.
    Of the rule only the stabilizer is used: its relevance R shift / stab(O) is `stabilizer`; R is dropped where
    stab(O) = 0.
    """
    shift = rule.stabilizer.shift(O)
    defined = O + shift != 0
    s = arrays.divide_where(R, O + shift, defined)
    to_A, to_V = adjoint(s / arrays.scalar(2, R))
    R_A, R_V = A * to_A, V * to_V
    stabilizer = s * shift
    dropped = np.where(defined, arrays.scalar(0, R), R)
    gross = sum((arrays.sum_abs(flow) for flow in (R_A, R_V, stabilizer, dropped)), arrays.sum_abs(s * O))
    return Propagation(
        (R_A, R_V),
        arrays.zero_sums(R),
        arrays.sum_per_sample(stabilizer),
        arrays.sum_per_sample(dropped),
        gross,
    )


@dataclass(frozen=True, eq=False)
class Bilinear(Layer):
    """The base: two inputs, an output linear in each. Takes zero or epsilon: half of R to each input.

    Source: Achtibat et al. 2024, bilinear rule

    There is no bias, and no input that a stabilizer could be spread over.
    """

    rules: ClassVar[tuple[type[Rule], ...]] = (LinearRule,)
    default_rule: ClassVar[Rule | None] = epsilon()
    accepted: ClassVar[str] = "zero or epsilon, with sink=keep"

    def admits(self, rule: Rule) -> bool:
        return is_proportional(rule) and keeps_losses(rule)

    def propagate(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        A, V = xs

        def adjoint(s: Array) -> tuple[Array, Array]:
            to_A, to_V = self.pullback(s, xs, y)
            return to_A, to_V

        return bilinear_rule(linear_rule(rule, self), A, V, y, R, adjoint)


@dataclass(frozen=True, eq=False)
class MatMul(Bilinear):
    """O = A V over the last two axes, or A V^T; the axes before them are those of the sample, alike in both

    Source: Achtibat et al. 2024, bilinear rule

    Parameters
    ----------
    transpose : bool
        Whether the second input is transposed: (..., i, k), (..., j, k) -> (..., i, j).
    """

    transpose: bool = False

    def compute(self, *xs: Array) -> Array:
        A, V = xs
        return np.asarray(A @ (np.swapaxes(V, -1, -2) if self.transpose else V))

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        A, V = xs
        if self.transpose:
            return np.asarray(g @ V), np.asarray(np.swapaxes(g, -1, -2) @ A)
        return np.asarray(g @ np.swapaxes(V, -1, -2)), np.asarray(np.swapaxes(A, -1, -2) @ g)

    def output_shape(self, *shapes: Shape) -> Shape:
        a, b = shapes
        inner = (a[-1], b[-1] if self.transpose else b[-2]) if min(len(a), len(b)) > 1 else (0, 1)
        if len(a) != len(b) or a[:-2] != b[:-2] or (None not in inner and inner[0] != inner[1]):
            second = "(..., j, k)" if self.transpose else "(..., k, j)"
            raise ShapeError(
                f"MatMul: expected matrices (..., i, k) and {second}, got {a} and {b} per sample; transpose is "
                f"{self.transpose}"
            )
        return (*a[:-1], b[-2] if self.transpose else b[-1])


@dataclass(frozen=True, eq=False)
class Dot(Bilinear):
    """O = the sum over one axis of each input of their product; the other axes of A, then those of V

    Source: Achtibat et al. 2024, bilinear rule

    Two vectors (n, d) give (n, 1).

    Parameters
    ----------
    first, second : int
        The axis of A and the axis of V that are summed over, counted with the samples as axis 0.
    """

    first: int = 1
    second: int = 1

    def _einsum(self, rank_a: int, rank_b: int) -> tuple[str, str, str]:
        """The subscripts of both inputs and of the output; z is the axis that is summed over."""
        letters = iter("abcdefghijklm")
        a = "n" + "".join("z" if i == self.first else next(letters) for i in range(1, rank_a))
        b = "n" + "".join("z" if i == self.second else next(letters) for i in range(1, rank_b))
        return a, b, "n" + a[1:].replace("z", "") + b[1:].replace("z", "")

    def compute(self, *xs: Array) -> Array:
        A, V = xs
        left, right, out = self._einsum(A.ndim, V.ndim)
        O = np.einsum(f"{left},{right}->{out}", A, V)
        return np.asarray(O[:, None] if O.ndim == 1 else O)

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        A, V = xs
        left, right, out = self._einsum(A.ndim, V.ndim)
        g = g[:, 0] if out == "n" else g
        return np.einsum(f"{out},{right}->{left}", g, V), np.einsum(f"{left},{out}->{right}", A, g)

    def output_shape(self, *shapes: Shape) -> Shape:
        a, b = shapes
        if not (1 <= self.first <= len(a) and 1 <= self.second <= len(b)):
            raise ShapeError(
                f"Dot: expected axes of {a} and {b} per sample, got {self.first} and {self.second}; the first axis of "
                "a sample is 1"
            )
        lengths = (a[self.first - 1], b[self.second - 1])
        if None not in lengths and lengths[0] != lengths[1]:
            raise ShapeError(
                f"Dot: expected equal lengths on the summed axes, got {lengths[0]} and {lengths[1]}; are the axes "
                f"{self.first} and {self.second} the right ones?"
            )
        rest = (*a[: self.first - 1], *a[self.first :], *b[: self.second - 1], *b[self.second :])
        return rest or (1,)
