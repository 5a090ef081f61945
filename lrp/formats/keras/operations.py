"""Operations on tensors in a functional model: arithmetic, slices, and functions that are called without a layer.

Keras 3 stores them as classes of the modules keras.src.ops (here "ops.<Class>"), tf.keras as TFOpLambda layers whose
setting `function` names one. Both are looked up in one table of our own; nothing is imported.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lrp.formats.container import quoted
from lrp.formats.keras import fields
from lrp.formats.keras.activations import BY_NAME, activation, activation_node
from lrp.formats.keras.build import Builder, Translator, Value
from lrp.formats.keras.config import Call, Spec
from lrp.formats.keras.fields import refuse
from lrp.formats.keras.merging import concatenated, merged
from lrp.formats.keras.shape_operations import expand, reshape, setting, slice_of, squeeze, tensor, transpose
from lrp.layers import Add, Affine, GlobalAvgPool, GlobalMaxPool, GlobalSumPool, Layer, Linear, Multiply, Power
from lrp.layers.attention import MatMul
from lrp.layers.merging import Maximum, Minimum, Subtract
from lrp.layers.shape import TokenMask

Operation = Callable[[Builder, Spec, str, list[Any], dict[str, Any]], Value]


def _number(spec: Spec, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        refuse(spec, f"expected a number or a tensor, got {quoted(value)}")
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
    """An operation on two tensors, or on a tensor and a number: constant(c) gives factor and summand of x o c, flip
    of c o x.
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


def _unary(function: str) -> Operation:
    """An activation called as a function."""

    def operate(b: Builder, spec: Spec, name: str, args: list[Any], kwargs: dict[str, Any]) -> Value:
        x = tensor(spec, args, kwargs)
        plain = {"name", "dtype", "function", "trainable"}
        settings = {k: v for k, v in {**spec.config, **kwargs}.items() if k not in plain and not isinstance(v, Value)}
        settings = {k: v for k, v in settings.items() if v is not None}
        extra = [a for a in args if not isinstance(a, Value)]
        if extra:
            refuse(spec, f"unexpected arguments {quoted(extra)}")
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
    return b.each(spec, tensor(spec, args, kwargs), name, b.once(spec, "", lambda: Power(2)))


def _negative(b: Builder, spec: Spec, name: str, args: list[Any], kwargs: dict[str, Any]) -> Value:
    return _affine(b, spec, name, tensor(spec, args, kwargs), -1.0, 0.0)


def _identity(b: Builder, spec: Spec, name: str, args: list[Any], kwargs: dict[str, Any]) -> Value:
    return b.each(spec, tensor(spec, args, kwargs), name, Linear())


def _over(make: Callable[[bool], Layer]) -> Operation:
    """A sum, mean or maximum over all axes between the samples and the channels."""

    def operate(b: Builder, spec: Spec, name: str, args: list[Any], kwargs: dict[str, Any]) -> Value:
        x = tensor(spec, args[:1], {k: v for k, v in kwargs.items() if isinstance(v, Value)})
        axis, keep = setting(spec, args, kwargs, "axis", 1), setting(spec, args, kwargs, "keepdims", 2, False)
        axes = axis if isinstance(axis, list) else [axis]
        if not all(map(fields.is_integer, axes)) or not isinstance(keep, bool):
            refuse(spec, f"axis: expected axes, got {quoted(axis)}")
        found = sorted(a % x.rank for a in axes)
        if found == list(range(1, x.rank - 1)):
            return b.new(b.add(spec, name, b.once(spec, "", lambda: make(keep)), b.native(spec, x)))
        if found == list(range(2, x.rank)):
            return (
                b.apply(spec, x, name, b.once(spec, "", lambda: make(keep)), True)
                if keep
                else b.new(b.add(spec, name, b.once(spec, "", lambda: make(False)), b.moved(spec, x)))
            )
        refuse(spec, f"axis: expected all axes but those of the samples and the channels, got {quoted(axis)}")

    return operate


def _concat(b: Builder, spec: Spec, name: str, args: list[Any], kwargs: dict[str, Any]) -> Value:
    tensors = next((a for a in [*args, *kwargs.values()] if isinstance(a, list) and a), [])
    axis = setting(spec, args, kwargs, "axis", 1, 0)
    if not tensors or not all(isinstance(x, Value) for x in tensors) or not fields.is_integer(axis):
        refuse(spec, f"expected a list of tensors and an axis, got axis {quoted(axis)}")
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
    "get_item": slice_of,
    "reshape": reshape,
    "transpose": transpose,
    "expand_dims": expand,
    "squeeze": squeeze,
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
        refuse(spec, f"the operation {quoted(name)} is not read; expected one of {', '.join(sorted(OPERATIONS))}")
    return OPERATIONS[plain]


def _keras_3(name: str) -> Translator:
    def translate(b: Builder, spec: Spec, call: Call, node: str) -> Value:
        return operation_named(spec, name)(b, spec, node, list(call.args), dict(call.kwargs))

    return translate


def _tf_op(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    function = fields.value(spec, "function")
    if not isinstance(function, str):
        refuse(spec, f"function: expected a name, got {quoted(function)}")
    args = [a for item in call.args for a in (item if isinstance(item, list) and "concat" not in function else [item])]
    kwargs = {k: v for k, v in call.kwargs.items() if k != "name" and v is not None}
    return operation_named(spec, function)(b, spec, name, args, kwargs)


def _slicing(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    return slice_of(b, spec, name, list(call.args), dict(call.kwargs))


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


TABLE: dict[str, Translator] = {
    "TFOpLambda": _tf_op,
    "SlicingOpLambda": _slicing,
    **{f"ops.{_camel(name)}": _keras_3(name) for name in (*OPERATIONS, *SPELLINGS)},
}
