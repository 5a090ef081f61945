"""Arithmetic of ONNX on constants alone: how exported models compute the shapes that they reshape to.

What a graph computes from its constants is bounded by what its own weights justify (`Budget`): before an operation
runs, the entries of its result and those that it looks at are counted. A constant that repeats one number along an axis
is a view with stride 0 and costs nothing; entry-by-entry operations keep it so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.errors import LoadError
from lrp.formats.container import quoted

LARGEST = 1 << 40  # entries of a view that repeats numbers
FREE_ENTRIES, FREE_WORK = 1 << 22, 1 << 27
ENTRIES_RATIO, WORK_RATIO = 3, 16
MOST_NUMBERS = 10_000  # entries of a constant that is read as a list of settings: a shape, axes, pads
FLOAT_TYPES, INT_TYPES, BOOL_TYPE = {1, 10, 11, 16}, {2, 3, 5, 6, 7}, 9
Fail = Callable[[str], LoadError]


class Budget:
    """What the constants that a graph computes may cost, given the number of entries of its own constants.

    In memory: FREE_ENTRIES + ENTRIES_RATIO * weights entries in all; looked at: FREE_WORK + WORK_RATIO * weights.
    """

    def __init__(self, weights: int) -> None:
        self.largest = FREE_ENTRIES + weights
        self._entries = FREE_ENTRIES + ENTRIES_RATIO * weights
        self._work = FREE_WORK + WORK_RATIO * weights

    def take(self, result: int, looked_at: int, fail: Fail) -> None:
        """Count one operation; LoadError where it costs more than is left."""
        self._entries -= result
        self._work -= result + looked_at
        if self._entries < 0 or self._work < 0:
            raise fail(f"computes {result} constant numbers, more than the model's own weights justify; it is refused")


def numbers(values: Any) -> list[Any]:
    """The entries of a short constant as Python numbers."""
    array = np.asarray(values)
    if array.size > MOST_NUMBERS:
        raise ValueError(f"expected at most {MOST_NUMBERS} numbers in a setting, got {array.size}")
    found: list[Any] = array.ravel().tolist()
    return found


def without_repeats(values: Array, *others: Array) -> Array:
    """The array with length 1 where it, and each of the others, repeats its numbers along an axis of equal rank."""
    same = [array for array in (values, *others)]
    keep = tuple(
        slice(0, 1) if all(a.strides[i] == 0 or a.shape[i] == 1 for a in same) else slice(None)
        for i in range(values.ndim)
    )
    return values[keep]


def by_entry(function: Callable[..., Any], xs: Sequence[Array], budget: Budget, fail: Fail) -> Array:
    """function(xs) entry by entry, broadcast; an axis along which all xs repeat their numbers is computed once."""
    shape = np.broadcast_shapes(*(x.shape for x in xs))
    _require_size(shape, fail)
    wide = [np.broadcast_to(x, shape) for x in xs]
    cores = [without_repeats(x, *wide) for x in wide]
    budget.take(cores[0].size, sum(core.size for core in cores), fail)
    return np.broadcast_to(np.asarray(function(*cores)), shape)


def cast(kind: int, fail: Fail) -> Callable[[Array], Array]:
    """The conversion to ONNX's number of a type: float64, int64 or bool."""
    if kind in FLOAT_TYPES:
        return lambda values: values.astype(np.float64)
    if kind in INT_TYPES:
        return lambda values: np.trunc(values).astype(np.int64)
    if kind == BOOL_TYPE:
        return lambda values: values.astype(bool)
    raise fail(f"a cast to the type {kind} is not read")


def divide(a: Array, b: Array) -> Array:
    """a / b; integers divide towards zero, as in C."""
    if a.dtype.kind == "i" and b.dtype.kind == "i":
        quotient = np.abs(a) // np.abs(b)
        return np.asarray(quotient * np.sign(a) * np.sign(b))
    return np.asarray(a / b)


def axes_of(xs: Sequence[Any], attributes: Mapping[str, Any], index: int = 1) -> list[int] | None:
    """axes as an input (newer operator sets) or as an attribute; None if there are none."""
    if len(xs) > index and xs[index] is not None:
        return [int(a) for a in numbers(xs[index])]
    found = attributes.get("axes")
    return None if found is None else [int(a) for a in found]


