"""The rows of a group's tables in numbers: the sources u, and the weights by sign, squared, or as ones.

z_k = sum over the rows of sign * sum_j u_j weight_jk
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import InputError
from lrp.rules.algebra import Group, LinearRule, Row, Source, Term, Weight

MAX_CACHED = 1 << 22  # elements of a modified weight that a layer caches


class TermRow(NamedTuple):
    """One row of one term's table: a source u and the weight T[a,+] w^+ + T[a,-] w^- that it meets."""

    u: Array | None  # None: ones
    weight: Array
    sign: int


def rows_of(term: Term, rule: LinearRule, layer: Any, x: Array) -> list[TermRow]:
    """The rows of a term: u+ and u- separately if the table treats them differently and both occur."""
    u = _bounded_source(term.source, rule, x)
    if term.is_uniform:
        return [TermRow(u, rule_weight(layer, "weight", term, 0), term.sign)]
    has_above, has_below = (any(row) for row in term.table)
    if u is None or not u.min() < 0:
        return [TermRow(u, rule_weight(layer, "weight", term, 0), term.sign)] if has_above else []  # u- is zero
    rows = []
    if has_above:
        rows.append(TermRow(arrays.positive(u), rule_weight(layer, "weight", term, 0), term.sign))
    if has_below:
        rows.append(TermRow(arrays.negative(u), rule_weight(layer, "weight", term, 1), term.sign))
    return rows


def rule_weight(layer: Any, name: str, term: Term, row: int) -> Array:
    """The layer's array of this name as a row of the term's table reads it.

    A layer never changes, so it caches its modified weights. Large ones are computed anew: caching them would double
    the memory of a large network and save about 1% of its time.
    """
    w = getattr(layer, name)
    if term.is_plain:
        return w
    known: dict[tuple[str, str], Array] = vars(layer).setdefault("_modified", {})
    key = name, term.readings[row]
    found = known.get(key)
    if found is None:
        found = signed_weight(weight_as(w, term.weight), term.table[row])
        if w.size <= MAX_CACHED:
            known[key] = found
    return found


def _bounded_source(source: Source, rule: LinearRule, x: Array) -> Array | None:
    """The array that a term multiplies its weight with, None for ones; its first axis may be 1 for all samples."""
    if source is Source.X:
        return x
    if source is Source.ONE:
        return None
    if rule.low is None or rule.high is None:
        raise InputError(f"{rule.name}: expected bounds of the input, got none; write z_box(low, high)")
    low, high = (b.like(x if b.values.ndim == x.ndim else x[:1]) for b in (rule.low, rule.high))
    outside = (x < low) | (x > high)
    if outside.any():
        index = tuple(int(i) for i in np.argwhere(outside)[0])
        low, high = np.broadcast_to(low, x.shape), np.broadcast_to(high, x.shape)
        raise InputError(
            f"{rule.name}: expected the input between {low[index]} and {high[index]} at index {index}, got {x[index]}; "
            "give the bounds of the network's own input, after any scaling"
        )
    return low if source is Source.LOW else high


def weight_as(weight: Array, which: Weight) -> Array:
    """w, w^2 or 1, as a term reads it."""
    if which is Weight.W:
        return weight
    return np.asarray(weight * weight) if which is Weight.SQUARE else all_ones(weight)


def all_ones(weight: Array) -> Array:
    """Ones in the weight's shape, stored once: every stride is 0, so a layer can tell that they are all equal."""
    return np.broadcast_to(arrays.ones((1,) * weight.ndim, weight), weight.shape)


def signed_weight(w: Array, row: Row) -> Array:
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
    return arrays.scalar(below, w) * w + arrays.scalar(above - below, w) * arrays.positive(w)


def group_bias_of(group: Group, rule: LinearRule, layer: Any) -> Array:
    """What the bias, the weight of an input that is always 1, adds to the group's z."""
    if rule.whole_bias:
        return weight_as(layer.bias, group.terms[0].weight)
    if group.is_forward:
        return np.asarray(layer.bias)
    parts = (arrays.scalar(t.sign, layer.bias) * rule_weight(layer, "bias", t, 0) for t in group.terms)
    return np.asarray(sum(parts))


def window_weight_sum(weight: Array) -> Array:
    """sum of the weights of each output over its whole window, padding or not: (..., out) -> (out,)"""
    return np.asarray(weight.reshape(-1, weight.shape[-1]).sum(axis=0))


def source(which: Source, rule: LinearRule, x: Array) -> Array:
    """The array u of a term: the input, ones, or a bound of the input, in the input's shape."""
    u = _bounded_source(which, rule, x)
    return arrays.ones(x.shape, x) if u is None else np.asarray(np.broadcast_to(u, x.shape))


def has_windows(layer: Any, x: Array) -> bool:
    """Whether each output is a weighted sum over a window of x, some of which may lie in padding: a convolution."""
    return layer.weight.ndim == x.ndim and hasattr(layer, "windows")
