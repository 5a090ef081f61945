"""The one place where relevance is divided: any rule of `lrp.rules.algebra` on any linear layer.

Each unit of relevance is accounted for. With shift_k = stab(z_k) - z_k and, per group, s_k = lambda R_k / stab(z_k):

    received  =  passed to the inputs  +  bias: sum s_k b_k  +  stabilizer: sum s_k shift_k  +  dropped
    dropped   =  (1 - sum of lambda over the groups that are defined for k) R_k

A group is not defined for k where its denominator is 0 (0/0) or where its gate is closed.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.rules.algebra import Gate, Group, LinearRule, OneSided, Sink, Source, Term
from lrp.rules.flows import Flow, all_ones, flows_of, group_bias_of, kind, whole_window


class Linear(Protocol):
    """A linear map z = apply(weight, x) + bias, and its adjoint: all that the engine knows of a layer."""

    @property
    def weight(self) -> Array: ...

    @property
    def bias(self) -> Array | None: ...

    def apply(self, weight: Array, x: Any) -> Array: ...

    def adjoint(self, weight: Array, s: Array, shape: tuple[int, ...]) -> Any: ...


@dataclass(frozen=True)
class Share:
    """What became of a node's relevance. Per-sample numbers have shape (n,) and the unit of the explained output.

    parts: one array for each input of the layer. gross: the sum of the absolute values of all that is added up in
    parts, bias, stabilizer and dropped, which bounds their rounding.
    """

    parts: tuple[Array, ...]
    bias: Array
    stabilizer: Array
    dropped: Array
    gross: Array


def passed(*parts: Array) -> Share:
    """A share in which everything went to the inputs."""
    nothing = arrays.no_total(parts[0])
    return Share(parts, nothing, nothing, nothing, sum(map(arrays.gross, parts), nothing))


def dropping(dropped: Array, *parts: Array) -> Share:
    """A share in which what is lost element by element (an array with the samples first) stands as dropped."""
    nothing = arrays.no_total(dropped)
    gross = sum(map(arrays.gross, parts), arrays.gross(dropped))
    return Share(parts, nothing, nothing, arrays.total(dropped), gross)


def unbalanced(R: Array, *parts: Array) -> Share:
    """A share whose parts need not add up to R: the difference stands as dropped (negative where they exceed R)."""
    passed_on = passed(*parts)
    received = arrays.total(R)
    dropped = received - sum(map(arrays.total, parts), 0 * received)
    return Share(parts, passed_on.bias, passed_on.stabilizer, dropped, passed_on.gross + arrays.gross(R))


@dataclass(frozen=True)
class _Prepared:
    """A group with its numbers: its stabilized denominators and where they hold, its share lambda of R."""

    factor: Fraction
    flows: list[Flow]
    z: Array
    stabilized: Array
    shift: Array | None  # None: eps = 0
    bias: Array | None
    undefined: Array | None  # None: defined wherever R is not zero
    outside: Array | None = None  # the part of z that zero padding has where it is counted


def distribute(rule: LinearRule, layer: Linear, x: Array, z: Array, R: Array) -> Share:
    """Divide R, the relevance of z = apply(weight, x) + bias, over the entries of x.

    Shapes: x is the layer's input, z and R its output. Does not conserve by itself where a bias or a stabilizer
    takes its part or a group is undefined: the returned Share says how much went where.

    What is zero or known costs nothing: no stabilizer without eps, no masks where every denominator is defined, and a
    bias is accounted for channel by channel.
    """
    prepared = _prepare_all(rule, layer, x, z, R)
    dropped, scale = _dropped(rule, prepared, R)
    nothing = arrays.no_total(R)
    lost, gross = (nothing, nothing) if dropped is None else (arrays.total(dropped), arrays.gross(dropped))
    b_total = k_total = nothing
    relevance, leak = None, arrays.zeros((1,) * R.ndim, R)
    for p in prepared:
        s = _divided(R, p)
        if scale is not None:
            s = s * scale
        for flow in p.flows:
            share = layer.adjoint(flow.weight, s, x.shape)
            if flow.u is not None:
                share = flow.u * share
            gross = gross + arrays.gross(share)
            relevance = _added(relevance, share, flow.sign)
        if p.outside is not None:
            to_outside = s * p.outside
            lost, gross = lost + arrays.total(to_outside), gross + arrays.gross(to_outside)
        if rule.sink is Sink.SPREAD:
            leak = leak + (0 if p.shift is None else s * p.shift) + (0 if p.bias is None else s * p.bias)
            continue
        if p.shift is not None:
            to_shift = s * p.shift
            k_total, gross = k_total + arrays.total(to_shift), gross + arrays.gross(to_shift)
        if p.bias is not None:
            b_total = b_total + arrays.weighted_total(s, p.bias)
            gross = gross + arrays.weighted_total(np.abs(s), np.abs(p.bias))
    if rule.sink is Sink.SPREAD:
        spread, unconnected = _spread(layer, np.broadcast_to(leak, R.shape), x)
        relevance = _added(relevance, spread, 1)
        b_total = b_total + arrays.total(unconnected)
        gross = gross + arrays.gross(unconnected) + arrays.gross(spread)
    if relevance is None:
        relevance = arrays.zeros(x.shape, R)
    return Share((np.ascontiguousarray(relevance),), b_total, k_total, lost, gross)


def _divided(R: Array, p: _Prepared) -> Array:
    """s = lambda R / stab(z), 0 where the group is undefined; nothing is divided by zero on the way."""
    numerator = R if p.factor == 1 else arrays.scalar(p.factor, R) * R
    if p.undefined is None:
        return numerator / p.stabilized
    return arrays.divide_where(numerator, p.stabilized, ~p.undefined)


def _added(relevance: Array | None, share: Array, sign: int) -> Array:
    """relevance + sign * share."""
    if relevance is None:
        return share if sign > 0 else -share
    return relevance + share if sign > 0 else relevance - share


def _dropped(rule: LinearRule, prepared: list[_Prepared], R: Array) -> tuple[Array | None, Array | None]:
    """(1 - sum of lambda over the defined groups) R, and what s is scaled with to make up for it; None: 0, and 1."""
    if prepared and all(p.undefined is None for p in prepared):
        if sum((p.factor for p in prepared[1:]), prepared[0].factor) == 1:
            return None, None
    one = arrays.scalar(1, R)
    factors = arrays.zeros(R.shape, R)
    for p in prepared:
        factor = arrays.scalar(p.factor, R)
        factors = factors + (factor if p.undefined is None else factor * ~p.undefined)
    if rule.one_sided is OneSided.DROP:
        return (one - factors) * R, None
    scale = arrays.divide_where(arrays.ones(R.shape, R), factors, factors != 0)
    return R * (factors == 0), scale


def _prepare_all(rule: LinearRule, layer: Linear, x: Array, z: Array, R: Array) -> list[_Prepared]:
    """The groups that have a part in R, with their denominators.

    Of two groups that share all products between them, z^+ + z^- = z, the first is z - z^- where that rounds well:
    neurons with |z^+| >= |z^-|/2, as all are that fired, lose at most a few eps of z^+ by it.
    """
    groups = [group for group in rule.groups if group.factor != 0]
    if not _are_halves(groups, rule, layer) or arrays.is_exact(z):
        return [p for group in groups for p in _prepare(group, rule, layer, x, z, R)]
    (second,) = _prepare(groups[1], rule, layer, x, z, R)
    first = z - second.z
    cancelled = (np.abs(first) < arrays.scalar(1, z) / 2 * np.abs(second.z)) & (R != 0)
    return [*_prepare(groups[0], rule, layer, x, z, R, None if cancelled.any() else first), second]


def _are_halves(groups: list[Group], rule: LinearRule, layer: Linear) -> bool:
    """Whether there are two groups, and their z add up to that of the forward pass."""
    if len(groups) != 2 or rule.whole_bias or not (rule.bias or layer.bias is None):
        return False
    if any(g.gate is not Gate.ALWAYS or g.terms != (Term(table=g.terms[0].table),) for g in groups):
        return False
    rows = zip(groups[0].terms[0].table, groups[1].terms[0].table, strict=True)
    return all(a + b == 1 for one, other in rows for a, b in zip(one, other, strict=True))


def _prepare(
    group: Group, rule: LinearRule, layer: Linear, x: Array, z: Array, R: Array, known: Array | None = None
) -> list[_Prepared]:
    """The group's denominators; nothing at all where its gate is closed for every neuron that has relevance.

    known: the group's z, bias included, if it is.
    """
    bias = layer.bias if rule.bias else None
    closed = None
    if group.gate is not Gate.ALWAYS:
        plain = z if rule.bias or rule.layer_gate or layer.bias is None else layer.apply(layer.weight, x)
        opened = plain > 0 if group.gate is Gate.POSITIVE else plain < 0
        if not (opened & (R != 0)).any():
            return []
        closed = ~opened
    flows = [flow for term in group.terms for flow in flows_of(term, rule, layer.weight, x)]
    group_bias = None if bias is None else group_bias_of(group, rule, bias)
    outside = None
    if known is not None:
        group_z = known
    elif _is_forward(group) and (rule.bias or layer.bias is None):
        group_z = z  # the forward pass has computed it
    else:
        group_z = _sum_of_flows(flows, layer, x, z)
        if rule.count_padding and group.terms[0].source is Source.ONE and _has_windows(layer, x):
            outside = whole_window(kind(layer.weight, group.terms[0].weight)) - group_z
            group_z = group_z + outside
        if group_bias is not None:
            group_z = group_z + group_bias
    shift = rule.stabilizer.shift(group_z) if rule.stabilizer.moves else None
    stabilized = group_z if shift is None else group_z + shift
    undefined = _undefined(stabilized, closed, R)
    if undefined is None and (holes := stabilized == 0).any():
        stabilized = stabilized + holes  # 0/0 with R = 0 is 0/1
    return [_Prepared(group.factor, flows, group_z, stabilized, shift, group_bias, undefined, outside)]


def _undefined(stabilized: Array, closed: Array | None, R: Array) -> Array | None:
    """Where the group is 0/0 or its gate is closed; None where that is so for neurons without relevance alone."""
    undefined = stabilized == 0
    if closed is not None:
        undefined = undefined | closed
    return undefined if (undefined & (R != 0)).any() else None


def _sum_of_flows(flows: list[Flow], layer: Linear, x: Array, z: Array) -> Array:
    """z of a group without its bias: (n, ...), or (1, ...) where no flow depends on the sample."""
    total: Array | None = None
    for flow in flows:
        ones = arrays.ones((1, *x.shape[1:]), x) if flow.u is None else flow.u
        total = _added(total, layer.apply(flow.weight, ones), flow.sign)
    return arrays.zeros(z.shape, z) if total is None else total


def _has_windows(layer: Linear, x: Array) -> bool:
    """Whether each output is a weighted sum over a window of x, some of which may lie in padding: a convolution."""
    return layer.weight.ndim == x.ndim and hasattr(layer, "windows")


def _is_forward(group: Group) -> bool:
    """True where the group's z is the layer's own pre-activation."""
    return group.terms == (Term(),)


def _spread(layer: Linear, leak: Array, x: Array) -> tuple[Array, Array]:
    """leak_k / N_k to each of the N_k inputs that neuron k is connected to; and what has no input to go to.

    R_{i<-j} = ( z_ij + (eps s(z_j) + b_j)/N ) / ( z_j + eps s(z_j) ) R_j

    Source: Arras et al. 2016, the epsilon rule with bias and stabilizer shared among the inputs

    Positions in zero padding are no inputs; a window that lies in padding alone keeps its leak, as bias.
    """
    connected = all_ones(layer.weight)
    count = layer.apply(connected, arrays.ones((1, *x.shape[1:]), x))
    each = arrays.divide_where(leak, count, count != 0)
    return layer.adjoint(connected, each, x.shape), leak * (count == 0)