def slices(xs: Sequence[Any], attributes: Mapping[str, Any]) -> list[tuple[int, int, int, int]]:
    """(axis, start, end, step) of a Slice; inputs in newer operator sets, attributes in older ones."""
    if len(xs) > 1:
        starts, ends = ([int(v) for v in numbers(x)] for x in xs[1:3])
        axes = axes_of(xs, {}, 3) or list(range(len(starts)))
        steps = axes_of(xs, {}, 4) or [1] * len(starts)
    else:
        starts, ends = list(attributes["starts"]), list(attributes["ends"])
        axes, steps = list(attributes.get("axes", range(len(starts)))), [1] * len(starts)
    return list(zip(axes, starts, ends, steps, strict=True))


def _squeeze(xs: Sequence[Array], attributes: Mapping[str, Any]) -> Array:
    axes = axes_of(xs, attributes)
    return np.squeeze(xs[0], None if axes is None else tuple(axes))


def _unsqueeze(xs: Sequence[Array], attributes: Mapping[str, Any]) -> Array:
    return np.expand_dims(xs[0], tuple(axes_of(xs, attributes) or ()))


def _slice(xs: Sequence[Array], attributes: Mapping[str, Any]) -> Array:
    values = xs[0]
    for axis, start, end, step in slices(xs, attributes):
        stop = None if end <= -(2**31) and step < 0 else end
        values = np.moveaxis(np.moveaxis(values, axis, 0)[start:stop:step], 0, axis)
    return values


