"""The product of the inputs, entry by entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import RuleError
from lrp.layers.base import Layer, Shape
from lrp.layers.merging.broadcasting import common_shape, unbroadcast
from lrp.rules import LinearRule, Propagation, Rule, Signal, Uniform, all_to_inputs, difference_as_dropped, zero


@dataclass(frozen=True, eq=False)
class Multiply(Layer):
    """y = x_1 x_2 ... x_m, entry by entry. Rules: `uniform` (R/m to each factor), `signal` (all to one, none to gates).

    Source: Arras et al. 2017, signal-take-all; Achtibat et al. 2024, uniform rule

    Also `zero`, x_i dy/dx_i R / y = R to each factor, as gradient x input has it: it multiplies relevance by m, and the
    ledger shows a negative dropped.
    """

    rules: ClassVar[tuple[type[Rule], ...]] = (Uniform, Signal, LinearRule)
    default_rule: ClassVar[Rule | None] = None

    def accepts(self, rule: Rule) -> bool:
        return rule == zero() if isinstance(rule, LinearRule) else super().accepts(rule)

    def compute(self, *xs: Array) -> Array:
        y = xs[0]
        for x in xs[1:]:
            y = y * x
        return y

    def propagate(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        if isinstance(rule, Signal):
            if not 0 <= rule.index < len(xs):
                raise RuleError(f"signal: expected the number of one of {len(xs)} inputs, got {rule.index}")
            nothing = arrays.zeros(R.shape, R)
            parts = [R if i == rule.index else nothing for i in range(len(xs))]
        elif isinstance(rule, LinearRule):
            return difference_as_dropped(R, *(unbroadcast(R, x.shape) for x in xs))
        else:
            parts = [R / arrays.scalar(len(xs), R)] * len(xs)
        return all_to_inputs(*(unbroadcast(part, x.shape) for part, x in zip(parts, xs, strict=True)))

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        others = [g * self.compute(*(arrays.ones((1,) * g.ndim, g), *xs[:i], *xs[i + 1 :])) for i in range(len(xs))]
        return tuple(unbroadcast(part, x.shape) for part, x in zip(others, xs, strict=True))

    def output_shape(self, *shapes: Shape) -> Shape:
        return common_shape(shapes, "Multiply")
