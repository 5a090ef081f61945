"""The division of relevance at a linear layer, as the papers write it. Runs in any arithmetic: floats and Fractions.

A rule is a few groups of terms (`lrp.rules.algebra`). For a group with the share lambda of the relevance:

    z_k    = sum over terms, a and j:  sign u_j^a (T[a,+] w^+ + T[a,-] w^-)_jk   +  b_k
    s_k    = lambda R_k / (z_k + shift_k)              0 where the group is undefined: z_k + shift_k = 0, or gate closed
    R_j    = sum over groups, terms, a and k:  sign u_j^a (T[a,+] w^+ + T[a,-] w^-)_jk s_k

Source: Bach et al. 2015, Eqs. (56), (58) and (60), are such tables; so is every rule of `lrp.rules.catalogue`

and every unit is accounted for:

    sum R_k  =  sum R_j  +  bias: sum s_k b_k  +  stabilizer: sum s_k shift_k  +  dropped: sum (1 - sum of lambda) R_k
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.rules.algebra import Gate, Group, LinearRule, OneSided, Sink, Source, Term
from lrp.rules.flows import all_ones, has_windows, source, weight_as, window_weight_sum
from lrp.rules.propagation import Propagation

Row = tuple[Array, Array, int]  # u^a, T[a,+] w^+ + T[a,-] w^-, sign: one row of a term's table


class Linear(Protocol):
    """A linear map z = apply(weight, x) + bias, and its adjoint: all that the division knows of a layer."""

    @property
    def weight(self) -> Array: ...

    @property
    def bias(self) -> Array | None: ...

    def apply(self, weight: Array, x: Any) -> Array: ...

    def adjoint(self, weight: Array, s: Array, shape: tuple[int, ...]) -> Any: ...


@dataclass(frozen=True)
class Denominators:
    """z + shift of one group, the parts of z that are no input, and where the quotient is defined."""

    group: Group
    rows: list[Row]
    stabilized: Array
    shift: Array
    bias: Array
    padding: Array  # the part of z that lies in zero padding, for rules that count it
    defined: Array


def divide(rule: LinearRule, layer: Linear, x: Array, z: Array, R: Array) -> Propagation:
    """Divide R, the relevance of z = apply(weight, x) + bias, over the entries of x."""
    groups = [denominators(group, rule, layer, x, z) for group in rule.active]
    factors = sum((arrays.scalar(g.group.factor, R) * g.defined for g in groups), arrays.zeros(R.shape, R))
    dropped, scale = (arrays.scalar(1, R) - factors) * R, arrays.ones(R.shape, R)
    if rule.one_sided is OneSided.RENORMALISE:  # the defined groups share all of R
        dropped = R * (factors == 0)
        scale = arrays.divide_where(scale, factors, factors != 0)
    relevance, leak = arrays.zeros(x.shape, R), arrays.zeros(R.shape, R)
    lost, gross = {"bias": arrays.zero_sums(R), "stabilizer": arrays.zero_sums(R)}, arrays.sum_abs(dropped)
    total_dropped = arrays.sum_per_sample(dropped)
    for g in groups:
        s = arrays.divide_where(arrays.scalar(g.group.factor, R) * R, g.stabilized, g.defined) * scale
        for u, w, sign in g.rows:
            message = u * layer.adjoint(w, s, x.shape)
            relevance = relevance + arrays.scalar(sign, R) * message
            gross = gross + arrays.sum_abs(message)
        total_dropped = total_dropped + arrays.sum_per_sample(s * g.padding)
        gross = gross + arrays.sum_abs(s * g.padding)
        if rule.sink is Sink.SPREAD:
            leak = leak + s * g.shift + s * g.bias
        else:
            for name, part in (("bias", s * g.bias), ("stabilizer", s * g.shift)):
                lost[name] = lost[name] + arrays.sum_per_sample(part)
                gross = gross + arrays.sum_abs(part)
    if rule.sink is Sink.SPREAD:
        spread, unconnected = spread_equally(layer, leak, x)
        relevance, lost["bias"] = relevance + spread, arrays.sum_per_sample(unconnected)
        gross = gross + arrays.sum_abs(spread) + arrays.sum_abs(unconnected)
    return Propagation((relevance,), **lost, dropped=total_dropped, gross=gross)


def denominators(group: Group, rule: LinearRule, layer: Linear, x: Array, z: Array) -> Denominators:
    """What the group divides R by. The group whose table is all ones has the layer's own z."""
    rows = [row for term in group.terms for row in rows_of(term, rule, layer, x)]
    b = bias_of(group, rule, layer, z)
    if group.is_forward and (rule.bias or layer.bias is None):
        group_z = z
    else:
        group_z = arrays.zeros(z.shape, z)
        for u, w, sign in rows:
            group_z = group_z + arrays.scalar(sign, z) * layer.apply(w, u)
    padding = arrays.zeros(z.shape, z)
    if rule.count_padding and group.terms[0].source is Source.ONE and has_windows(layer, x):
        padding = window_weight_sum(weight_as(layer.weight, group.terms[0].weight)) - group_z
        group_z = group_z + padding
    if group_z is not z:
        group_z = group_z + b
    shift = rule.stabilizer.shift(group_z) if rule.stabilizer.moves else arrays.zeros(z.shape, z)
    plain = z if rule.bias or rule.layer_gate or layer.bias is None else layer.apply(layer.weight, x)
    opened = {Gate.ALWAYS: np.ones(z.shape, bool), Gate.POSITIVE: plain > 0, Gate.NEGATIVE: plain < 0}[group.gate]
    stabilized = group_z + shift
    return Denominators(group, rows, stabilized, shift, b, padding, np.asarray(opened & (stabilized != 0), bool))


def rows_of(term: Term, rule: LinearRule, layer: Linear, x: Array) -> list[Row]:
    """The rows of a term's table; where both rows are equal, u needs no division into u^+ and u^-."""
    u, w = source(term.source, rule, x), weight_as(layer.weight, term.weight)
    if term.table[0] == term.table[1]:
        return [(u, read(w, term.table[0]), term.sign)]
    return [
        (arrays.positive(u), read(w, term.table[0]), term.sign),
        (arrays.negative(u), read(w, term.table[1]), term.sign),
    ]


def read(w: Array, row: tuple[Fraction, Fraction]) -> Array:
    """T[a,+] w^+ + T[a,-] w^-: the weights as one row of a table reads them."""
    return np.asarray(arrays.scalar(row[0], w) * arrays.positive(w) + arrays.scalar(row[1], w) * arrays.negative(w))


def bias_of(group: Group, rule: LinearRule, layer: Linear, z: Array) -> Array:
    """b_k: the weight of one more input that is always 1, read by the first row of each term's table."""
    b = arrays.zeros(z.shape, z)
    if layer.bias is None or not rule.bias:
        return b
    if rule.whole_bias:  # with its sign, in each group
        return b + weight_as(layer.bias, group.terms[0].weight)
    for term in group.terms:
        b = b + arrays.scalar(term.sign, z) * read(weight_as(layer.bias, term.weight), term.table[0])
    return b


def spread_equally(layer: Linear, leak: Array, x: Array) -> tuple[Array, Array]:
    """leak_k / N_k to each of the N_k inputs that neuron k is connected to; and what has no input to go to.

    Source: Arras et al. 2016, the epsilon rule with bias and stabilizer shared among the inputs
    """
    connected = all_ones(layer.weight)
    count = layer.apply(connected, arrays.ones((1, *x.shape[1:]), x))
    each = arrays.divide_where(leak, count, count != 0)
    return layer.adjoint(connected, each, x.shape), leak * (count == 0)
