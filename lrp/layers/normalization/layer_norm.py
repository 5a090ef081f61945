"""Normalisation by statistics of the sample itself: layer, group, root-mean-square and unit normalisation.

The statistics are functions of the input. Relevance treats the scale 1/std as a constant (Achtibat et al. 2024), the
pullback does not: it is the derivative of the layer as it is.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from lrp import arrays
from lrp.arrays import Array, Number, transcendental
from lrp.errors import RuleError, SettingError, ShapeError
from lrp.layers.base import Layer, Shape, as_weight
from lrp.rules import Gate, Identity, LinearRule, Rule, Term, engine, epsilon
from lrp.rules.engine import Propagation

sqrt = transcendental(np.sqrt, "sqrt")


def is_plain(rule: Rule) -> bool:
    """Whether the rule is zero or epsilon: one group of all products x w, which needs no weight's sign."""
    if not isinstance(rule, LinearRule) or len(rule.groups) != 1 or rule.low is not None:
        return False
    group = rule.groups[0]
    return group.terms == (Term(),) and group.factor == 1 and group.gate is Gate.ALWAYS


@dataclass(frozen=True)
class Centred:
    """z = (x - mean of x over its set) * scale * weight + bias, with the scale of this very x held fixed.

    blocks: x (n, ..., set) with the entries of one set on the last axes; the engine sees a linear map of x.
    """

    weight: Array
    bias: Array | None
    scale: Array
    axes: tuple[int, ...]
    centre: bool

    def apply(self, weight: Array, x: Any) -> Array:
        """The linear part, for plain rules only."""
        return np.asarray((x - x.mean(axis=self.axes, keepdims=True) if self.centre else x) * self.scale * weight)

    def adjoint(self, weight: Array, s: Array, shape: tuple[int, ...]) -> Array:
        """Its transpose: centring is its own."""
        g = s * weight * self.scale
        return np.asarray(g - g.mean(axis=self.axes, keepdims=True) if self.centre else g)


