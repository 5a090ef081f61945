"""The one place where relevance is divided: any rule of `lrp.rules.algebra` on any linear layer.

Each unit of relevance is accounted for. With shift_k = stab(z_k) - z_k and, per group, s_k = lambda R_k / stab(z_k):

    received  =  passed to the inputs  +  bias: sum s_k b_k  +  stabilizer: sum s_k shift_k  +  dropped
    dropped   =  (1 - sum of lambda over the groups that are defined for k) R_k

A group is not defined for k where its denominator is 0 (0/0) or where its gate is closed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import InputError
from lrp.rules.algebra import Gate, Group, LinearRule, OneSided, Row, Sink, Source, Term, Weight


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
    nothing = arrays.zeros((len(parts[0]),), arrays.total(parts[0]))
    return Share(parts, nothing, nothing, nothing, sum(map(arrays.gross, parts), nothing))


def dropping(dropped: Array, *parts: Array) -> Share:
    """A share in which what is lost element by element (an array with the samples first) stands as dropped."""
    nothing = arrays.zeros((len(dropped),), arrays.total(dropped))
    gross = sum(map(arrays.gross, parts), arrays.gross(dropped))
    return Share(parts, nothing, nothing, arrays.total(dropped), gross)


def unbalanced(R: Array, *parts: Array) -> Share:
    """A share whose parts need not add up to R: the difference stands as dropped (negative where they exceed R)."""
    passed_on = passed(*parts)
    received = arrays.total(R)
    dropped = received - sum(map(arrays.total, parts), 0 * received)
    return Share(parts, passed_on.bias, passed_on.stabilizer, dropped, passed_on.gross + arrays.gross(R))


@dataclass(frozen=True)
class _Flow:
    """One row of one term's table: the relevance of source u through the blended weight."""

    u: Array
    weight: Array
    sign: int


@dataclass(frozen=True)
class _Prepared:
    """A group with its numbers: z = sum of flows + bias, where it is defined, and its share lambda of R."""

    group: Group
    flows: list[_Flow]
    z: Array
    shift: Array
    bias: Array | None
    defined: Array
    outside: Array | None = None  # the part of z that zero padding has where it is counted


def distribute(rule: LinearRule, layer: Linear, x: Array, z: Array, R: Array) -> Share:
    """Divide R, the relevance of z = apply(weight, x) + bias, over the entries of x.

    Shapes: x is the layer's input, z and R its output. Does not conserve by itself where a bias or a stabilizer
    takes its part or a group is undefined: the returned Share says how much went where.
    """
    prepared = [p for g in rule.groups if g.factor != 0 for p in _prepare(g, rule, layer, x, z, R)]
    factors = sum((_factor(p, R) for p in prepared), arrays.zeros(R.shape, R))
    one = arrays.scalar(1, R)
    scale = None
    if rule.one_sided is OneSided.RENORMALISE:
        scale = arrays.divide_where(arrays.ones(R.shape, R), factors, factors != 0)
        factors = np.where(factors != 0, one, factors)
    dropped = (one - factors) * R
    relevance = arrays.zeros(x.shape, R)
    b_total = k_total = arrays.zeros((len(R),), arrays.total(dropped))
    gross = arrays.gross(dropped)
    leak = arrays.zeros(R.shape, R)
    for p in prepared:
        stabilized = p.z + p.shift
        s = arrays.divide_where(arrays.scalar(p.group.factor, R) * R, stabilized, p.defined)
        if scale is not None:
            s = s * scale
        for flow in p.flows:
            share = flow.u * layer.adjoint(flow.weight, s, x.shape)
            relevance = relevance + share if flow.sign > 0 else relevance - share
            gross = gross + arrays.gross(share)
        if p.outside is not None:
            dropped = dropped + s * p.outside
            gross = gross + arrays.gross(s * p.outside)
        to_shift = s * p.shift
        to_bias = s * p.bias if p.bias is not None else arrays.zeros(s.shape, s)
        if rule.sink is Sink.SPREAD:
            leak = leak + to_shift + to_bias
            continue
        b_total = b_total + arrays.total(to_bias)
        k_total = k_total + arrays.total(to_shift)
        gross = gross + arrays.gross(to_bias) + arrays.gross(to_shift)
    if rule.sink is Sink.SPREAD:
        spread, unconnected = _spread(layer, leak, x)
        relevance = relevance + spread
        b_total = b_total + arrays.total(unconnected)
        gross = gross + arrays.gross(unconnected) + arrays.gross(spread)
    return Share((relevance,), b_total, k_total, arrays.total(dropped), gross)


