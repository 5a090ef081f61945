"""DeepLIFT: the difference from a reference, divided over the differences of the inputs.

    multiplier m_i = C_{dx_i dt} / dx_i,   chain rule m_i = sum_j m_ij m_j,   sum_i m_i dx_i = dt

A node's output may carry two multipliers, one for the positive and one for the negative part of its difference.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import SettingError
from lrp.graph import Ledger, LedgerRow, Network, Node
from lrp.layers import Activation
from lrp.methods.propagation.deep_lift_differences import Differences, multipliers_below, single
from lrp.methods.propagation.deep_lift_rules import RESCALE, ActivationRule, Pair, far, rule_named
from lrp.methods.result import Attribution
from lrp.methods.score import baselines, score

RuleChoice = ActivationRule | Callable[[Node], ActivationRule]


def deep_lift(
    network: Network, x: Any, target: Any = None, baseline: Any = 0.0, rule: RuleChoice | str = RESCALE
) -> Attribution:
    """R_i = m_i (x_i - r_i), with sum_i R_i = S_c(x) - S_c(r)

    Source: Shrikumar et al. 2017, DeepLIFT

    baseline: r, a number or an array that broadcasts to x. rule: RESCALE, REVEAL_CANCEL, the name of one, or a function
    that gives one for each activation's node (the authors: RevealCancel at dense layers, Rescale at convolutions).
    Linear layers tell the signs of w dx apart; max-pooling divides exactly; a factor of a product gets the mean of the
    other factor. Layers without a rule (normalisation within the sample, an inner softmax) are refused. The ledger
    holds sum m dx node by node; "dropped" is what a derivative in the place of 0/0 leaves out.
    Batch normalisation between a kernel and its activation hides the signs from RevealCancel: fold it first.
    """
    rule = rule_named(rule) if isinstance(rule, str) else rule
    if not isinstance(rule, ActivationRule) and not callable(rule):
        raise SettingError(f"deep_lift: rule: expected RESCALE, REVEAL_CANCEL or a function of a node, got {rule!r}")
    found = score(network, x, target)
    reference = found.at(baselines(found, baseline, "deep_lift"))
    differences = Differences(network, found.trace, reference.trace)
    one = found.one
    m: dict[str, Pair] = {found.node: (one, one)}
    lines = []
    for node in reversed(network.nodes.values()):
        if not node.inputs or node.name not in m:
            continue
        text, dropped, size = "linear", arrays.zeros((len(one),), one), 0 * one.reshape(len(one), -1)[:, 0]
        if isinstance(node.layer, Activation):
            chosen = rule if isinstance(rule, ActivationRule) else rule(node)
            below, dropped, size = _activation(differences, node, node.layer, m[node.name], chosen)
            text = chosen.name
        else:
            below = multipliers_below(differences, node, m[node.name])
        lines.append(_line(differences, node, text, m[node.name], below, dropped, size))
        for name, pair in zip(node.inputs, below, strict=True):
            m[name] = _sum(m[name], pair) if name in m else pair
    start = flow(m[found.node], differences.pair(found.node))
    nothing = arrays.zeros(one.shape, one)
    maps = {}
    for name, value in found.inputs.items():
        delta = differences.delta(name)
        maps[name] = single(m[name], delta) * delta if name in m else arrays.zeros(value.shape, nothing)
    arrived = sum((arrays.sum_per_sample(part) for part in maps.values()), 0 * start)
    ledger = Ledger(tuple(lines), start, np.asarray(arrived), arrays.epsilon_of(one))
    expected = np.asarray(found.value - reference.value)
    settings = {"rule": rule.name if isinstance(rule, ActivationRule) else getattr(rule, "__name__", "chosen")}
    return Attribution("deep_lift", found.form(maps), found.target, found.value, settings, expected, ledger)


def _activation(
    differences: Differences, node: Node, layer: Activation, m: Pair, rule: ActivationRule
) -> tuple[list[Pair], Array, Array]:
    """(the multipliers below, what a derivative in the place of 0/0 leaves out, the size of what is subtracted)."""
    ((z0,), _), parts = differences.values(node), differences.pair(node.inputs[0])
    ends = differences.reference.values[node.name], differences.trace.values[node.name]
    together = single(m, differences.delta(node.name))
    up, down = rule.slopes(layer, z0, ends, parts)
    left = together * (ends[1] - ends[0] - up * parts[0] - down * parts[1])
    near = ~(far(parts[0]) & far(parts[1]))
    dropped = np.where(near, left, arrays.scalar(0, left))
    size = arrays.sum_abs(together * ends[0]) + arrays.sum_abs(together * ends[1])
    return [(together * up, together * down)], arrays.sum_per_sample(dropped), size


def _line(
    differences: Differences, node: Node, text: str, above: Pair, below: list[Pair], dropped: Array, size: Array
) -> LedgerRow:
    """received = sum m dy, passed = sum m dx."""
    received = flow(above, differences.pair(node.name))
    pairs = [differences.pair(name) for name in node.inputs]
    passed = sum((flow(m, pair) for m, pair in zip(below, pairs, strict=True)), 0 * received)
    gross = size + _size(above, differences.pair(node.name)) + abs(dropped)
    gross = sum((_size(m, pair) for m, pair in zip(below, pairs, strict=True)), gross)
    nothing = 0 * received
    eps = arrays.epsilon_of(above[0])
    kind = type(node.layer).__name__
    return LedgerRow(
        node.name, kind, text, received, np.asarray(passed), nothing, nothing, dropped, np.asarray(gross), eps
    )


def flow(m: Pair, parts: Pair) -> Array:
    """(n,) sum of m+ delta+ + m- delta-"""
    return arrays.sum_per_sample(m[0] * parts[0]) + arrays.sum_per_sample(m[1] * parts[1])


def _size(m: Pair, parts: Pair) -> Array:
    """(n,) the absolute values that flow() adds up."""
    return arrays.sum_abs(m[0] * parts[0]) + arrays.sum_abs(m[1] * parts[1])


def _sum(one: Pair, other: Pair) -> Pair:
    """The multipliers of a fan-out add."""
    if one[0] is one[1] and other[0] is other[1]:
        both = one[0] + other[0]
        return both, both
    return one[0] + other[0], one[1] + other[1]
