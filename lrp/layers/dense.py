"""The fully connected layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lrp import arrays, parallel
from lrp.arrays import Array
from lrp.errors import ShapeError
from lrp.layers.base import LinearLayer, Shape, as_weight, is_constant


@dataclass(frozen=True, eq=False)
class Dense(LinearLayer):
    """z_j = sum_i x_i w_ij + b_j

    Source: Bach et al. 2015, the linear layer

    weight (in, out), bias (out,) or None; x (n, ..., in) -> (n, ..., out): all axes but the last are kept.
    """

    def __post_init__(self) -> None:
        weight = as_weight(self.weight, "Dense weight")
        if weight.ndim != 2:
            raise ShapeError(f"Dense: expected a weight of shape (in, out), got {weight.shape}")
        object.__setattr__(self, "weight", weight)
        object.__setattr__(self, "bias", check_bias(self.bias, weight.shape[1], "Dense"))

    def apply(self, weight: Array, x: Any) -> Array:
        if is_constant(weight):  # every output is the same sum
            return np.repeat(weight.flat[0] * x.sum(axis=-1, keepdims=True), weight.shape[1], axis=-1)
        return _product(x, weight)  # (n, ..., in) @ (in, out)

    def adjoint(self, weight: Array, s: Array, shape: tuple[int, ...]) -> Array:
        if is_constant(weight):
            return np.repeat(weight.flat[0] * s.sum(axis=-1, keepdims=True), weight.shape[0], axis=-1)
        return _product(s, weight.T)  # (n, ..., out) @ (out, in)

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        if not shape or shape[-1] not in (None, self.weight.shape[0]):
            raise ShapeError(
                f"expected inputs with {self.weight.shape[0]} features on the last axis, got {shape} a sample "
                f"(weight {self.weight.shape} is (in, out)); is a Flatten missing before this Dense?"
            )
        return (*shape[:-1], self.weight.shape[1])


def _product(x: Array, weight: Array) -> Array:
    """x @ weight over the last axis of x; matrices of floats on several threads."""
    return parallel.matmul(x, weight) if x.ndim == 2 and not arrays.is_exact(x) else np.asarray(x @ weight)


def check_bias(bias: Any, size: int, subject: str) -> Array | None:
    """The bias as an array of shape (size,), or None."""
    if bias is None:
        return None
    bias = as_weight(bias, f"{subject} bias")
    if bias.shape != (size,):
        raise ShapeError(f"{subject}: expected a bias of shape {(size,)}, one number for each output, got {bias.shape}")
    return bias
