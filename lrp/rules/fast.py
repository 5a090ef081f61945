"""The division of relevance with less work and memory: the same contract as `reference.py`, tested equal to it.

What is saved:

* The denominator of a group whose table is all ones is the layer's own z; of two groups whose tables add up to ones
  only the second is computed, and the first is z minus it (`_prepare_all`).
* No masks where every denominator is defined, no stabilizer without eps, no product for a gate that is closed wherever
  there is relevance, one row of a table instead of two where an input has no negative entry.
* A bias of the last axis is accounted for channel by channel.
* Large arrays are processed in blocks on several threads, and results are written into arrays that nothing else reads.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lrp import arrays, parallel
from lrp.arrays import Array
from lrp.rules.algebra import Gate, Group, LinearRule, OneSided, Sink, Source
from lrp.rules.flows import TermRow, group_bias_of, has_windows, rows_of, weight_as, window_weight_sum
from lrp.rules.propagation import MAX_DEFERRED, LedgerBuilder, Propagation
from lrp.rules.reference import Linear, spread_equally


class _Prepared(NamedTuple):
    """A group with its numbers: its stabilized denominators and where they hold."""

    group: Group
    rows: list[TermRow]
    z: Array
    stabilized: Array
    shift: Array | None  # None: eps = 0
    bias: Array | None
    undefined: Array | None  # None: defined wherever R is not zero
    outside: Array | None  # the part of z that zero padding has where it is counted
    buffer: Array | None  # a scratch buffer of the shape of R


def divide(rule: LinearRule, layer: Linear, x: Array, z: Array, R: Array) -> Propagation:
    """Divide R, the relevance of z = apply(weight, x) + bias, over the entries of x.

    Shapes: x is the layer's input, z and R its output. Does not conserve by itself where a bias or a stabilizer
    takes its part or a group is undefined: the returned Propagation says how much went where.

    """
    prepared = _prepare_all(rule, layer, x, z, R)
    dropped, scale = _dropped(rule, prepared, R)
    ledger = LedgerBuilder(R, x.size + R.size)
    if dropped is not None:
        ledger.to_column("dropped", dropped)
    relevance, leak = None, None
    for p in prepared:
        s = _divided(R, p)
        if scale is not None:
            s = s * scale
        for row in p.rows:
            message = layer.adjoint(row.weight, s, x.shape)
            if row.u is not None:
                message = np.multiply(
                    row.u, message, out=message if message is not s and message.flags.owndata else None
                )
            elif message is s:
                message = s.copy()
            ledger.to_inputs(message)
            relevance = _added(relevance, message, row.sign, ledger.deferred)
        if p.outside is not None:
            ledger.to_column("dropped", s, p.outside)
        if rule.sink is Sink.SPREAD:
            for part in (p.shift, p.bias):
                leak = leak if part is None else _added(leak, s * part, 1)
            continue
        if p.shift is not None:
            ledger.to_column("stabilizer", s, p.shift)
        if p.bias is not None:
            ledger.bias(s, p.bias)
    if leak is not None:
        spread, unconnected = spread_equally(layer, leak, x)
        relevance = _added(relevance, spread, 1)
        ledger.to_column("bias", unconnected)
        ledger.to_inputs(spread)
    if relevance is None:
        relevance = arrays.zeros(x.shape, R)
    return ledger.propagation(np.ascontiguousarray(relevance))


def _divided(R: Array, p: _Prepared) -> Array:
    """s = lambda R / stab(z), 0 where the group is undefined; never divides by zero."""
    if p.group.factor == 1 and p.undefined is None:
        return parallel.map_blocks(np.divide, R, p.stabilized, out=p.buffer)
    factor = arrays.scalar(p.group.factor, R)
    if p.undefined is None:
        return parallel.map_blocks(lambda R, z: factor * R / z, R, p.stabilized, out=p.buffer)
    return arrays.divide_where(factor * R, p.stabilized, ~p.undefined)


def _added(relevance: Array | None, message: Array, sign: int, still_read: bool = True) -> Array:
    """relevance + sign * message, written into the array of relevance unless a deferred sum still reads it."""
    if relevance is None:
        return message if sign > 0 else -message
    out = None if still_read or not relevance.flags.owndata else relevance
    return np.asarray((np.add if sign > 0 else np.subtract)(relevance, message, out=out))


def _dropped(rule: LinearRule, prepared: list[_Prepared], R: Array) -> tuple[Array | None, Array | None]:
    """(1 - sum of lambda over the defined groups) R, and what s is scaled with to make up for it; None: 0, and 1."""
    complete = rule.shares_sum_to_one and len(prepared) == len(rule.active)
    if complete and all(p.undefined is None for p in prepared):
        return None, None
    one = arrays.scalar(1, R)
    factors = arrays.zeros(R.shape, R)
    for p in prepared:
        factor = arrays.scalar(p.group.factor, R)
        factors = factors + (factor if p.undefined is None else factor * ~p.undefined)
    if rule.one_sided is OneSided.DROP:
        return (one - factors) * R, None
    scale = arrays.divide_where(arrays.ones(R.shape, R), factors, factors != 0)
    return R * (factors == 0), scale


def _prepare_all(rule: LinearRule, layer: Linear, x: Array, z: Array, R: Array) -> list[_Prepared]:
    """The groups that have a part in R, with their denominators.

    Of two groups with z^+ + z^- = z, the first is computed as z - z^- where that is accurate: for |z^+| >= |z^-|/2, as
    in every neuron with z > 0, its rounding error is at most a few eps of z^+.
    """
    groups = rule.active
    if not rule.partition_z or not (rule.bias or layer.bias is None) or arrays.is_exact(z):
        return [p for group in groups for p in _prepare(group, rule, layer, x, z, R)]
    (second,) = _prepare(groups[1], rule, layer, x, z, R)
    first = parallel.map_blocks(np.subtract, z, second.z)
    half = arrays.scalar(1, z) / 2
    cancelled = parallel.any_block(lambda a, b, R: (np.abs(a) < half * np.abs(b)) & (R != 0), first, second.z, R)
    return [*_prepare(groups[0], rule, layer, x, z, R, None if cancelled else first), second]


def _prepare(
    group: Group, rule: LinearRule, layer: Linear, x: Array, z: Array, R: Array, known: Array | None = None
) -> list[_Prepared]:
    """The group with its denominators; [] if its gate is closed for every neuron with relevance.

    known: the group's z with its bias, if it was computed before.
    """
    bias = layer.bias if rule.bias else None
    closed = None
    if group.gate is not Gate.ALWAYS:
        plain = z if rule.bias or rule.layer_gate or layer.bias is None else layer.apply(layer.weight, x)
        opened = plain > 0 if group.gate is Gate.POSITIVE else plain < 0
        if not parallel.any_block(_with_relevance, opened, R):
            return []
        closed = ~opened
    rows = [row for term in group.terms for row in rows_of(term, rule, layer, x)]
    group_bias = None if bias is None else group_bias_of(group, rule, layer)
    outside = None
    if known is not None:
        group_z = known
    elif group.is_forward and (rule.bias or layer.bias is None):
        group_z = z  # the forward pass has computed it
    else:
        group_z = _sum_of_rows(rows, layer, x, z)
        if rule.count_padding and group.terms[0].source is Source.ONE and has_windows(layer, x):
            outside = window_weight_sum(weight_as(layer.weight, group.terms[0].weight)) - group_z
            group_z = group_z + outside
        if group_bias is not None:
            owned = group_z.flags.owndata and not any(group_z is row.u for row in rows)
            group_z = np.add(group_z, group_bias, out=group_z if owned else None)
    shift = rule.stabilizer.shift(group_z) if rule.stabilizer.moves else None
    stabilized = group_z if shift is None else parallel.map_blocks(np.add, group_z, shift)
    undefined = closed  # where the denominator is 0 or the gate is closed
    if not rule.stabilizer.keeps_off_zero(z) and parallel.any_block(_is_zero, stabilized):
        holes = _is_zero(stabilized)
        undefined = holes if closed is None else holes | closed
    if undefined is not None and not parallel.any_block(_with_relevance, undefined, R):
        undefined = None  # only neurons without relevance are undefined
        stabilized = parallel.map_blocks(lambda z: z + _is_zero(z), stabilized)  # 0/0 with R = 0 is 0/1
    buffer = stabilized if _can_be_overwritten(stabilized, z, R, rows) else None
    return [_Prepared(group, rows, group_z, stabilized, shift, group_bias, undefined, outside, buffer)]


def _can_be_overwritten(stabilized: Array, z: Array, R: Array, rows: list[TermRow]) -> bool:
    """Whether s may overwrite these denominators: they are large, and no other array shares their memory."""
    if stabilized is z or stabilized.size <= MAX_DEFERRED or stabilized.shape != R.shape:
        return False
    return not any(row.u is not None and np.may_share_memory(stabilized, row.u) for row in rows)


def _is_zero(z: Array) -> Array:
    return np.asarray(z == 0)


def _with_relevance(neurons: Array, R: Array) -> Array:
    """Which of the neurons have relevance."""
    return np.asarray(neurons & (R != 0))


def _sum_of_rows(rows: list[TermRow], layer: Linear, x: Array, z: Array) -> Array:
    """z of a group without its bias: (n, ...), or (1, ...) where no row depends on the sample."""
    total: Array | None = None
    for row in rows:
        ones = arrays.ones((1, *x.shape[1:]), x) if row.u is None else row.u
        total = _added(total, layer.apply(row.weight, ones), row.sign)
    return arrays.zeros(z.shape, z) if total is None else total
