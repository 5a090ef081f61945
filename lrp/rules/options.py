"""The options of linear rules: each is a function that returns the rule with one field changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lrp.arrays import Number, rational
from lrp.errors import RuleError
from lrp.rules.algebra import Gate, Group, LinearRule, OneSided, Sign, Sink, Source, Term, option_texts
from lrp.rules.stabilizer import Stab, Stabilizer


def make_rule(
    name: str,
    parameters: tuple[Any, ...],
    groups: tuple[Group, ...],
    options: dict[str, Any],
    *,
    eps: Number = 0,
    bias: bool = True,
) -> LinearRule:
    """A rule with the catalogue's defaults, then the caller's options over them."""
    rule = LinearRule(name, groups, parameters, Stabilizer(rational(eps)), bias)
    texts = option_texts(rule)
    without = {"eps"} if name == "epsilon" else set()  # there eps is the parameter
    if groups[0].terms[0].source is not Source.ONE:
        without.add("padding")  # an input of zero has no part in any other table
    known = [key for key in texts if key not in without]
    return with_options(replace(rule, defaults=tuple((key, texts[key]) for key in known)), **options)


def with_options(rule: LinearRule, **options: Any) -> LinearRule:
    """The same rule with other options, as values or as their text."""
    known = dict(rule.defaults)
    for key, value in options.items():
        if key not in known:
            raise RuleError(f"{rule.name}: expected options among {sorted(known)}, got {key!r}")
        rule = _OPTIONS[key](rule, value)
    return rule


def _with_eps(rule: LinearRule, value: Any) -> LinearRule:
    eps = rational(value)
    if eps < 0:
        raise RuleError(f"{rule.name}: expected eps >= 0, got {value}")
    return replace(rule, stabilizer=replace(rule.stabilizer, eps=eps))


def _with_bias(rule: LinearRule, value: Any) -> LinearRule:
    if value not in (True, False, "on", "off", "whole"):
        raise RuleError(f"{rule.name}: expected bias to be on, off or whole, got {value!r}")
    return replace(rule, bias=value in (True, "on", "whole"), whole_bias=value == "whole")


def _with_stab(rule: LinearRule, value: Any) -> LinearRule:
    return replace(rule, stabilizer=replace(rule.stabilizer, mode=_choice(Stab, value, f"{rule.name}: stab")))


def _with_zero(rule: LinearRule, value: Any) -> LinearRule:
    zero = None if value in (None, "auto") else rational(value)
    return replace(rule, stabilizer=replace(rule.stabilizer, zero=zero))


def _with_rms(rule: LinearRule, value: Any) -> LinearRule:
    return replace(rule, stabilizer=replace(rule.stabilizer, rms=rational(value)))


def _with_sign(rule: LinearRule, value: Any) -> LinearRule:
    sign = _choice(Sign, value, f"{rule.name}: sign")
    if rule.sign not in (sign, Sign.PRODUCT):
        raise RuleError(f"{rule.name}: its tables are read by the sign of w already; build the rule anew")
    return replace(rule, sign=sign, groups=_signed(rule.groups, sign) if sign is not rule.sign else rule.groups)


def _signed(groups: tuple[Group, ...], sign: Sign) -> tuple[Group, ...]:
    """The groups with tables read by another sign. Read by the sign of w alone, the first gate's table always holds."""
    kept = [group for group in groups if group.gate is not Gate.NEGATIVE]
    nothing = (rational(0), rational(0))

    def read(term: Term) -> Term:
        return replace(term, table=(term.table[0], nothing if sign is Sign.POSITIVE else term.table[0]))

    return tuple(replace(g, gate=Gate.ALWAYS, terms=tuple(map(read, g.terms))) for g in kept)


def _with_gate(rule: LinearRule, value: Any) -> LinearRule:
    if value not in ("rule", "layer"):
        raise RuleError(f"{rule.name}: expected gate to be rule or layer, got {value!r}")
    return replace(rule, layer_gate=value == "layer")


def _with_padding(rule: LinearRule, value: Any) -> LinearRule:
    if value not in ("skip", "count"):
        raise RuleError(f"{rule.name}: expected padding to be skip or count, got {value!r}")
    return replace(rule, count_padding=value == "count")


def _with_sink(rule: LinearRule, value: Any) -> LinearRule:
    return replace(rule, sink=_choice(Sink, value, f"{rule.name}: sink"))


def _with_one_sided(rule: LinearRule, value: Any) -> LinearRule:
    return replace(rule, one_sided=_choice(OneSided, value, f"{rule.name}: one_sided"))


def _choice(kind: Any, value: Any, subject: str) -> Any:
    """The member of an enumeration, by itself or by its text."""
    try:
        return kind(value)
    except ValueError:
        raise RuleError(f"{subject}: expected one of {[member.value for member in kind]}, got {value!r}") from None


_OPTIONS = {
    "eps": _with_eps,
    "stab": _with_stab,
    "zero": _with_zero,
    "rms": _with_rms,
    "bias": _with_bias,
    "sign": _with_sign,
    "gate": _with_gate,
    "padding": _with_padding,
    "sink": _with_sink,
    "one_sided": _with_one_sided,
}
