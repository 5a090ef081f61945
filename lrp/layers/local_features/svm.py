"""The linear support vector machine in its primal form, one column per class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from lrp.arrays import Array
from lrp.layers.base import LinearLayer, Shape
from lrp.layers.dense import Dense
from lrp.rules import Rule, zero


@dataclass(frozen=True, eq=False)
class LinearSVM(LinearLayer):
    """f_c(x) = b_c + sum_d w_dc x_d

    The map of a Dense layer. By default the relevance of kernel machines, the zero rule with sink=spread:

        R_d = w_d x_d + b/V

    Source: Lapuschkin et al. 2016, relevance of a dimension

    A class of its own, so that composites for the Dense layers of neural networks do not change its rule. Takes any
    table rule.

    Parameters
    ----------
    weight : Array
        w (V, classes).
    bias : Array or None
        b (classes,).
    """

    default_rule: ClassVar[Rule | None] = zero(sink="spread")

    def __post_init__(self) -> None:
        dense = Dense(self.weight, self.bias)
        object.__setattr__(self, "weight", dense.weight)
        object.__setattr__(self, "bias", dense.bias)

    def apply(self, weight: Array, x: Any) -> Array:
        return Dense(self.weight).apply(weight, x)

    def adjoint(self, weight: Array, s: Array, shape: tuple[int, ...]) -> Array:
        return Dense(self.weight).adjoint(weight, s, shape)

    def output_shape(self, *shapes: Shape) -> Shape:
        return Dense(self.weight).output_shape(*shapes)
