"""Normalisation over groups of channels."""

from __future__ import annotations

from dataclasses import dataclass

from lrp.arrays import Array, Number
from lrp.errors import SettingError, ShapeError
from lrp.layers.base import Shape, as_weight
from lrp.layers.normalization.sample_norm import SampleNorm, root_variance, with_gamma


@dataclass(frozen=True, eq=False)
class GroupNorm(SampleNorm):
    """y = gamma_c (x - mean) / sqrt(variance + epsilon) + beta_c, mean and variance over all positions and the channels
    of one group

    Source: Achtibat et al. 2024, normalisation rule; generalised from LayerNorm to groups of channels

    x (n, ..., c); the groups are of neighbouring channels.

    Parameters
    ----------
    groups : int
        The number of groups; it divides the number of channels.
    gamma, beta : Array or None
        (c,); None: 1 and 0.
    epsilon : number
        Added to the variance, in its unit.
    """

    groups: int = 32
    gamma: Array | None = None
    beta: Array | None = None
    epsilon: Number = 1e-3

    def __post_init__(self) -> None:
        for name in ("gamma", "beta"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, as_weight(getattr(self, name), f"GroupNorm {name}"))

    def blocks(self, x: Array) -> Array:
        return x.reshape(len(x), -1, self.groups, x.shape[-1] // self.groups)

    def axes(self, blocks: Array) -> tuple[int, ...]:
        return (1, 3)

    def spread(self, blocks: Array) -> Array:
        return root_variance(blocks, self.axes(blocks), self.epsilon)

    def coefficients(self, blocks: Array) -> tuple[Array, Array | None]:
        shape = blocks.shape[2:]
        gamma, beta = (None if v is None else v.reshape(shape) for v in (self.gamma, self.beta))
        return with_gamma(gamma, beta, blocks)

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        channels = shape[-1] if shape else None
        if channels is None or self.groups < 1 or channels % self.groups:
            raise SettingError(f"GroupNorm: expected groups that divide the channels of {shape}, got {self.groups}")
        for name, array in self.weights().items():
            if array.shape != (channels,):
                raise ShapeError(f"GroupNorm: expected a {name} of shape {(channels,)}, got {array.shape}")
        return shape
