"""The base of the activations: functions of one entry. Relevance passes unchanged; the pullback is g f'(z).

Source: Bach et al. 2015, activation layers
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.layers.base import Layer, Shape
from lrp.rules import Propagation, Rule, all_to_inputs


@dataclass(frozen=True, eq=False)
class Activation(Layer):
    """y = f(z) entry by entry. A subclass defines f and its slope."""

    @abstractmethod
    def value(self, z: Array) -> Array:
        """f(z)"""

    @abstractmethod
    def slope(self, z: Array, y: Array) -> Array:
        """f'(z); at a kink the slope on the left, as the frameworks have it (ReLU'(0) = 0)."""

    def compute(self, *xs: Array) -> Array:
        return self.value(xs[0])

    def propagate(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        return all_to_inputs(R)

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        return (g * self.slope(xs[0], y),)

    def output_shape(self, *shapes: Shape) -> Shape:
        return shapes[0]


def step(condition: Array, z: Array, below: Any = 0) -> Array:
    """1 where the condition holds, `below` elsewhere, in the arithmetic of z."""
    return np.where(condition, arrays.scalar(1, z), below if isinstance(below, np.ndarray) else arrays.scalar(below, z))
