"""A sum with coefficients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lrp.arrays import Number
from lrp.errors import SettingError, ShapeError
from lrp.layers.base import Shape
from lrp.layers.merging.sums_and_products import Add


@dataclass(frozen=True, eq=False)
class WeightedAdd(Add):
    """z = c_1 x_1 + ... + c_m x_m, entry by entry: a dense layer with the coefficients for weights

    Source: Bach et al. 2015, the linear layer
    """

    coefficients: tuple[Number, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "coefficients", tuple(self.coefficients))
        if not self.coefficients or not all(isinstance(c, (int, float)) for c in self.coefficients):
            raise SettingError(f"WeightedAdd: expected a number for each input, got {self.coefficients}")

    def factors(self, count: int) -> list[Any]:
        return list(self.coefficients)

    def output_shape(self, *shapes: Shape) -> Shape:
        if len(shapes) != len(self.coefficients):
            raise ShapeError(f"WeightedAdd: expected {len(self.coefficients)} inputs, got {len(shapes)}")
        return super().output_shape(*shapes)
