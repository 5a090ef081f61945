"""Chains of activations in an ONNX graph, and the activations that exporters write in pieces."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from lrp.arrays import Array
from lrp.errors import LrpError
from lrp.formats.build import Tensor
from lrp.formats.onnx.reader_context import Expression, Operator, Scope, Value
from lrp.layers import (
    GELU,
    Activation,
    Affine,
    Layer,
    SiLU,
    Softplus,
)
from lrp.layers.activations import (
    HardSiLU,
    Mish,
    Softsign,
)

GRID = np.linspace(-8.0, 8.0, 321)


KNOWN: tuple[Activation, ...] = (GELU(), GELU(approximate=True), SiLU(), Mish(), HardSiLU(), Softsign(), Softplus())


CLOSE = 2e-6  # what constants rounded to float32 may differ by


LONGEST = 16  # links of a chain that are looked at: the longest known activation has 9


Function = Callable[[Array], Array]


def _chain(s: Scope, x: Tensor) -> dict[str, tuple[Tensor, Function]]:
    """The values that x is a function of, entry by entry, the nearest first, each with that function."""
    found: dict[str, tuple[Tensor, Function]] = {x.node: (x, lambda z: z)}
    here, function = x, found[x.node][1]
    while here.node in s.expressions and len(found) < LONGEST:
        link = s.expressions[here.node]
        here, function = link.parent, _after(function, link.function)
        found[here.node] = (here, function)
    return found


def _after(outer: Function, inner: Function) -> Function:
    return lambda z: outer(inner(z))


def common(s: Scope, xs: Sequence[Tensor]) -> tuple[Tensor, list[Function]] | None:
    """The nearest value that all are functions of, and these functions; None where there is none."""
    chains = [_chain(s, x) for x in xs]
    for name, (root, _) in chains[0].items():
        if all(name in chain and chain[name][0].axes == root.axes for chain in chains):
            return root, [chain[name][1] for chain in chains]
    return None


def apply(s: Scope, node: Operator, layer: Layer, x: Tensor, name: str = "") -> Tensor:
    """One more link of a chain."""
    y = s.builder.add(name or node.name, layer, x)
    if all(array.size == 1 for array in layer.weights().values()):
        s.expressions[y.node] = Expression(x, layer.compute)
    return y


def joined(join: Callable[..., Array], functions: Sequence[Function]) -> Function:
    return lambda z: join(*(function(z) for function in functions))


def activated(s: Scope, node: Operator, joint: Expression) -> Tensor | None:
    """The known activation that an expression is, as a node on its parent; None where it is none."""
    found = _known(joint.function)
    if found is None:
        return None
    activation, factor = found
    y = apply(s, node, activation, joint.parent)
    return y if factor == 1 else apply(s, node, Affine(np.array(factor)), y, f"{node.name}_factor")


def operand(s: Scope, node: Operator, value: Value | None, root: Tensor) -> Function | None:
    """A value as a function of root: a number, or a chain from it; None where it is neither."""
    if isinstance(value, Tensor):
        chain = _chain(s, value)
        return chain[root.node][1] if root.node in chain else None
    number = s.constant(node, value, "an operand")
    return (lambda z: np.full(z.shape, number.item())) if number.size == 1 else None


def _known(function: Function) -> tuple[Activation, float] | None:
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
