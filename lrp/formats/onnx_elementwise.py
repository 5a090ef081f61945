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
from lrp.errors import LrpError
from lrp.formats import operations as op
from lrp.formats.layout import Tensor
from lrp.formats.onnx_operators import with_bias
from lrp.formats.onnx_scope import Expression, Operator, Reader, Scope, Value
from lrp.layers import (
    ELU,
    GELU,
    Activation,
    Add,
    Average,
    Layer,
    LeakyReLU,
    Multiply,
    ReLU,
    Sigmoid,
    SiLU,
    Softplus,
    Tanh,
)
from lrp.layers.activation_more import (
    CELU,
    SELU,
    SELU_ALPHA,
    SELU_SCALE,
    Exponential,
    HardSiLU,
    HardTanh,
    Mish,
    Power,
    Softsign,
    Threshold,
)
from lrp.layers.affine import Affine
from lrp.layers.elementary import Abs, Erf, Log
from lrp.layers.merge_more import Maximum, Minimum, Subtract

GRID = np.linspace(-8.0, 8.0, 321)
KNOWN: tuple[Activation, ...] = (GELU(), GELU(approximate=True), SiLU(), Mish(), HardSiLU())
CLOSE = 2e-6  # what constants rounded to float32 may differ by
LONGEST = 24


def _expression(s: Scope, x: Tensor) -> Expression:
    """The chain that a value is the end of; a chain of nothing where it is none."""
    return s.expressions.get(x.node, Expression(x, lambda z: z, 0))


def _apply(s: Scope, node: Operator, layer: Layer, x: Tensor, name: str = "") -> Tensor:
    """One more link of a chain."""
    before = _expression(s, x)
    y = s.builder.add(name or node.name, layer, x)
    if before.length < LONGEST and all(array.ndim == 0 for array in layer.weights().values()):
        s.expressions[y.node] = Expression(before.root, lambda z: layer.compute(before.function(z)), before.length + 1)
    return y


def _scalar(s: Scope, node: Operator, x: Tensor, weight: float, bias: float) -> Tensor:
    """weight x + bias, joined with such a map right before it; nothing where that leaves x as it was."""
    below = s.builder.node(x)
    layer = below.layer
    if isinstance(layer, Affine) and all(array.ndim == 0 for array in layer.weights().values()):
        inner_bias = 0.0 if layer.bias is None else float(layer.bias)
        weight, bias = weight * float(layer.weight), weight * inner_bias + bias
        x = Tensor(below.inputs[0], x.shape, x.axes)
    if bias == 0 and abs(weight - 1) < 1e-7:
        return x
    return _apply(s, node, Affine(np.array(weight), np.array(bias) if bias else None), x)


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


def _binary(join: Callable[[Array, Array], Array], layer: Callable[[], Layer] | None) -> Callable[..., Tensor]:
    """An operation on two computed values; layer None: only where both are functions of one value."""

    def read(s: Scope, node: Operator, a: Tensor, b: Tensor) -> Tensor:
        left, right = _expression(s, a), _expression(s, b)
        joint: Expression | None = None
        if left.root == right.root and left.length + right.length < LONGEST:
            joint = Expression(
                left.root, lambda z: join(left.function(z), right.function(z)), left.length + right.length + 1
            )
            found = _known(joint.function) if join in (np.multiply, np.divide) else None
            if found is not None:
                activation, factor = found
                y = _apply(s, node, activation, left.root)
                return y if factor == 1 else _apply(s, node, Affine(np.array(factor)), y, f"{node.name}_factor")
        if layer is None:
            raise s.fail(node, "a quotient of two computed values is not read")
        y = op.add(s.builder, node.name, [a, b], layer())
        if joint is not None:
            s.expressions[y.node] = joint
        return y

    return read


def _known(function: Callable[[Array], Array]) -> tuple[Activation, float] | None:
    """The activation that a function is, times a number; None where it is none of KNOWN."""
    try:
        with np.errstate(all="ignore"):
            values = function(GRID)
    except (LrpError, FloatingPointError):
        return None
    if not np.isfinite(values).all():
        return None
    for activation in KNOWN:
        wanted = activation.compute(GRID)
        factor = float(values @ wanted / (wanted @ wanted))
        if factor and np.abs(values / factor - wanted).max() < CLOSE * 8:
            whole = round(factor * 12) / 12
            return activation, whole if abs(factor - whole) < CLOSE * abs(factor) else factor
    return None


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
        return _with_constant(s, node, _apply(s, node, Power(-1.0), x, f"{node.name}_reciprocal"), c, None)
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
            return _apply(s, node, _cut(low, high), tensors[0])
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
    return _apply(s, node, _cut(*bounds), s.tensor(node, xs[0]))


def _pow(s: Scope, node: Operator, xs: list[Value | None]) -> Tensor:
    power = s.constant(node, xs[1], "the exponent")
    if power.size != 1:
        raise s.fail(node, f"expected one exponent, got shape {power.shape}")
    return _apply(s, node, Power(float(power.ravel()[0])), s.tensor(node, xs[0]))


def _prelu(s: Scope, node: Operator, xs: list[Value | None]) -> Tensor:
    return op.prelu(s.builder, node.name, s.tensor(node, xs[0]), s.constant(node, xs[1], "the slopes"))


def _unary(make: Callable[[Operator], Layer]) -> Reader:
    """An activation whose layer is made from the attributes."""

    def read(s: Scope, node: Operator, xs: list[Value | None]) -> Tensor:
        try:
            return _apply(s, node, make(node), s.tensor(node, xs[0]))
        except (LookupError, ArithmeticError) as error:
            raise s.fail(node, f"its settings are not read ({error})") from None

    return read


def _hard_sigmoid(s: Scope, node: Operator, xs: list[Value | None]) -> Tensor:
    """min(max(alpha x + beta, 0), 1)"""
    y = _scalar(s, node, s.tensor(node, xs[0]), _float(node, "alpha", 0.2), _float(node, "beta", 0.5))
    return _apply(s, node, ReLU(1.0), y)


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
