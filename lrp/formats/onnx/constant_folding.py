"""Arithmetic of ONNX on constants alone: how exported models compute the shapes that they reshape to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.errors import LoadError

LARGEST = 1 << 40  # entries of a constant made from a shape: it repeats one number, which takes no memory
FLOAT_TYPES, INT_TYPES, BOOL_TYPE = {1, 10, 11, 16}, {2, 3, 5, 6, 7}, 9
Fail = Callable[[str], LoadError]


def cast(values: Array, kind: int, fail: Fail) -> Array:
    """ONNX's number of a type -> float64, int64 or bool."""
    if kind in FLOAT_TYPES:
        return values.astype(np.float64)
    if kind in INT_TYPES:
        return np.trunc(values).astype(np.int64)
    if kind == BOOL_TYPE:
        return values.astype(bool)
    raise fail(f"a cast to the type {kind} is not read")


def divide(a: Array, b: Array) -> Array:
    """Whole numbers divide towards zero, as in C."""
    if a.dtype.kind == "i" and b.dtype.kind == "i":
        quotient = np.abs(a) // np.abs(b)
        return np.asarray(quotient * np.sign(a) * np.sign(b))
    return np.asarray(a / b)


def axes_of(xs: Sequence[Any], attributes: Mapping[str, Any], index: int = 1) -> list[int] | None:
    """axes as an input (newer operator sets) or as an attribute; None where there are none."""
    if len(xs) > index and xs[index] is not None:
        return [int(a) for a in np.asarray(xs[index]).ravel()]
    found = attributes.get("axes")
    return None if found is None else [int(a) for a in found]


def _squeeze(xs: Sequence[Array], attributes: Mapping[str, Any]) -> Array:
    axes = axes_of(xs, attributes)
    return np.squeeze(xs[0], None if axes is None else tuple(axes))


def _unsqueeze(xs: Sequence[Array], attributes: Mapping[str, Any]) -> Array:
    return np.expand_dims(xs[0], tuple(axes_of(xs, attributes) or ()))


def slices(xs: Sequence[Any], attributes: Mapping[str, Any]) -> list[tuple[int, int, int, int]]:
    """(axis, start, end, step) of a Slice; inputs in newer operator sets, attributes in older ones."""
    if len(xs) > 1:
        starts, ends = ([int(v) for v in np.asarray(x).ravel()] for x in xs[1:3])
        axes = axes_of(xs, {}, 3) or list(range(len(starts)))
        steps = axes_of(xs, {}, 4) or [1] * len(starts)
    else:
        starts, ends = list(attributes["starts"]), list(attributes["ends"])
        axes, steps = list(attributes.get("axes", range(len(starts)))), [1] * len(starts)
    return list(zip(axes, starts, ends, steps, strict=True))


def _slice(xs: Sequence[Array], attributes: Mapping[str, Any]) -> Array:
    values = xs[0]
    for axis, start, end, step in slices(xs, attributes):
        stop = None if end <= -(2**31) and step < 0 else end
        values = np.moveaxis(np.moveaxis(values, axis, 0)[start:stop:step], 0, axis)
    return values


def _reshape(xs: Sequence[Array], attributes: Mapping[str, Any]) -> Array:
    shape = [xs[0].shape[i] if n == 0 and not attributes.get("allowzero", 0) else int(n) for i, n in enumerate(xs[1])]
    return xs[0].reshape(shape)


def _sized(shape: Any, fail: Fail) -> tuple[int, ...]:
    lengths = tuple(int(n) for n in np.asarray(shape).ravel())
    total = 1
    for n in lengths:
        total *= n
    if min(lengths, default=0) < 0 or total > LARGEST:
        raise fail(f"a constant of shape {lengths} is too large to be meant")
    return lengths