def _prepare(group: Group, rule: LinearRule, layer: Linear, x: Array, z: Array, R: Array) -> list[_Prepared]:
    """The group's denominators; nothing at all where its gate is closed for every neuron that has relevance."""
    bias = layer.bias if rule.bias else None
    opened = None
    if group.gate is not Gate.ALWAYS:
        plain = z if rule.bias or layer.bias is None else layer.apply(layer.weight, x)
        opened = plain > 0 if group.gate is Gate.POSITIVE else plain < 0
        if not (opened & (R != 0)).any():
            return []
    flows = [flow for term in group.terms for flow in _flows(term, rule, layer.weight, x)]
    group_bias = None if bias is None else _group_bias(group, rule, bias)
    outside = None
    if _is_forward(group) and (rule.bias or layer.bias is None):
        group_z = z  # the forward pass has computed it
    else:
        group_z = arrays.zeros(z.shape, z)
        for flow in flows:
            part = layer.apply(flow.weight, flow.u)
            group_z = group_z + part if flow.sign > 0 else group_z - part
        if rule.count_padding and group.terms[0].source is Source.ONE and layer.weight.ndim == x.ndim:
            outside = _whole_window(kind(layer.weight, group.terms[0].weight)) - group_z
            group_z = group_z + outside
        if group_bias is not None:
            group_z = group_z + group_bias
    shift = rule.stabilizer.shift(group_z)
    defined = group_z + shift != 0
    if opened is not None:
        defined = defined & opened
    return [_Prepared(group, flows, group_z, shift, group_bias, defined, outside)]


def _group_bias(group: Group, rule: LinearRule, bias: Array) -> Array:
    """What the bias, the weight of an input that is always 1, adds to the group's z."""
    if rule.whole_bias:
        return kind(bias, group.terms[0].weight)
    parts = (arrays.scalar(t.sign, bias) * blend(kind(bias, t.weight), t.table[0]) for t in group.terms)
    return np.asarray(sum(parts))


def _whole_window(weight: Array) -> Array:
    """sum of the weights of each output over its whole window, padding or not: (..., out) -> (out,)"""
    return np.asarray(weight.reshape(-1, weight.shape[-1]).sum(axis=0))


def _flows(term: Term, rule: LinearRule, weight: Array, x: Array) -> list[_Flow]:
    """The rows of a term: u+ and u- apart where the table tells them apart and both exist."""
    u = _source(term.source, rule, x)
    w = kind(weight, term.weight)
    above, below = term.table
    if above == below:
        return [_Flow(u, blend(w, above), term.sign)]
    flows = []
    negative = bool((u < 0).any())
    if any(above):
        flows.append(_Flow(arrays.positive(u) if negative else u, blend(w, above), term.sign))
    if any(below) and negative:
        flows.append(_Flow(arrays.negative(u), blend(w, below), term.sign))
    return flows


def _source(source: Source, rule: LinearRule, x: Array) -> Array:
    """The array that a term multiplies its weight with, in the shape of x."""
    if source is Source.X:
        return x
    if source is Source.ONE:
        return arrays.ones(x.shape, x)
    if rule.low is None or rule.high is None:
        raise InputError(f"{rule.name}: expected bounds of the input, got none; write z_box(low, high)")
    low, high = rule.low.like(x), rule.high.like(x)
    outside = (x < low) | (x > high)
    if outside.any():
        index = tuple(int(i) for i in np.argwhere(outside)[0])
        raise InputError(
            f"{rule.name}: expected the input between {low[index]} and {high[index]} at index {index}, got {x[index]}; "
            "give the bounds of the network's own input, after any scaling"
        )
    return low if source is Source.LOW else high


def kind(weight: Array, which: Weight) -> Array:
    """w, w^2 or 1, as a term reads it."""
    if which is Weight.W:
        return weight
    return weight * weight if which is Weight.SQUARE else arrays.ones(weight.shape, weight)


def blend(w: Array, row: Row) -> Array:
    """row[0] w^+ + row[1] w^-, with one temporary at most for the rows that the published rules use."""
    above, below = row
    if above == below:
        return w if above == 1 else arrays.scalar(above, w) * w
    if below == 0:
        positive = arrays.positive(w)
        return positive if above == 1 else arrays.scalar(above, w) * positive
    if above == 0:
        negative = arrays.negative(w)
        return negative if below == 1 else arrays.scalar(below, w) * negative
    return arrays.scalar(above, w) * arrays.positive(w) + arrays.scalar(below, w) * arrays.negative(w)


def _is_forward(group: Group) -> bool:
    """True where the group's z is the layer's own pre-activation."""
    return group.terms == (Term(),)


def _factor(p: _Prepared, R: Array) -> Array:
    """lambda where the group is defined, 0 elsewhere."""
    return np.where(p.defined, arrays.scalar(p.group.factor, R), arrays.scalar(0, R))


def _spread(layer: Linear, leak: Array, x: Array) -> tuple[Array, Array]:
    """leak_k / N_k to each of the N_k inputs that neuron k is connected to; and what has no input to go to.

    R_{i<-j} = ( z_ij + (eps s(z_j) + b_j)/N ) / ( z_j + eps s(z_j) ) R_j

    Source: Arras et al. 2016, the epsilon rule with bias and stabilizer shared among the inputs

    Positions in zero padding are no inputs; a window that lies in padding alone keeps its leak, as bias.
    """
    connected = arrays.ones(layer.weight.shape, layer.weight)
    count = layer.apply(connected, arrays.ones(x.shape, x))
    each = arrays.divide_where(leak, count, count != 0)
    return layer.adjoint(connected, each, x.shape), np.where(count != 0, arrays.scalar(0, leak), leak)
