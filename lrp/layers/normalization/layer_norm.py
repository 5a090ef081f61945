"""Normalisation by statistics of the last axes of a sample: LayerNorm and RMSNorm."""

from __future__ import annotations

from dataclasses import dataclass

from lrp import arrays
from lrp.arrays import Array, Number
from lrp.errors import ShapeError
from lrp.layers.activations import sqrt
from lrp.layers.base import Shape, as_weight
from lrp.layers.normalization.sample_norm import SampleNorm, VectorNorm, root_variance, with_gamma


@dataclass(frozen=True, eq=False)
class LayerNorm(SampleNorm):
    """y = gamma (x - mean) / sqrt(variance + epsilon) + beta, mean and variance over the last `ndim` axes of a sample

    Source: Achtibat et al. 2024, normalisation rule

    The variance divides by the number of entries.

    Parameters
    ----------
    ndim : int
        The number of axes.
    gamma, beta : Array or None
        Of the shape of those axes; None: 1 and 0.
    epsilon : number
        Added to the variance, in its unit.
    """

    ndim: int = 1
    gamma: Array | None = None
    beta: Array | None = None
    epsilon: Number = 1e-3

    def __post_init__(self) -> None:
        for name in ("gamma", "beta"):
            value = getattr(self, name)
            if value is not None:
                value = as_weight(value, f"LayerNorm {name}")
                if value.ndim != self.ndim:
                    raise ShapeError(
                        f"LayerNorm: expected a {name} with {self.ndim} axes, got shape {value.shape}; ndim is the "
                        "number of axes that are normalised"
                    )
                object.__setattr__(self, name, value)

    def blocks(self, x: Array) -> Array:
        return x

    def axes(self, blocks: Array) -> tuple[int, ...]:
        return tuple(range(blocks.ndim - self.ndim, blocks.ndim))

    def spread(self, blocks: Array) -> Array:
        return root_variance(blocks, self.axes(blocks), self.epsilon)

    def coefficients(self, blocks: Array) -> tuple[Array, Array | None]:
        return with_gamma(self.gamma, self.beta, blocks)

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        last = shape[len(shape) - self.ndim :]
        for array in self.weights().values():
            if len(last) != self.ndim or any(n not in (None, m) for n, m in zip(last, array.shape)):
                raise ShapeError(f"LayerNorm: expected {array.shape} on the last axes, got {shape} per sample")
        return shape


@dataclass(frozen=True, eq=False)
class RMSNorm(VectorNorm):
    """y = gamma x / sqrt(mean of x^2 + epsilon), over the last axis

    Source: Achtibat et al. 2024, normalisation rule

    Parameters
    ----------
    gamma : Array or None
        (c,), one factor per entry of the last axis; None: 1.
    epsilon : number
        Added to the mean of squares, in its unit.
    """

    gamma: Array | None = None
    epsilon: Number = 1e-6

    def __post_init__(self) -> None:
        if self.gamma is not None:
            object.__setattr__(self, "gamma", as_weight(self.gamma, "RMSNorm gamma"))

    def spread(self, blocks: Array) -> Array:
        return sqrt((blocks * blocks).mean(axis=-1, keepdims=True) + arrays.scalar(self.epsilon, blocks))

    def coefficients(self, blocks: Array) -> tuple[Array, Array | None]:
        return with_gamma(self.gamma, None, blocks)

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        if not shape or (self.gamma is not None and self.gamma.shape != (shape[-1],)):
            given = None if self.gamma is None else self.gamma.shape
            raise ShapeError(
                f"RMSNorm: expected a gamma for the last axis of {shape}, got the shape {given}; it has one factor per "
                "entry of that axis"
            )
        return shape