@dataclass(frozen=True, eq=False)
class SampleNorm(Layer):
    """The base: x is cut into sets (blocks()), each is centred and divided by its spread, then gamma and beta.

    Rules: zero or epsilon on the linear map that is left when the spread is held fixed, or `identity`.

    Source: Achtibat et al. 2024, normalisation rule
    """

    rules: ClassVar[tuple[type[Rule], ...]] = (LinearRule, Identity)
    default_rule: ClassVar[Rule | None] = epsilon()

    @abstractmethod
    def blocks(self, x: Array) -> Array:
        """x with the entries of one set on axes of their own."""

    @abstractmethod
    def axes(self, blocks: Array) -> tuple[int, ...]:
        """Which axes those are."""

    @abstractmethod
    def spread(self, blocks: Array) -> Array:
        """What each set is divided by, one number a set."""

    @abstractmethod
    def coefficients(self, blocks: Array) -> tuple[Array, Array | None]:
        """gamma and beta, as they broadcast to the blocks."""

    @property
    def centred(self) -> bool:
        """Whether the mean of the set is taken off."""
        return True

    def linear(self, blocks: Array) -> Centred:
        """The linear map for this x."""
        weight, bias = self.coefficients(blocks)
        return Centred(weight, bias, 1 / self.spread(blocks), self.axes(blocks), self.centred)

    def accepts(self, rule: Rule) -> bool:
        return isinstance(rule, Identity) or is_plain(rule)

    def compute(self, *xs: Array) -> Array:
        blocks = self.blocks(xs[0])
        linear = self.linear(blocks)
        y = linear.apply(linear.weight, blocks)
        return np.asarray(y if linear.bias is None else y + linear.bias).reshape(xs[0].shape)

    def distribute(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        if isinstance(rule, Identity):
            return engine.all_to_inputs(R)
        if not isinstance(rule, LinearRule):
            raise RuleError(f"{type(self).__name__}: expected zero, epsilon or identity, got {rule.text()!r}")
        blocks = self.blocks(xs[0])
        share = engine.distribute(rule, self.linear(blocks), blocks, y.reshape(blocks.shape), R.reshape(blocks.shape))
        part = share.parts[0].reshape(xs[0].shape)
        return Propagation((part,), share.bias, share.stabilizer, share.dropped, share.gross)

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        """With h = (x - mean) / spread and v = g gamma: (v - mean v - h mean(v h)) / spread."""
        blocks = self.blocks(xs[0])
        linear = self.linear(blocks)
        h = Centred(arrays.ones((), blocks), None, linear.scale, linear.axes, self.centred)
        unit = h.apply(h.weight, blocks)
        v = g.reshape(blocks.shape) * linear.weight
        back = v - unit * self.feedback(v * unit, blocks)
        if self.centred:
            back = back - v.mean(axis=linear.axes, keepdims=True)
        return (np.asarray(back * linear.scale).reshape(xs[0].shape),)

    def feedback(self, products: Array, blocks: Array) -> Array:
        """How the spread answers: the mean of the products over each set, where spread^2 is a mean of squares."""
        return np.asarray(products.mean(axis=self.axes(blocks), keepdims=True))

    def output_shape(self, *shapes: Shape) -> Shape:
        return shapes[0]


def _variance(blocks: Array, axes: tuple[int, ...], epsilon: Number) -> Array:
    centred = blocks - blocks.mean(axis=axes, keepdims=True)
    return sqrt((centred * centred).mean(axis=axes, keepdims=True) + arrays.scalar(epsilon, blocks))


def _coefficients(gamma: Array | None, beta: Array | None, like: Array) -> tuple[Array, Array | None]:
    return (arrays.ones((), like) if gamma is None else gamma), beta


@dataclass(frozen=True, eq=False)
class LayerNorm(SampleNorm):
    """y = gamma (x - mean) / sqrt(variance + epsilon) + beta, mean and variance over the last `ndim` axes of a sample

    Source: Achtibat et al. 2024, normalisation rule

    gamma and beta have the shape of those axes, or are None; the variance divides by the number of entries.
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
                    raise ShapeError(f"LayerNorm: expected a {name} with {self.ndim} axes, got shape {value.shape}")
                object.__setattr__(self, name, value)

    def blocks(self, x: Array) -> Array:
        return x

    def axes(self, blocks: Array) -> tuple[int, ...]:
        return tuple(range(blocks.ndim - self.ndim, blocks.ndim))

    def spread(self, blocks: Array) -> Array:
        return _variance(blocks, self.axes(blocks), self.epsilon)

    def coefficients(self, blocks: Array) -> tuple[Array, Array | None]:
        return _coefficients(self.gamma, self.beta, blocks)

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        last = shape[len(shape) - self.ndim :]
        for array in self.weights().values():
            if len(last) != self.ndim or any(n not in (None, m) for n, m in zip(last, array.shape)):
                raise ShapeError(f"LayerNorm: expected {array.shape} on the last axes, got {shape} a sample")
        return shape


@dataclass(frozen=True, eq=False)
class GroupNorm(SampleNorm):
    """y = gamma_c (x - mean) / sqrt(variance + epsilon) + beta_c, mean and variance over all positions and the channels
    of one group

    Source: Achtibat et al. 2024, normalisation rule

    x (n, ..., c); gamma and beta (c,) or None; groups of neighbouring channels.
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
        return _variance(blocks, self.axes(blocks), self.epsilon)

    def coefficients(self, blocks: Array) -> tuple[Array, Array | None]:
        shape = blocks.shape[2:]
        gamma, beta = (None if v is None else v.reshape(shape) for v in (self.gamma, self.beta))
        return _coefficients(gamma, beta, blocks)

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        channels = shape[-1] if shape else None
        if channels is None or self.groups < 1 or channels % self.groups:
            raise SettingError(f"GroupNorm: expected groups that divide the channels of {shape}, got {self.groups}")
        for name, array in self.weights().items():
            if array.shape != (channels,):
                raise ShapeError(f"GroupNorm: expected a {name} of shape {(channels,)}, got {array.shape}")
        return shape


@dataclass(frozen=True, eq=False)
class RMSNorm(SampleNorm):
    """y = gamma x / sqrt(mean of x^2 + epsilon), over the last axis

    Source: Achtibat et al. 2024, normalisation rule
    """

    gamma: Array | None = None
    epsilon: Number = 1e-6

    def __post_init__(self) -> None:
        if self.gamma is not None:
            object.__setattr__(self, "gamma", as_weight(self.gamma, "RMSNorm gamma"))

    @property
    def centred(self) -> bool:
        return False

    def blocks(self, x: Array) -> Array:
        return x

    def axes(self, blocks: Array) -> tuple[int, ...]:
        return (blocks.ndim - 1,)

    def spread(self, blocks: Array) -> Array:
        return sqrt((blocks * blocks).mean(axis=-1, keepdims=True) + arrays.scalar(self.epsilon, blocks))

    def coefficients(self, blocks: Array) -> tuple[Array, Array | None]:
        return _coefficients(self.gamma, None, blocks)

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        if not shape or (self.gamma is not None and self.gamma.shape != (shape[-1],)):
            raise ShapeError(f"RMSNorm: expected a gamma for the last axis of {shape}, got {self.weights()}")
        return shape


@dataclass(frozen=True, eq=False)
class UnitNorm(SampleNorm):
    """y = x / sqrt(max(sum of x^2, 1e-12)), over the last axis

    Source: Achtibat et al. 2024, normalisation rule
    """

    @property
    def centred(self) -> bool:
        return False

    def blocks(self, x: Array) -> Array:
        return x

    def axes(self, blocks: Array) -> tuple[int, ...]:
        return (blocks.ndim - 1,)

    def spread(self, blocks: Array) -> Array:
        total = (blocks * blocks).sum(axis=-1, keepdims=True)
        return sqrt(np.maximum(total, arrays.scalar(1e-12, blocks)))

    def coefficients(self, blocks: Array) -> tuple[Array, Array | None]:
        return _coefficients(None, None, blocks)

    def feedback(self, products: Array, blocks: Array) -> Array:
        total = (blocks * blocks).sum(axis=-1, keepdims=True)
        answers = products.sum(axis=-1, keepdims=True)
        return np.where(total > 1e-12, answers, arrays.scalar(0, blocks))
