"""Operations on tensors in a functional model: arithmetic, slices, and functions that are called without a layer.

Keras 3 stores them as classes of the modules keras.src.ops (here "ops.<Class>"), tf.keras as TFOpLambda layers whose
setting `function` names one. Both are looked up in one table of our own; nothing is imported.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lrp.formats import keras_fields as fields
from lrp.formats.keras_activations import BY_NAME, activation, activation_node
from lrp.formats.keras_basic import reshaped
from lrp.formats.keras_build import Builder, Translator, Value
from lrp.formats.keras_config import Call, Spec
from lrp.formats.keras_fields import refuse
from lrp.formats.keras_merge import concatenated, merged
from lrp.formats.reader import show
from lrp.layers import Add, GlobalAvgPool, GlobalMaxPool, GlobalSumPool, Layer, Linear, Multiply, Permute, Power
from lrp.layers.affine import Affine
from lrp.layers.bilinear import MatMul
from lrp.layers.merge_more import Maximum, Minimum, Subtract
from lrp.layers.select import Slice
from lrp.layers.step_mask import TokenMask

Operation = Callable[[Builder, Spec, str, list[Any], dict[str, Any]], Value]


def _number(spec: Spec, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        refuse(spec, f"expected a number or a tensor, got {show(value)}")
    return float(value)


def _affine(b: Builder, spec: Spec, name: str, x: Value, factor: float, summand: float) -> Value:
    layer = b.once(spec, f"{factor} {summand}", lambda: Affine(np.array([factor]), np.array([summand])))
    return b.each(spec, x, name, layer)


def _two(spec: Spec, args: list[Any], kwargs: dict[str, Any]) -> tuple[Any, Any]:
    """The operands, by position or as y=, x2= ..."""
    both = args + [kwargs[key] for key in ("x", "x1", "y", "x2") if key in kwargs]
    if len(both) != 2:
        refuse(spec, f"expected two operands, got {len(both)}")
    return both[0], both[1]


def _arithmetic(layer: Callable[[], Layer], constant: Callable[[float], tuple[float, float]], flip: Any) -> Operation:
    """An operation on two tensors, or on a tensor and a number: constant(c) gives factor and summand of x o c, flip of
    c o x.
    """

    def operate(b: Builder, spec: Spec, name: str, args: list[Any], kwargs: dict[str, Any]) -> Value:
        first, second = _two(spec, args, kwargs)
        if isinstance(first, Value) and isinstance(second, Value):
            return merged(b, spec, [first, second], name, layer())
        if isinstance(first, Value):
            return _affine(b, spec, name, first, *constant(_number(spec, second)))
        if flip is None:
            refuse(spec, "a number divided by a tensor is not read")
        return _affine(b, spec, name, second, *flip(_number(spec, first)))

    return operate


def _divide(b: Builder, spec: Spec, name: str, args: list[Any], kwargs: dict[str, Any]) -> Value:
    first, second = _two(spec, args, kwargs)
    if isinstance(second, Value) or not isinstance(first, Value) or _number(spec, second) == 0:
        refuse(spec, "a division is read by a number that is not 0 only")
    return _affine(b, spec, name, first, 1 / _number(spec, second), 0.0)


def _extremum(layer: Callable[[], Layer]) -> Operation:
    def operate(b: Builder, spec: Spec, name: str, args: list[Any], kwargs: dict[str, Any]) -> Value:
        first, second = _two(spec, args, kwargs)
        if not (isinstance(first, Value) and isinstance(second, Value)):
            refuse(spec, "the larger or smaller of a tensor and a number is not read")
        return merged(b, spec, [first, second], name, layer())

    return operate


def _tensor(spec: Spec, args: list[Any], kwargs: dict[str, Any]) -> Value:
    """The one tensor of an operation."""
    found = [v for v in [*args, *kwargs.values()] if isinstance(v, Value)]
    if len(found) != 1:
        refuse(spec, f"expected one tensor, got {len(found)}")
    return found[0]


def _setting(spec: Spec, args: list[Any], kwargs: dict[str, Any], key: str, place: int, default: Any = None) -> Any:
    """An argument that is no tensor: by name, by place, or among the settings."""
    if key in kwargs:
        return kwargs[key]
    if len(args) > place:
        return args[place]
    return spec.config.get(key, default)


def _unary(function: str) -> Operation:
    """An activation called as a function."""

    def operate(b: Builder, spec: Spec, name: str, args: list[Any], kwargs: dict[str, Any]) -> Value:
        x = _tensor(spec, args, kwargs)
        plain = {"name", "dtype", "function", "trainable"}
        settings = {k: v for k, v in {**spec.config, **kwargs}.items() if k not in plain and not isinstance(v, Value)}
        settings = {k: v for k, v in settings.items() if v is not None}
        extra = [a for a in args if not isinstance(a, Value)]
        if extra:
            refuse(spec, f"unexpected arguments {show(extra)}")
        found = {"class_name": "function", "config": function}
        if not settings:
            return activation_node(b, spec, x, name, b.once(spec, "", lambda: activation(spec, b.writer, found)))
        layer = b.once(spec, str(settings), lambda: activation(spec, b.writer, function, settings))
        return activation_node(b, spec, x, name, layer)

    return operate


def _power(b: Builder, spec: Spec, name: str, args: list[Any], kwargs: dict[str, Any]) -> Value:
    first, second = _two(spec, args, kwargs)
    if not isinstance(first, Value) or isinstance(second, Value):
        refuse(spec, "a power is read with a number as its exponent only")
    exponent = _number(spec, second)
    return b.each(spec, first, name, b.once(spec, f"{exponent}", lambda: Power(exponent)))


def _square(b: Builder, spec: Spec, name: str, args: list[Any], kwargs: dict[str, Any]) -> Value:
    return b.each(spec, _tensor(spec, args, kwargs), name, b.once(spec, "", lambda: Power(2)))


def _negative(b: Builder, spec: Spec, name: str, args: list[Any], kwargs: dict[str, Any]) -> Value:
    return _affine(b, spec, name, _tensor(spec, args, kwargs), -1.0, 0.0)


def _identity(b: Builder, spec: Spec, name: str, args: list[Any], kwargs: dict[str, Any]) -> Value:
    return b.each(spec, _tensor(spec, args, kwargs), name, Linear())


def _slice(b: Builder, spec: Spec, name: str, args: list[Any], kwargs: dict[str, Any]) -> Value:
    x = _tensor(spec, args[:1], {k: v for k, v in kwargs.items() if k in ("x", "tensor")})
    key = _setting(spec, args, kwargs, "slice_spec", 1, _setting(spec, args, kwargs, "key", 1))
    key = key if isinstance(key, list) else [key]
    parts: list[Any] = [_part(spec, entry) for entry in key]
    if Ellipsis in parts:
        at = parts.index(Ellipsis)
        whole = [(None, None, None)] * (x.rank - len(parts) + 1)
        parts = parts[:at] + whole + parts[at + 1 :]
    if len(parts) > x.rank or not parts or parts[0] != (None, None, None):
        refuse(spec, f"expected a slice of the samples' axes, got {show(key)}")
    layer = b.once(spec, f"{parts}", lambda: Slice(tuple(parts[1:])))
    return b.new(b.add(spec, name, layer, b.native(spec, x)))


def _part(spec: Spec, entry: Any) -> Any:
    """One axis of an index: (start, stop, step), a whole number, or an ellipsis."""
    if fields.is_integer(entry):
        return entry
    if isinstance(entry, dict):
        if entry.get("class_name") == "__ellipsis__":
            return Ellipsis
        ends = entry.get("config") if entry.get("class_name") == "__slice__" else entry
        if isinstance(ends, dict) and set(ends) <= {"start", "stop", "step"}:
            part = tuple(ends.get(k) for k in ("start", "stop", "step"))
            if all(n is None or fields.is_integer(n) for n in part):
                return part
    refuse(spec, f"expected a slice or a whole number for each axis, got {show(entry)}")


def _reshape(b: Builder, spec: Spec, name: str, args: list[Any], kwargs: dict[str, Any]) -> Value:
    x = _tensor(spec, args[:1], {k: v for k, v in kwargs.items() if isinstance(v, Value)})
    target = _setting(spec, args, kwargs, "newshape", 1, _setting(spec, args, kwargs, "shape", 1))
    if not isinstance(target, list) or len(target) < 2 or target[0] not in (-1, None):
        refuse(spec, f"expected a shape whose first length, of the samples, is free, got {show(target)}")
    if not all(n is None or fields.is_integer(n) for n in target):
        refuse(spec, f"expected whole numbers, got {show(target)}")
    return reshaped(b, spec, x, name, target[1:])


def _transpose(b: Builder, spec: Spec, name: str, args: list[Any], kwargs: dict[str, Any]) -> Value:
    x = _tensor(spec, args[:1], {k: v for k, v in kwargs.items() if isinstance(v, Value)})
    axes = _setting(spec, args, kwargs, "axes", 1, _setting(spec, args, kwargs, "perm", 1))
    if not isinstance(axes, list) or not all(map(fields.is_integer, axes)) or axes[:1] != [0]:
        refuse(spec, f"expected an order of axes with the samples first, got {show(axes)}")
    return b.new(b.add(spec, name, b.once(spec, f"{axes}", lambda: Permute(tuple(axes[1:]))), b.native(spec, x)))


def _lengths(spec: Spec, x: Value, axis: Any, expand: bool) -> list[Any]:
    if not fields.is_integer(axis) or not -x.rank - expand <= axis < x.rank + expand:
        refuse(spec, f"axis: expected one axis, got {show(axis)}")
    axis = axis % (x.rank + expand)
    shape = list(x.shape)
    if axis == 0:
        refuse(spec, "axis: the axis of the samples stays")
    if expand:
        shape.insert(axis - 1, 1)
    elif shape.pop(axis - 1) != 1:
        refuse(spec, f"expected an axis of length 1, got {x.shape} a sample")
    if shape.count(None) > 1:
        refuse(spec, f"expected at most one free length, got {x.shape} a sample")
    return shape


def _expand(b: Builder, spec: Spec, name: str, args: list[Any], kwargs: dict[str, Any]) -> Value:
    x = _tensor(spec, args[:1], {k: v for k, v in kwargs.items() if isinstance(v, Value)})
    return reshaped(b, spec, x, name, _lengths(spec, x, _setting(spec, args, kwargs, "axis", 1), True))


def _squeeze(b: Builder, spec: Spec, name: str, args: list[Any], kwargs: dict[str, Any]) -> Value:
    x = _tensor(spec, args[:1], {k: v for k, v in kwargs.items() if isinstance(v, Value)})
    return reshaped(b, spec, x, name, _lengths(spec, x, _setting(spec, args, kwargs, "axis", 1), False))


def _over(make: Callable[[bool], Layer]) -> Operation:
    """A sum, mean or maximum over all axes between the samples and the channels."""

    def operate(b: Builder, spec: Spec, name: str, args: list[Any], kwargs: dict[str, Any]) -> Value:
        x = _tensor(spec, args[:1], {k: v for k, v in kwargs.items() if isinstance(v, Value)})
        axis, keep = _setting(spec, args, kwargs, "axis", 1), _setting(spec, args, kwargs, "keepdims", 2, False)
        axes = axis if isinstance(axis, list) else [axis]
        if not all(map(fields.is_integer, axes)) or not isinstance(keep, bool):
            refuse(spec, f"axis: expected axes, got {show(axis)}")
        found = sorted(a % x.rank for a in axes)
        if found == list(range(1, x.rank - 1)):
            return b.new(b.add(spec, name, b.once(spec, "", lambda: make(keep)), b.native(spec, x)))
        if found == list(range(2, x.rank)):
            return (
                b.apply(spec, x, name, b.once(spec, "", lambda: make(keep)), True)
                if keep
                else b.new(b.add(spec, name, b.once(spec, "", lambda: make(False)), b.moved(spec, x)))
            )
        refuse(spec, f"axis: expected all axes but those of the samples and the channels, got {show(axis)}")

    return operate


def _concat(b: Builder, spec: Spec, name: str, args: list[Any], kwargs: dict[str, Any]) -> Value:
    tensors = next((a for a in [*args, *kwargs.values()] if isinstance(a, list) and a), [])
    axis = _setting(spec, args, kwargs, "axis", 1, 0)
    if not tensors or not all(isinstance(x, Value) for x in tensors) or not fields.is_integer(axis):
        refuse(spec, f"expected a list of tensors and an axis, got axis {show(axis)}")
    return concatenated(b, spec, tensors, name, axis)


def _matmul(b: Builder, spec: Spec, name: str, args: list[Any], kwargs: dict[str, Any]) -> Value:
    first, second = _two(spec, args, {k: v for k, v in kwargs.items() if isinstance(v, Value)})
    if not (isinstance(first, Value) and isinstance(second, Value)) or first.rank < 3:
        refuse(spec, "a matrix product is read of two tensors of matrices only")
    if kwargs.get("transpose_a"):
        refuse(spec, "transpose_a is not read")
    layer = b.once(spec, "", lambda: MatMul(bool(kwargs.get("transpose_b"))))
    return b.new(b.add(spec, name, layer, b.native(spec, first), b.native(spec, second)))


def _not_equal(b: Builder, spec: Spec, name: str, args: list[Any], kwargs: dict[str, Any]) -> Value:
    x, blank = _two(spec, args, kwargs)
    if not isinstance(x, Value):
        refuse(spec, "expected a tensor and a number")
    return b.new(b.add(spec, name, b.once(spec, "", lambda: TokenMask(_number(spec, blank))), b.native(spec, x)))


OPERATIONS: dict[str, Operation] = {
    "add": _arithmetic(Add, lambda c: (1.0, c), lambda c: (1.0, c)),
    "subtract": _arithmetic(Subtract, lambda c: (1.0, -c), lambda c: (-1.0, c)),
    "multiply": _arithmetic(Multiply, lambda c: (c, 0.0), lambda c: (c, 0.0)),
    "divide": _divide,
    "maximum": _extremum(Maximum),
    "minimum": _extremum(Minimum),
    "negative": _negative,
    "power": _power,
    "square": _square,
    "get_item": _slice,
    "reshape": _reshape,
    "transpose": _transpose,
    "expand_dims": _expand,
    "squeeze": _squeeze,
    "concatenate": _concat,
    "matmul": _matmul,
    "not_equal": _not_equal,
    "mean": _over(GlobalAvgPool),
    "sum": _over(GlobalSumPool),
    "max": _over(GlobalMaxPool),
    "stop_gradient": _identity,
    "cast": _identity,
    **{name: _unary(name) for name in BY_NAME},
}
# Other spellings: Keras 3 classes in lower case with underscores, and the names that tf.keras stores.
SPELLINGS = {
    "true_divide": "divide",
    "truediv": "divide",
    "exp": "exponential",
    "concat": "concatenate",
    "reduce_mean": "mean",
    "reduce_sum": "sum",
    "reduce_max": "max",
    "sub": "subtract",
    "mul": "multiply",
    "neg": "negative",
    "pow": "power",
    "getitem": "get_item",
    "hard_swish": "hard_silu",
    "identity": "cast",
}


def operation_named(spec: Spec, name: str) -> Operation:
    """The operation of that name; LoadError for one that is not in the table."""
    plain = name.split(".")[-1].strip("_")
    plain = SPELLINGS.get(plain, plain)
    if plain not in OPERATIONS:
        refuse(spec, f"the operation {show(name)} is not read; expected one of {', '.join(sorted(OPERATIONS))}")
    return OPERATIONS[plain]


def _keras_3(name: str) -> Translator:
    def translate(b: Builder, spec: Spec, call: Call, node: str) -> Value:
        return operation_named(spec, name)(b, spec, node, list(call.args), dict(call.kwargs))

    return translate


def _tf_op(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    function = fields.value(spec, "function")
    if not isinstance(function, str):
        refuse(spec, f"function: expected a name, got {show(function)}")
    args = [a for item in call.args for a in (item if isinstance(item, list) and "concat" not in function else [item])]
    kwargs = {k: v for k, v in call.kwargs.items() if k != "name" and v is not None}
    return operation_named(spec, function)(b, spec, name, args, kwargs)


def _slicing(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    return _slice(b, spec, name, list(call.args), dict(call.kwargs))


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


TABLE: dict[str, Translator] = {
    "TFOpLambda": _tf_op,
    "SlicingOpLambda": _slicing,
    **{f"ops.{_camel(name)}": _keras_3(name) for name in (*OPERATIONS, *SPELLINGS)},
}