def _reshape(xs: Sequence[Array], attributes: Mapping[str, Any], budget: Budget, fail: Fail) -> Array:
    target = [int(n) for n in numbers(xs[1])]
    if not attributes.get("allowzero", 0):
        target = [xs[0].shape[i] if n == 0 else n for i, n in enumerate(target)]
    once = without_repeats(xs[0])
    if once.size == 1 and xs[0].size:
        known = math.prod(n for n in target if n != -1)
        shape = _sized([xs[0].size // max(known, 1) if n == -1 else n for n in target], fail)
        if math.prod(shape) != xs[0].size:
            raise fail(f"cannot reshape {xs[0].shape} to {quoted(target)}")
        return np.broadcast_to(once.reshape(()), shape)
    if not xs[0].flags.c_contiguous:
        budget.take(xs[0].size, xs[0].size, fail)
    return xs[0].reshape(target)


def _gather(xs: Sequence[Array], attributes: Mapping[str, Any], budget: Budget, fail: Fail) -> Array:
    axis = int(attributes.get("axis", 0))
    size = math.prod(n for i, n in enumerate(xs[0].shape) if i != axis % xs[0].ndim) * xs[1].size
    budget.take(size, xs[1].size, fail)
    return np.take(xs[0], xs[1].astype(np.int64), axis=axis)


def _concat(xs: Sequence[Array], attributes: Mapping[str, Any], budget: Budget, fail: Fail) -> Array:
    size = sum(x.size for x in xs)
    budget.take(size, size, fail)
    return np.concatenate([np.atleast_1d(x) for x in xs], axis=int(attributes.get("axis", 0)))


def _product(xs: Sequence[Array], attributes: Mapping[str, Any], budget: Budget, fail: Fail) -> Array:
    budget.take(1, xs[0].size, fail)
    return np.asarray(np.prod(xs[0], keepdims=bool(attributes.get("keepdims", 1))))


def _range(xs: Sequence[Array], attributes: Mapping[str, Any], budget: Budget, fail: Fail) -> Array:
    start, limit, delta = (x.item() for x in xs[:3])
    count = (limit - start) / delta if delta else math.inf
    if not count < LARGEST:  # also where it is NaN
        raise fail("a range of this size is not read")
    budget.take(max(math.ceil(count), 0), 0, fail)
    return np.arange(start, limit, delta)


def _constant_of_shape(xs: Sequence[Array], attributes: Mapping[str, Any], budget: Budget, fail: Fail) -> Array:
    value = np.asarray(attributes.get("value", np.zeros(1))).ravel()
    return np.broadcast_to(value[0], _sized(numbers(xs[0]), fail))


def _expand(xs: Sequence[Array], attributes: Mapping[str, Any], budget: Budget, fail: Fail) -> Array:
    return np.broadcast_to(xs[0], _sized(np.broadcast_shapes(xs[0].shape, _sized(numbers(xs[1]), fail)), fail))


def _require_size(shape: Sequence[int], fail: Fail) -> None:
    if min(shape, default=0) < 0 or math.prod(shape) > LARGEST:
        raise fail(f"a constant of shape {quoted(tuple(shape))} is too large; it is refused")


def _sized(shape: Sequence[Any], fail: Fail) -> tuple[int, ...]:
    lengths = tuple(int(n) for n in shape)
    _require_size(lengths, fail)
    return lengths


# computed for each entry of the result
ENTRYWISE: dict[str, Callable[..., Any]] = {
    "Add": np.add,
    "Sub": np.subtract,
    "Mul": np.multiply,
    "Div": divide,
    "Pow": np.power,
    "Neg": np.negative,
    "Abs": np.abs,
    "Sqrt": np.sqrt,
    "Reciprocal": lambda x: 1 / x,
    "Exp": np.exp,
    "Log": np.log,
    "Floor": np.floor,
    "Ceil": np.ceil,
    "Max": lambda *xs: np.maximum.reduce(list(xs)),
    "Min": lambda *xs: np.minimum.reduce(list(xs)),
    "Equal": np.equal,
    "Greater": np.greater,
    "Less": np.less,
    "Not": np.logical_not,
    "Where": np.where,
}
# give a view of their first input: no memory, whatever its size
VIEWS: dict[str, Callable[[Sequence[Array], Mapping[str, Any]], Array]] = {
    "Identity": lambda xs, a: xs[0],
    "Shape": lambda xs, a: np.array(xs[0].shape, dtype=np.int64)[a.get("start", 0) : a.get("end")],
    "Size": lambda xs, a: np.array(xs[0].size, dtype=np.int64),
    "Transpose": lambda xs, a: xs[0].transpose(a.get("perm")),
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Slice": _slice,
}
# count their own result
COUNTED: dict[str, Callable[[Sequence[Array], Mapping[str, Any], Budget, Fail], Array]] = {
    "Reshape": _reshape,
    "Gather": _gather,
    "Concat": _concat,
    "ReduceProd": _product,
    "Range": _range,
    "ConstantOfShape": _constant_of_shape,
    "Expand": _expand,
}
FOLDED = {*ENTRYWISE, *VIEWS, *COUNTED, "Constant", "Cast", "CastLike", "Mod"}


def fold(kind: str, xs: Sequence[Any], attributes: Mapping[str, Any], fail: Fail, budget: Budget) -> list[Array]:
    """The result of an operator whose inputs are all constants."""
    if kind == "Constant":
        return [_constant(attributes, fail)]
    if not xs or any(x is None for x in xs[:1]):
        raise fail("expected an input, found none")
    if kind in VIEWS:
        return [np.asarray(VIEWS[kind](xs, attributes))]
    if kind in COUNTED:
        return [np.asarray(COUNTED[kind](xs, attributes, budget, fail))]
    if kind == "Cast":
        return [by_entry(cast(int(attributes["to"]), fail), xs[:1], budget, fail)]
    if kind == "CastLike":
        return [by_entry(lambda x: x.astype(xs[1].dtype), xs[:1], budget, fail)]
    if kind == "Mod":
        return [by_entry(np.fmod if attributes.get("fmod", 0) else np.mod, xs, budget, fail)]
    return [by_entry(ENTRYWISE[kind], xs, budget, fail)]


def _constant(attributes: Mapping[str, Any], fail: Fail) -> Array:
    """The value that a Constant holds in one of its attributes."""
    for name, kind in (("value", None), ("value_float", float), ("value_floats", float), ("value_int", np.int64)):
        if name in attributes:
            return np.asarray(attributes[name], dtype=kind)
    if "value_ints" in attributes:
        return np.asarray(attributes["value_ints"], dtype=np.int64)
    raise fail("a constant of this kind is not read")
