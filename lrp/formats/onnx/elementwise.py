"""ONNX operators entry by entry: activations, arithmetic with constants and of values, and activations in pieces.

Exporters write GELU, SiLU, Mish and hard-swish as products of x and a function of x. A product of two functions of the
same value is compared with these on a grid; if it is one of them (times a number), it becomes that activation. If not,
it stays a product, for which a composite must give a rule.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from lrp.arrays import Array
from lrp.formats.build import Tensor
from lrp.formats.build import operations as op
from lrp.formats.onnx.expressions import activated, apply, common, joined, operand
from lrp.formats.onnx.operators import with_bias
from lrp.formats.onnx.reader_context import Expression, Operator, Reader, Scope, Value
from lrp.layers import (
    ELU,
    GELU,
    Add,
    Affine,
    Average,
    Layer,
    LeakyReLU,
    Multiply,
    ReLU,
    Sigmoid,
    Softplus,
    Tanh,
)
from lrp.layers.activations import (
    CELU,
    SELU,
    SELU_ALPHA,
    SELU_SCALE,
    Abs,
    Erf,
    Exponential,
    HardSiLU,
    HardTanh,
    Log,
    Mish,
    Power,
    Softsign,
    Threshold,
)
from lrp.layers.merging import Maximum, Minimum, Subtract


def _scalar(s: Scope, node: Operator, x: Tensor, weight: float, bias: float) -> Tensor:
    """weight x + bias, joined with such a map right before it; nothing where that leaves x as it was."""
    below = s.builder.node(x)
    layer = below.layer
    if isinstance(layer, Affine) and all(array.size == 1 for array in layer.weights().values()):
        inner_bias = 0.0 if layer.bias is None else layer.bias.item()
        weight, bias = weight * layer.weight.item(), weight * inner_bias + bias
        x = Tensor(below.inputs[0], x.shape, x.axes)
    if bias == 0 and abs(weight - 1) < 1e-7:
        return x
    return apply(s, node, Affine(np.array(weight), np.array(bias) if bias else None), x)


def _with_constant(s: Scope, node: Operator, x: Tensor, weight: Array | None, bias: Array | None) -> Tensor:
    """weight x + bias with constants of any shape that broadcasts to x."""
    sizes = [array.size for array in (weight, bias) if array is not None]
    shape = np.broadcast_shapes(*(array.shape for array in (weight, bias) if array is not None))
    if len(shape) > x.rank or any(n not in (1, m) for n, m in zip(shape[::-1], x.shape[::-1]) if m is not None):
        raise s.fail(node, f"a constant of shape {shape} would make {x.shape} larger; this is not read")
    if set(sizes) == {1}:
        w, b = (d if array is None else float(array.ravel()[0]) for array, d in ((weight, 1.0), (bias, 0.0)))
        return _scalar(s, node, x, w, b)
    if weight is None and bias is not None:
        joined = with_bias(s, node, x, bias)
        if joined is not None:
            return joined
    return op.affine(s.builder, node.name, x, weight, bias)


def _binary(join: Callable[[Array, Array], Array], layer: type[Layer] | None) -> Callable[..., Tensor]:
    """An operation on two computed values; layer None: only where it is a known function of one value."""

    def read(s: Scope, node: Operator, a: Tensor, b: Tensor) -> Tensor:
        found = common(s, [a, b])
        joint = None if found is None else Expression(found[0], joined(join, found[1]))
        if joint is not None and join in (np.multiply, np.divide):
            known = activated(s, node, joint)
            if known is not None:
                return known
        if layer is None:
            raise s.fail(node, "a quotient of two computed values is not read")
        y = op.add(s.builder, node.name, [s.tensor(node, a), s.tensor(node, b)], layer())
        if joint is not None:
            s.expressions[y.node] = joint
        return y

    return read


def _compare(s: Scope, node: Operator, xs: list[Value | None]) -> Tensor:
    """A comparison: no node of its own, but part of an activation that Where makes of it."""
    joins = {"Greater": np.greater, "Less": np.less, "GreaterOrEqual": np.greater_equal, "LessOrEqual": np.less_equal}
    tensors = [x for x in xs if isinstance(x, Tensor)]
    found = common(s, tensors) if tensors else None
    functions = [] if found is None else [operand(s, node, x, found[0]) for x in xs]
    if found is None or None in functions:
        raise s.fail(node, "a comparison of two computed values is not read")
    name = f"{node.name}?"
    s.expressions[name] = Expression(found[0], joined(joins[node.kind], [f for f in functions if f is not None]))
    return Tensor(name, found[0].shape, found[0].axes)


def _where(s: Scope, node: Operator, xs: list[Value | None]) -> Tensor:
    """A choice by a comparison, where the whole is a known activation (Softplus with its threshold)."""
    tensors = [x for x in xs if isinstance(x, Tensor)]
    found = common(s, tensors) if isinstance(xs[0], Tensor) else None
    functions = [] if found is None else [operand(s, node, x, found[0]) for x in xs]
    if found is not None and None not in functions:
        joint = Expression(found[0], joined(np.where, [f for f in functions if f is not None]))
        known = activated(s, node, joint)
        if known is not None:
            return known
    raise s.fail(node, "a choice between computed values that is no known activation is not read")


_times, _plus = _binary(np.multiply, Multiply), _binary(np.add, Add)
_minus, _over = _binary(np.subtract, Subtract), _binary(np.divide, None)


def _arithmetic(s: Scope, node: Operator, xs: list[Value | None]) -> Tensor:
    """Add, Sub, Mul, Div of a value and a constant, or of two values."""
    a, b = xs[0], xs[1]
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return {"Add": _plus, "Sub": _minus, "Mul": _times, "Div": _over}[node.kind](s, node, a, b)
    if isinstance(a, Tensor):
        c = s.constant(node, b, "the other operand")
        if node.kind in ("Mul", "Div"):
            return _with_constant(s, node, a, c if node.kind == "Mul" else 1 / c, None)
        return _with_constant(s, node, a, None, c if node.kind == "Add" else -c)
    x, c = s.tensor(node, b), s.constant(node, a, "the other operand")
    if node.kind == "Sub":
        return _with_constant(s, node, x, np.array(-1.0), c)
    if node.kind == "Div":
        return _with_constant(s, node, apply(s, node, Power(-1.0), x, f"{node.name}_reciprocal"), c, None)
    return _with_constant(s, node, x, c if node.kind == "Mul" else None, c if node.kind == "Add" else None)


def _many(layer: type[Layer], join: str) -> Reader:
    """Sum, Mean, Max, Min of several values; a Max or Min with one number is a cut."""

    def read(s: Scope, node: Operator, xs: list[Value | None]) -> Tensor:
        tensors = [x for x in xs if isinstance(x, Tensor)]
        if len(tensors) == len(xs):
            return tensors[0] if len(xs) == 1 else op.add(s.builder, node.name, tensors, layer())
        constants = [np.asarray(x) for x in xs if not isinstance(x, Tensor)]
        if join == "cut" and len(tensors) == 1 and len(constants) == 1 and constants[0].size == 1:
            number = float(constants[0].ravel()[0])
            low, high = (number, math.inf) if layer is Maximum else (-math.inf, number)
            return apply(s, node, _cut(low, high), tensors[0])
        raise s.fail(node, "with constants among the values is not read")

    return read


def _cut(low: float, high: float) -> Layer:
    """min(max(x, low), high)"""
    if low == 0:
        return ReLU(None if math.isinf(high) else high)
    return HardTanh(low, high)


def _clip(s: Scope, node: Operator, xs: list[Value | None]) -> Tensor:
    bounds = []
    for index, (name, default) in enumerate((("min", -math.inf), ("max", math.inf)), start=1):
        given = s.optional(node, xs, index, name)
        bounds.append(float(node.get(name, default)) if given is None else float(given.ravel()[0]))
    bounds = [math.copysign(math.inf, v) if abs(v) > 3e38 else v for v in bounds]
    return apply(s, node, _cut(*bounds), s.tensor(node, xs[0]))


def _pow(s: Scope, node: Operator, xs: list[Value | None]) -> Tensor:
    power = s.constant(node, xs[1], "the exponent")
    if power.size != 1:
        raise s.fail(node, f"expected one exponent, got shape {power.shape}")
    return apply(s, node, Power(float(power.ravel()[0])), s.tensor(node, xs[0]))


def _prelu(s: Scope, node: Operator, xs: list[Value | None]) -> Tensor:
    return op.prelu(s.builder, node.name, s.tensor(node, xs[0]), s.constant(node, xs[1], "the slopes"))


def _unary(make: Callable[[Operator], Layer]) -> Reader:
    """An activation whose layer is made from the attributes."""

    def read(s: Scope, node: Operator, xs: list[Value | None]) -> Tensor:
        try:
            return apply(s, node, make(node), s.tensor(node, xs[0]))
        except (LookupError, ArithmeticError) as error:
            raise s.fail(node, f"its settings are not read ({error})") from None

    return read


def _hard_sigmoid(s: Scope, node: Operator, xs: list[Value | None]) -> Tensor:
    """min(max(alpha x + beta, 0), 1)"""
    y = _scalar(s, node, s.tensor(node, xs[0]), _float(node, "alpha", 0.2), _float(node, "beta", 0.5))
    return apply(s, node, ReLU(1.0), y)


def _float(node: Operator, name: str, default: float) -> float:
    """An attribute; ONNX keeps them in float32, so a number such as 1/6 is the nearest simple one."""
    value = float(node.get(name, default))
    return next((v for v in (1 / 6, 1 / 3, 0.1, 0.2, 0.01, 0.05, 0.3) if np.float32(v) == np.float32(value)), value)


def _selu(node: Operator) -> Layer:
    alpha, gamma = float(node.get("alpha", SELU_ALPHA)), float(node.get("gamma", SELU_SCALE))
    if abs(alpha - SELU_ALPHA) > 1e-6 or abs(gamma - SELU_SCALE) > 1e-6:
        raise LookupError(f"alpha {alpha} and gamma {gamma}, expected those of the paper")
    return SELU()


def _negative(s: Scope, node: Operator, xs: list[Value | None]) -> Tensor:
    return _scalar(s, node, s.tensor(node, xs[0]), -1.0, 0.0)


ELEMENTWISE: dict[str, Reader] = {
    **{kind: _arithmetic for kind in ("Add", "Sub", "Mul", "Div")},
    "Sum": _many(Add, ""),
    "Mean": _many(Average, ""),
    "Max": _many(Maximum, "cut"),
    "Min": _many(Minimum, "cut"),
    **{kind: _compare for kind in ("Greater", "Less", "GreaterOrEqual", "LessOrEqual")},
    "Where": _where,
    "Clip": _clip,
    "Pow": _pow,
    "PRelu": _prelu,
    "Neg": _negative,
    "HardSigmoid": _hard_sigmoid,
    "Relu": _unary(lambda node: ReLU()),
    "LeakyRelu": _unary(lambda node: LeakyReLU(_float(node, "alpha", 0.01))),
    "ThresholdedRelu": _unary(lambda node: Threshold(_float(node, "alpha", 1.0))),
    "Elu": _unary(lambda node: ELU(_float(node, "alpha", 1.0))),
    "Celu": _unary(lambda node: CELU(_float(node, "alpha", 1.0))),
    "Selu": _unary(_selu),
    "Gelu": _unary(lambda node: GELU({"none": False, "tanh": True}[node.get("approximate", "none")])),
    "HardSwish": _unary(lambda node: HardSiLU()),
    "Mish": _unary(lambda node: Mish()),
    "Sigmoid": _unary(lambda node: Sigmoid()),
    "Tanh": _unary(lambda node: Tanh()),
    "Softplus": _unary(lambda node: Softplus()),
    "Softsign": _unary(lambda node: Softsign()),
    "Erf": _unary(lambda node: Erf()),
    "Exp": _unary(lambda node: Exponential()),
    "Log": _unary(lambda node: Log()),
    "Abs": _unary(lambda node: Abs()),
    "Sqrt": _unary(lambda node: Power(0.5)),
    "Reciprocal": _unary(lambda node: Power(-1.0)),
}
