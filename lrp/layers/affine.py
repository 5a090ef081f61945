"""A factor and a summand for each entry or channel: Scale, Rescaling, Normalization, arithmetic with constants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from lrp.arrays import Array
from lrp.errors import ShapeError
from lrp.layers.base import LinearLayer, Shape, as_weight
from lrp.rules import Identity, LinearRule, Propagation, Rule, all_to_inputs


@dataclass(frozen=True, eq=False)
class Affine(LinearLayer):
    """y = w x + b, entry by entry

    Takes any table rule (the relevance of b is counted as bias) or `identity`.

    Parameters
    ----------
    weight : Array
        w, which broadcasts to one sample: (1,) for a number, (c,) for channels, or the shape of a sample.
    bias : Array or None
        b, likewise.
    """

    rules: ClassVar[tuple[type[Rule], ...]] = (LinearRule, Identity)

    def __post_init__(self) -> None:
        object.__setattr__(self, "weight", np.atleast_1d(as_weight(self.weight, "Affine weight")))
        if self.bias is not None:
            object.__setattr__(self, "bias", np.atleast_1d(as_weight(self.bias, "Affine bias")))

    def apply(self, weight: Array, x: Any) -> Array:
        return np.asarray(x * weight)

    def adjoint(self, weight: Array, s: Array, shape: tuple[int, ...]) -> Array:
        return np.asarray(s * weight)

    def propagate(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        return all_to_inputs(R) if isinstance(rule, Identity) else super().propagate(R, rule, xs, y)

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        for name, array in self.weights().items():
            rows = zip(reversed(array.shape), reversed(shape))
            if array.ndim > len(shape) or any(a not in (1, n) and n is not None for a, n in rows):
                raise ShapeError(
                    f"expected a {name} that broadcasts to {shape}, got shape {array.shape}; it has the last axes of a "
                    "sample, or lengths of 1"
                )
        return shape