SIMPLE: dict[str, Callable[[Sequence[Array], Mapping[str, Any]], Array]] = {
    "Identity": lambda xs, a: xs[0],
    "Shape": lambda xs, a: np.array(xs[0].shape, dtype=np.int64)[a.get("start", 0) : a.get("end")],
    "Size": lambda xs, a: np.array(xs[0].size, dtype=np.int64),
    "Gather": lambda xs, a: np.take(xs[0], xs[1].astype(np.int64), axis=a.get("axis", 0)),
    "Concat": lambda xs, a: np.concatenate([np.atleast_1d(x) for x in xs], axis=a.get("axis", 0)),
    "Transpose": lambda xs, a: xs[0].transpose(a.get("perm")),
    "Add": lambda xs, a: xs[0] + xs[1],
    "Sub": lambda xs, a: xs[0] - xs[1],
    "Mul": lambda xs, a: xs[0] * xs[1],
    "Div": lambda xs, a: divide(xs[0], xs[1]),
    "Mod": lambda xs, a: np.fmod(xs[0], xs[1]) if a.get("fmod", 0) else np.mod(xs[0], xs[1]),
    "Pow": lambda xs, a: xs[0] ** xs[1],
    "Neg": lambda xs, a: -xs[0],
    "Abs": lambda xs, a: np.abs(xs[0]),
    "Sqrt": lambda xs, a: np.sqrt(xs[0]),
    "Reciprocal": lambda xs, a: 1 / xs[0],
    "Exp": lambda xs, a: np.exp(xs[0]),
    "Log": lambda xs, a: np.log(xs[0]),
    "Floor": lambda xs, a: np.floor(xs[0]),
    "Ceil": lambda xs, a: np.ceil(xs[0]),
    "Max": lambda xs, a: np.maximum.reduce(list(xs)),
    "Min": lambda xs, a: np.minimum.reduce(list(xs)),
    "Equal": lambda xs, a: np.equal(xs[0], xs[1]),
    "Greater": lambda xs, a: np.greater(xs[0], xs[1]),
    "Less": lambda xs, a: np.less(xs[0], xs[1]),
    "Not": lambda xs, a: np.logical_not(xs[0]),
    "Where": lambda xs, a: np.where(xs[0], xs[1], xs[2]),
    "ReduceProd": lambda xs, a: np.prod(xs[0], keepdims=bool(a.get("keepdims", 1))),
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Slice": _slice,
    "Reshape": _reshape,
}
FOLDED = {*SIMPLE, "Constant", "ConstantOfShape", "Cast", "Range", "Expand", "CastLike"}


def fold(kind: str, xs: Sequence[Any], attributes: Mapping[str, Any], fail: Fail) -> list[Array]:
    """The result of an operator whose inputs are all constants."""
    if kind == "Constant":
        return [_constant(attributes, fail)]
    if any(x is None for x in xs[:1]):
        raise fail("expected an input, found none")
    if kind == "Cast":
        return [cast(xs[0], int(attributes["to"]), fail)]
    if kind == "CastLike":
        return [np.asarray(xs[0], dtype=xs[1].dtype)]
    if kind == "ConstantOfShape":
        value = np.asarray(attributes.get("value", np.zeros(1))).ravel()
        return [np.broadcast_to(value[0], _sized(xs[0], fail))]
    if kind == "Expand":
        return [np.broadcast_to(xs[0], np.broadcast_shapes(xs[0].shape, _sized(xs[1], fail)))]
    if kind == "Range":
        start, limit, delta = (np.asarray(x).item() for x in xs[:3])
        if delta == 0 or (limit - start) / delta > LARGEST:
            raise fail("a range of this size is too large to be meant")
        return [np.arange(start, limit, delta)]
    return [np.asarray(SIMPLE[kind](xs, attributes))]


def _constant(attributes: Mapping[str, Any], fail: Fail) -> Array:
    """The value that a Constant holds in one of its attributes."""
    for name, kind in (("value", None), ("value_float", float), ("value_floats", float), ("value_int", np.int64)):
        if name in attributes:
            return np.asarray(attributes[name], dtype=kind)
    if "value_ints" in attributes:
        return np.asarray(attributes["value_ints"], dtype=np.int64)
    raise fail("a constant of this kind is not read")
