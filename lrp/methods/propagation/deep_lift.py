"""DeepLIFT: the difference from a reference, divided over the differences of the inputs.

    multiplier    m_{dx dt} = C_{dx dt} / dx              C: what the difference dx contributes to dt
    chain rule    m_{dx_i dt} = sum_j m_{dx_i dy_j} m_{dy_j dt}
    summation     sum_i m_{dx_i dt} dx_i = dt

Each difference has two parts, dx = dx+ + dx-, and a node's output a multiplier for each. The multipliers of one layer:

    linear rule     deep_lift_linear.py
    Rescale         m+ = m- = dy/dx                       deep_lift_rules.py
    RevealCancel    m+ = dy+/dx+, m- = dy-/dx-            deep_lift_rules.py
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import SettingError
from lrp.graph import Explanation, InputLike, Ledger, LedgerRow, Network, Node, TargetLike
from lrp.layers import Activation
from lrp.methods.propagation.deep_lift_linear import Differences, multipliers_below, single
from lrp.methods.propagation.deep_lift_rules import RESCALE, ActivationRule, Parts, both, far, rule_named
from lrp.methods.score import baselines, score
from lrp.methods.tools import backward

RuleChoice = ActivationRule | Callable[[Node], ActivationRule]


def deep_lift(
    network: Network,
    x: InputLike,
    target: TargetLike = None,
    *,
    baseline: InputLike = 0.0,
    rule: RuleChoice | str = RESCALE,
) -> Explanation:
    """R_i = m_i (x_i - r_i), with sum_i R_i = S_c(x) - S_c(r)

    Source: Shrikumar et al. 2017, DeepLIFT

    Max-pooling divides exactly; a factor of a product gets the mean of the other factor. Layers without a rule
    (normalisation within the sample, an inner softmax) are refused. The ledger holds sum m dx node by node; "dropped"
    is what a derivative leaves out where dx is too small to divide by. Unit: that of the output. Batch normalisation
    between a kernel and its activation hides the signs from RevealCancel: fold it first.

    Parameters
    ----------
    network : Network
        The network to explain.
    x : InputLike
        A batch, in a form that `network.forward` takes.
    target : TargetLike
        The output to explain, one for all samples or one per sample; None: each sample's largest logit.
    baseline : InputLike
        r: a number, an array that broadcasts to x, or one for each input as a tuple or dict.
    rule : ActivationRule, str or callable
        RESCALE, REVEAL_CANCEL, the name of one, or a function that gives the rule of each activation's node (the
        authors: RevealCancel at dense layers, Rescale at convolutions).

    Returns
    -------
    Explanation
        With a ledger; expected: S_c(x) - S_c(r).

    Raises
    ------
    InputError
        Where an input is token numbers, or a baseline is missing or not a number.
    ShapeError
        Where a baseline does not broadcast to x.
    SettingError
        For an unknown rule, or a layer for which DeepLIFT has none.

    Examples
    --------
    min(a, b) = a - max(0, a - b): Rescale gives all to b, RevealCancel half to each.

    >>> import numpy as np
    >>> from lrp import Network, layers
    >>> first, second = np.array([[1.0, 1.0], [0.0, -1.0]]), np.array([[1.0], [-1.0]])
    >>> network = Network.sequential([layers.Dense(first), layers.ReLU(), layers.Dense(second)], (2,))
    >>> deep_lift(network, [[3.0, 1.0]], rule="rescale").relevance
    array([[0., 1.]])
    >>> deep_lift(network, [[3.0, 1.0]], rule="reveal_cancel").relevance
    array([[0.5, 0.5]])
    """
    rule = rule_named(rule) if isinstance(rule, str) else rule
    if not isinstance(rule, ActivationRule) and not callable(rule):
        raise SettingError(f"deep_lift: rule: expected RESCALE, REVEAL_CANCEL or a function of a node, got {rule!r}")
    scored = score(network, x, target)
    reference = scored.at(baselines(scored, baseline, "deep_lift"))
    differences = Differences(network, scored.trace, reference.trace)
    rows: list[LedgerRow] = []

    def step(node: Node, m: Parts, xs: tuple[Array, ...], y: Array) -> tuple[Parts, ...]:
        if isinstance(node.layer, Activation):
            chosen = rule if isinstance(rule, ActivationRule) else rule(node)
            below, dropped, size = _activation(differences, node, node.layer, m, chosen)
            rows.append(_row(differences, node, chosen.name, m, (below,), dropped, size))
            return (below,)
        parts = multipliers_below(differences, node, m)
        rows.append(_row(differences, node, "linear", m, parts))
        return parts

    one = scored.one
    # the signals of this backward pass are Parts, which can be added like arrays
    signals: dict[str, Any] = backward(network, scored.trace, scored.node, cast(Any, both(one)), cast(Any, step))
    maps = {}
    for name in network.inputs:
        m, dx = signals[name], differences.delta(name)
        maps[name] = single(m, dx) * dx if isinstance(m, Parts) else m
    start = contribution(both(one), differences.parts(scored.node))
    arrived = sum((arrays.sum_per_sample(R) for R in maps.values()), 0 * start)
    ledger = Ledger(tuple(rows), start, np.asarray(arrived), arrays.epsilon_of(one))
    settings = {"rule": rule.name if isinstance(rule, ActivationRule) else getattr(rule, "__name__", "chosen")}
    expected = np.asarray(scored.value - reference.value)
    return scored.explanation("deep_lift", maps, settings, expected=expected, ledger=ledger)


def _activation(
    differences: Differences, node: Node, f: Activation, m: Parts, rule: ActivationRule
) -> tuple[Parts, Array, Array]:
    """(the multipliers below, what a derivative instead of dy/dx leaves out, the sum of |m y0| + |m y|)."""
    ((x0,), _), dx = differences.inputs(node), differences.parts(node.inputs[0])
    y0, y = differences.reference.values[node.name], differences.trace.values[node.name]
    m_t = single(m, differences.delta(node.name))
    m_y = rule.multipliers(f, x0, dx, y0, y)
    missing = m_t * (y - y0 - m_y.plus * dx.plus - m_y.minus * dx.minus)
    near = ~(far(dx.plus) & far(dx.minus))
    dropped = np.where(near, missing, arrays.scalar(0, missing))
    below = both(m_t * m_y.plus) if m_y.plus is m_y.minus else Parts(m_t * m_y.plus, m_t * m_y.minus)
    return below, arrays.sum_per_sample(dropped), arrays.sum_abs(m_t * y0) + arrays.sum_abs(m_t * y)


def _row(
    differences: Differences,
    node: Node,
    rule: str,
    above: Parts,
    below: tuple[Parts, ...],
    dropped: Array | None = None,
    size: Array | None = None,
) -> LedgerRow:
    """The ledger's row of one node: received = sum m dy, passed = sum m dx."""
    dy, dxs = differences.parts(node.name), [differences.parts(name) for name in node.inputs]
    received = contribution(above, dy)
    zero = 0 * received
    passed = sum((contribution(m, dx) for m, dx in zip(below, dxs, strict=True)), zero)
    gross = _gross(above, dy) + sum((_gross(m, dx) for m, dx in zip(below, dxs, strict=True)), zero)
    if size is not None:
        gross = gross + size
    if dropped is not None:
        gross = gross + abs(dropped)
    kind, eps = type(node.layer).__name__, arrays.epsilon_of(above.plus)
    lost = zero if dropped is None else dropped
    return LedgerRow(node.name, kind, rule, received, np.asarray(passed), zero, zero, lost, np.asarray(gross), eps)


def contribution(m: Parts, dx: Parts) -> Array:
    """(n,) sum of m+ dx+ + m- dx-"""
    return arrays.sum_per_sample(m.plus * dx.plus) + arrays.sum_per_sample(m.minus * dx.minus)


def _gross(m: Parts, dx: Parts) -> Array:
    """(n,) the absolute values that contribution() adds up."""
    return arrays.sum_abs(m.plus * dx.plus) + arrays.sum_abs(m.minus * dx.minus)
