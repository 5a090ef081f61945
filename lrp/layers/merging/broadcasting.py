"""Shapes of the elementwise layers with several inputs: axes of length 1 are repeated."""

from __future__ import annotations

from lrp.arrays import Array
from lrp.errors import ShapeError
from lrp.layers.base import Shape


def common_shape(shapes: tuple[Shape, ...], name: str) -> Shape:
    """The shape that the inputs of an elementwise merge broadcast to (a length of 1 is repeated)."""
    if len(shapes) < 1 or len({len(shape) for shape in shapes}) != 1:
        raise ShapeError(f"{name}: expected inputs with equally many axes, got {list(shapes)}")
    result = []
    for lengths in zip(*shapes, strict=True):
        fixed = {n for n in lengths if n is not None and n != 1}
        if len(fixed) > 1:
            raise ShapeError(f"{name}: expected inputs of one shape, got {list(shapes)}")
        result.append(None if None in lengths and not fixed else max(fixed, default=1))
    return tuple(result)


def unbroadcast(part: Array, shape: tuple[int, ...]) -> Array:
    """The transpose of broadcasting: sums over the axes along which an input was repeated."""
    axes = tuple(i for i, (n, m) in enumerate(zip(part.shape, shape, strict=True)) if n != m)
    return part.sum(axis=axes, keepdims=True) if axes else part
