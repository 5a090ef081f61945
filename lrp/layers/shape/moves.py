"""Layers that only move entries: relevance goes back the way the copies came."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import InputError, SettingError, ShapeError, StateError
from lrp.layers.base import IndexingLayer, Layer, Shape
from lrp.layers.windows import Pairs, check_padding, per_axis
from lrp.rules import Rule, engine
from lrp.rules.engine import Propagation


@dataclass(frozen=True, eq=False)
class Input(Layer):
    """Where an array enters the network. shape: one sample's (None: any length); tokens: whole numbers that index."""

    shape: Shape = ()
    tokens: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", tuple(self.shape))

    def compute(self, *xs: Array) -> Array:
        return xs[0]

    def distribute(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        raise StateError("Input: relevance ends here, there is nothing to distribute it to")

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        return ()

    def output_shape(self, *shapes: Shape) -> Shape:
        return self.shape

    def check(self, x: Array, name: str) -> None:
        """Raise ShapeError or InputError unless x is a batch that this input takes."""
        if x.ndim != len(self.shape) + 1 or any(
            n not in (None, m) for n, m in zip(self.shape, x.shape[1:], strict=True)
        ):
            expected = ("n", *("any" if n is None else n for n in self.shape))
            raise ShapeError(
                f"input {name!r}: expected an array of shape ({', '.join(map(str, expected))}), got {x.shape}; "
                "the samples come first and the channels last"
            )
        if self.tokens and x.dtype.kind not in "iu":
            raise InputError(f"input {name!r}: expected whole numbers that index an embedding, got dtype {x.dtype}")
        if not self.tokens and x.dtype.kind in "iub":
            raise InputError(
                f"input {name!r}: expected floating-point numbers, got dtype {x.dtype}; "
                "scale the picture as the network was trained (its preprocessing), then pass floats"
            )


@dataclass(frozen=True, eq=False)
class Dropout(IndexingLayer):
    """The identity, as at inference: a network that has been trained drops nothing."""

    rate: float = 0.5

    def compute(self, *xs: Array) -> Array:
        return xs[0]

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        return (g,)

    def output_shape(self, *shapes: Shape) -> Shape:
        return shapes[0]


@dataclass(frozen=True, eq=False)
class Reshape(IndexingLayer):
    """One sample's entries, in row-major order, in another shape; one length may be -1."""

    shape: tuple[int, ...]

    def __post_init__(self) -> None:
        shape = tuple(int(n) for n in self.shape)
        if sum(n == -1 for n in shape) > 1 or any(n < 1 and n != -1 for n in shape):
            raise SettingError(f"Reshape: expected positive lengths, -1 at most once, got {shape}")
        object.__setattr__(self, "shape", shape)

    def compute(self, *xs: Array) -> Array:
        return xs[0].reshape(len(xs[0]), *self.shape)

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        return (g.reshape(xs[0].shape),)

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        if any(n is None for n in shape):
            return tuple(None if n == -1 else n for n in self.shape)
        entries, known = math.prod(n for n in shape if n is not None), math.prod(n for n in self.shape if n != -1)
        if entries % known or (-1 not in self.shape and entries != known):
            raise ShapeError(f"cannot reshape {shape} ({entries} entries) into {self.shape}")
        return tuple(entries // known if n == -1 else n for n in self.shape)


@dataclass(frozen=True, eq=False)
class Flatten(IndexingLayer):
    """One sample's entries in one row: (n, h, w, c) -> (n, h w c), the channel fastest."""

    def compute(self, *xs: Array) -> Array:
        return xs[0].reshape(len(xs[0]), -1)

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        return (g.reshape(xs[0].shape),)

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        return (None,) if None in shape else (math.prod(n for n in shape if n is not None),)


@dataclass(frozen=True, eq=False)
class Permute(IndexingLayer):
    """The axes of a sample in another order, counted from 1: (3, 1, 2) takes (n, a, b, c) to (n, c, a, b)."""

    axes: tuple[int, ...]

    def __post_init__(self) -> None:
        axes = tuple(int(a) for a in self.axes)
        if sorted(axes) != list(range(1, len(axes) + 1)):
            raise SettingError(f"Permute: expected each of 1..{len(axes)} once, got {axes}")
        object.__setattr__(self, "axes", axes)

    def compute(self, *xs: Array) -> Array:
        return xs[0].transpose(0, *self.axes)

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        return (g.transpose(np.argsort((0, *self.axes))),)

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        if len(shape) != len(self.axes):
            raise ShapeError(f"expected samples of {len(self.axes)} axes, got {shape}")
        return tuple(shape[a - 1] for a in self.axes)


def _pairs(value: Any, subject: str) -> Pairs:
    """(before, after) for each spatial axis, whose number the value tells."""
    if not isinstance(value, (tuple, list, np.ndarray)):
        raise SettingError(f"{subject}: expected (before, after) for each spatial axis, got {value!r}")
    pairs = check_padding(value, len(value), subject)
    return pairs if not isinstance(pairs, str) else ()


def _inner(pairs: Pairs, spatial: tuple[int, ...]) -> tuple[slice, ...]:
    """What is left of each axis when `before` and `after` are cut off."""
    rows = zip(pairs, spatial, strict=True)
    return (slice(None), *(slice(before, length - after) for (before, after), length in rows))


@dataclass(frozen=True, eq=False)
class ZeroPad(IndexingLayer):
    """Zeros around the spatial axes. Relevance that rules put on the padding is dropped, and the ledger says so."""

    padding: Any

    def __post_init__(self) -> None:
        object.__setattr__(self, "padding", _pairs(self.padding, "ZeroPad padding"))

    def compute(self, *xs: Array) -> Array:
        x = xs[0]
        return np.pad(x, ((0, 0), *self.padding, (0, 0)), constant_values=arrays.scalar(0, x))

    def distribute(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        inside = _inner(self.padding, R.shape[1:-1])
        outside = R.copy()
        outside[inside] = arrays.scalar(0, R)
        return engine.with_dropped(outside, R[inside])

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        return (g[_inner(self.padding, g.shape[1:-1])],)

    def output_shape(self, *shapes: Shape) -> Shape:
        return _lengthened(shapes[0], self.padding, 1)


@dataclass(frozen=True, eq=False)
class Crop(IndexingLayer):
    """The spatial axes without `before` entries at the start and `after` at the end."""

    cropping: Any

    def __post_init__(self) -> None:
        object.__setattr__(self, "cropping", _pairs(self.cropping, "Crop cropping"))

    def compute(self, *xs: Array) -> Array:
        return xs[0][_inner(self.cropping, xs[0].shape[1:-1])]

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        return (np.pad(g, ((0, 0), *self.cropping, (0, 0)), constant_values=arrays.scalar(0, g)),)

    def output_shape(self, *shapes: Shape) -> Shape:
        return _lengthened(shapes[0], self.cropping, -1)


def _lengthened(shape: Shape, pairs: Pairs, sign: int) -> Shape:
    """The shape with each spatial axis longer (or shorter) by its pair."""
    if len(shape) != len(pairs) + 1:
        raise ShapeError(f"expected inputs of {len(pairs)} spatial axes and channels last, got {shape} a sample")
    spatial = tuple(n if n is None else n + sign * sum(pair) for n, pair in zip(shape[:-1], pairs, strict=True))
    if any(n is not None and n < 1 for n in spatial):
        raise ShapeError(f"nothing is left of {shape} a sample when {pairs} is cut off")
    return (*spatial, shape[-1])


@dataclass(frozen=True, eq=False)
class UpSample(IndexingLayer):
    """Each entry repeated `size` times along each spatial axis (nearest neighbour); its relevance is their sum."""

    size: Any = (2, 2)

    def __post_init__(self) -> None:
        size = self.size if isinstance(self.size, (tuple, list)) else (self.size, self.size)
        object.__setattr__(self, "size", per_axis(size, len(size), "UpSample size"))

    def compute(self, *xs: Array) -> Array:
        y = xs[0]
        for axis, times in enumerate(self.size, start=1):
            y = np.repeat(y, times, axis=axis)
        return y

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        for axis, times in enumerate(self.size, start=1):
            g = g.reshape(*g.shape[:axis], -1, times, *g.shape[axis + 1 :]).sum(axis=axis + 1)
        return (g,)

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        if len(shape) != len(self.size) + 1:
            raise ShapeError(
                f"expected inputs of {len(self.size)} spatial axes and channels last, got {shape} a sample"
            )
        return (*(n if n is None else n * k for n, k in zip(shape, self.size)), shape[-1])
