"""The published propagation rules, one function each; `lrp.rules.parse` reads their text form.

The functions take numbers (int, float or Fraction; 0.1 means 1/10) and, as keywords, these options:

    eps         the stabilizer of the denominators, in the unit of z; 0 = none: a zero denominator drops its share
    bias        "on": the bias counts as one more input that is always 1; "off": it has no part; "whole": it counts
                whole and with its sign in each group, whatever the group's table
    sink        "keep": what bias and stabilizer take stands on the ledger; "spread": it is returned to the inputs
    one_sided   "drop" or "renormalise": what becomes of a group's share where the group is 0/0 and another is not

These exist to reproduce what implementations do (see `lrp.graph.profiles`):

    stab        "sign", "plus", "clip" or "one": how eps moves a denominator (`Stab`)
    zero        the value of a stabilized denominator that is exactly zero; "auto": as for any other
    rms         this multiple of the denominators' root mean square, over the batch, is added to eps
    sign        "product", "weight" or "positive": whose sign a table goes by (`Sign`)
    gate        "rule" or "layer": whether gamma goes by the sign of z as the rule has it, or with the bias in any case
    padding     "skip" or "count": whether zero padding counts as an input for w_square and flat
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lrp.arrays import Number, rational
from lrp.errors import RuleError
from lrp.rules.algebra import (
    Bound,
    Gate,
    Group,
    LinearRule,
    OneSided,
    Sign,
    Sink,
    Source,
    Term,
    Weight,
    option_texts,
    table,
)
from lrp.rules.stabilizer import Stab, Stabilizer

POSITIVE = table([[1, 0], [0, 1]])  # the products x w that are positive
NEGATIVE = table([[0, 1], [1, 0]])  # the products x w that are negative
W_POSITIVE = table([[1, 0], [1, 0]])
W_NEGATIVE = table([[0, 1], [0, 1]])


def zero(**options: Any) -> LinearRule:
    """R_{i<-j} = z_ij / z_j R_j

    Source: Bach et al. 2015, Eq. (56)

    Unbounded where z_j is near 0. Does not conserve with a bias: the bias takes b_j/z_j R_j.
    """
    return _rule("zero", (), (Group((Term(),)),), options)


def epsilon(eps: Number = 1e-6, **options: Any) -> LinearRule:
    """R_{i<-j} = z_ij / (z_j + eps s(z_j)) R_j, with s(z) = 1 for z >= 0 and -1 for z < 0

    Source: Bach et al. 2015, Eq. (58)

    The stabilizer takes eps s(z_j) / (z_j + eps s(z_j)) R_j: all of it for a large eps.
    """
    eps = rational(eps)
    if eps < 0:
        raise RuleError(f"epsilon: expected eps >= 0, got {float(eps):g}; the sign of z is taken care of by s(z)")
    return _rule("epsilon", (eps,), (Group((Term(),)),), options, eps=eps)


def gamma(g: Number = 0.25, **options: Any) -> LinearRule:
    """Positive contributions of a positive neuron, negative ones of a negative neuron, count 1 + g fold.

    z_j > 0:  R_{i<-j} = (z_ij + g z_ij^+) / sum_i (z_ij + g z_ij^+) R_j
    z_j < 0:  R_{i<-j} = (z_ij + g z_ij^-) / sum_i (z_ij + g z_ij^-) R_j

    Source: Montavon et al. 2019, gamma rule; generalised to inputs and outputs of either sign

    For x >= 0 and z_j > 0 this is the published x_i (w_ij + g w_ij^+). A neuron with z_j = 0 opens no gate: dropped.
    """
    g = rational(g)
    if g < 0:
        raise RuleError(f"gamma: expected a number >= 0, got {float(g):g}; 0 is the zero rule, infinity is z_plus")
    groups = (
        Group((Term(table=table([[1 + g, 1], [1, 1 + g]])),), gate=Gate.POSITIVE),
        Group((Term(table=table([[1, 1 + g], [1 + g, 1]])),), gate=Gate.NEGATIVE),
    )
    return _rule("gamma", (g,), groups, options)


def alpha_beta(alpha: Number = 2, beta: Number = 1, **options: Any) -> LinearRule:
    """R_{i<-j} = (alpha z_ij^+ / Z_j^+ - beta z_ij^- / Z_j^-) R_j, with alpha - beta = 1

    Source: Bach et al. 2015, Eq. (60)

    Erratum of notation: Bach et al. write + beta with alpha + beta = 1, so that their beta is negative; here
    beta >= 0 as in later papers. Z^+ and Z^- hold b^+ and b^-. Where a neuron has no inhibition (Z^- = 0) the published
    formula leaves alpha R_j: the ledger shows dropped = -beta R_j; one_sided="renormalise" makes alpha 1 there.
    """
    alpha, beta = rational(alpha), rational(beta)
    if beta < 0 or abs(alpha - beta - 1) > rational(1e-9):
        raise RuleError(
            f"alpha_beta: expected alpha - beta = 1 with both >= 0, got alpha = {float(alpha):g}, beta ="
            f" {float(beta):g}; write Bach's (alpha, beta) = (2, -1) as alpha_beta(2, 1)"
        )
    groups = (Group((Term(table=POSITIVE),), alpha), Group((Term(table=NEGATIVE),), 1 - alpha))
    return _rule("alpha_beta", (alpha, alpha - 1), groups, options)


def z_plus(**options: Any) -> LinearRule:
    """R_{i<-j} = z_ij^+ / sum_i z_ij^+ R_j: alpha_beta(1, 0), with x^- w^- counted for negative inputs

    Source: Montavon et al. 2017, z+ rule

    Deep Taylor decomposition proper has x >= 0 and no bias: z_plus(bias=False).
    """
    return _rule("z_plus", (), (Group((Term(table=POSITIVE),)),), options)


def w_square(**options: Any) -> LinearRule:
    """R_{i<-j} = w_ij^2 / sum_i w_ij^2 R_j

    Source: Montavon et al. 2017, w^2 rule

    Blind to the input. The bias has no part in it unless bias=True (then it counts as b_j^2).
    """
    return _rule("w_square", (), (Group((Term(Source.ONE, Weight.SQUARE),)),), options, bias=False)


def flat(**options: Any) -> LinearRule:
    """R_{i<-j} = 1/N_j R_j, for the N_j inputs that neuron j is connected to

    Source: Bach et al. 2016, flat rule

    Positions in zero padding are not counted. Blind to input and weights; constant on a dense layer.
    """
    return _rule("flat", (), (Group((Term(Source.ONE, Weight.ONE),)),), options, bias=False)


def z_box(low: Any, high: Any, **options: Any) -> LinearRule:
    """R_{i<-j} = (x_i w_ij - l_i w_ij^+ - h_i w_ij^-) / sum_i (x_i w_ij - l_i w_ij^+ - h_i w_ij^-) R_j

    Source: Montavon et al. 2017, z^B rule

    low <= x <= high, each one number, one per channel, or one per pixel. The bias, an input with the bounds 1 and 1,
    cancels out of the sum, so it has no part.
    """
    bounds = Bound(low), Bound(high)
    if (bounds[0].values > bounds[1].values).any():
        raise RuleError(f"z_box: expected low <= high, got low = {bounds[0]} and high = {bounds[1]}; exchange them")
    terms = (Term(), Term(Source.LOW, table=W_POSITIVE, sign=-1), Term(Source.HIGH, table=W_NEGATIVE, sign=-1))
    rule = _rule("z_box", (), (Group(terms),), options, bias=False)
    return replace(rule, low=bounds[0], high=bounds[1])


def _rule(
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
    known = [key for key in texts if not (name == "epsilon" and key == "eps")]  # there eps is the parameter
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
    """The groups whose tables are read by another sign. By that of w alone no gate is needed: the first one stands."""
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
