"""The published propagation rules, one function each; `lrp.rules.parse` reads their text form.

Numbers are int, float or Fraction; 0.1 means 1/10. Every function takes these options as keywords, values or text:

    eps         the stabilizer of the denominators, in the unit of z; 0 = none: where z = 0 the relevance is dropped
    bias        "on": the bias counts as one more input that is always 1; "off": it is left out; "whole": it counts
                with its full value and sign in each group, whatever the group's table
    sink        "keep": the relevance of bias and stabilizer stays there, on the ledger; "spread": it is returned to the
                connected inputs in equal parts
    one_sided   "drop": the share of a group that is 0/0 is dropped; "renormalise": the other groups receive it

These options reproduce what implementations do (see `lrp.graph.profiles`):

    stab        "sign", "plus", "clip" or "one": how eps moves a denominator (`Stab`)
    zero        the value of a stabilized denominator at z = 0; "auto": the same formula as elsewhere
    rms         this multiple of the root mean square of z, over the whole batch, is added to eps
    sign        "product", "weight" or "positive": whose sign selects the entry of a table (`Sign`)
    gate        "rule": the gates of gamma use the sign of z, without its bias for bias="off"; "layer": with it
    padding     "skip" or "count": whether zero padding counts as an input; for rules with a source of ones alone
                (w_square and flat)
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lrp.arrays import Number, rational
from lrp.errors import RuleError
from lrp.rules.algebra import Gate, Group, LinearRule, Source, Term, Weight, table
from lrp.rules.bound import Bound
from lrp.rules.options import make_rule

POSITIVE = table([[1, 0], [0, 1]])  # the products x w that are positive
NEGATIVE = table([[0, 1], [1, 0]])  # the products x w that are negative
W_POSITIVE = table([[1, 0], [1, 0]])
W_NEGATIVE = table([[0, 1], [0, 1]])


def zero(**options: Any) -> LinearRule:
    """R_{i<-j} = z_ij / z_j R_j

    Source: Bach et al. 2015, Eq. (56)

    Unbounded where z_j is near 0. Does not conserve with a bias: the bias takes b_j/z_j R_j.

    Parameters
    ----------
    **options
        `eps`, `bias`, `sink`, `one_sided` and the others at the top of this module.

    Raises
    ------
    RuleError
        For an unknown option or a wrong value, as all functions of this module.

    Examples
    --------
    >>> zero(bias="off").text()
    'zero:bias=off'
    """
    return make_rule("zero", (), (Group((Term(),)),), options)


def epsilon(eps: Number = 1e-6, **options: Any) -> LinearRule:
    """R_{i<-j} = z_ij / (z_j + eps s(z_j)) R_j, with s(z) = 1 for z >= 0 and -1 for z < 0

    Source: Bach et al. 2015, Eq. (58)

    The stabilizer takes eps s(z_j) / (z_j + eps s(z_j)) R_j: all of it for a large eps.

    Parameters
    ----------
    eps : int, float or Fraction
        At least 0, in the unit of z.
    **options
        `bias`, `sink`, `one_sided` and the others at the top of this module, but not `eps`.

    Returns
    -------
    LinearRule

    Raises
    ------
    RuleError
        If eps < 0.

    Examples
    --------
    >>> epsilon(0.01, sink="spread").text()
    'epsilon:0.01,sink=spread'
    """
    eps = rational(eps)
    if eps < 0:
        raise RuleError(f"epsilon: expected eps >= 0, got {float(eps):g}; the sign of z is taken care of by s(z)")
    return make_rule("epsilon", (eps,), (Group((Term(),)),), options, eps=eps)


def gamma(g: Number = 0.25, **options: Any) -> LinearRule:
    """Positive contributions of a positive neuron, negative ones of a negative neuron, count 1 + g times.

    z_j > 0:  R_{i<-j} = (z_ij + g z_ij^+) / sum_i (z_ij + g z_ij^+) R_j
    z_j < 0:  R_{i<-j} = (z_ij + g z_ij^-) / sum_i (z_ij + g z_ij^-) R_j

    Source: Montavon et al. 2019, gamma rule; generalised to inputs and outputs of either sign

    For x >= 0 and z_j > 0 this is the published x_i (w_ij + g w_ij^+). A neuron with z_j = 0 drops its relevance.

    Parameters
    ----------
    g : int, float or Fraction
        At least 0. 0 is the zero rule; the limit of a large g is z_plus.
    **options
        `eps`, `bias`, `sink`, `one_sided` and the others at the top of this module.

    Returns
    -------
    LinearRule

    Raises
    ------
    RuleError
        If g < 0.

    Examples
    --------
    >>> gamma(0.5).text()
    'gamma:0.5'
    """
    g = rational(g)
    if g < 0:
        raise RuleError(f"gamma: expected a number >= 0, got {float(g):g}; 0 is the zero rule, infinity is z_plus")
    groups = (
        Group((Term(table=table([[1 + g, 1], [1, 1 + g]])),), gate=Gate.POSITIVE),
        Group((Term(table=table([[1, 1 + g], [1 + g, 1]])),), gate=Gate.NEGATIVE),
    )
    return make_rule("gamma", (g,), groups, options)


def alpha_beta(alpha: Number = 2, beta: Number = 1, **options: Any) -> LinearRule:
    """R_{i<-j} = (alpha z_ij^+ / Z_j^+ - beta z_ij^- / Z_j^-) R_j, with alpha - beta = 1

    Source: Bach et al. 2015, Eq. (60)

    Erratum of notation: Bach et al. write + beta with alpha + beta = 1, so that their beta is negative; here
    beta >= 0 as in later papers. Z^+ and Z^- include b^+ and b^-. Where a neuron has no inhibition (Z^- = 0) the
    published formula leaves alpha R_j: the ledger shows dropped = -beta R_j. one_sided="renormalise" makes alpha 1
    there.

    Parameters
    ----------
    alpha, beta : int, float or Fraction
        alpha - beta = 1 and beta >= 0.
    **options
        `eps`, `bias`, `sink`, `one_sided` and the others at the top of this module.

    Returns
    -------
    LinearRule

    Raises
    ------
    RuleError
        If alpha - beta is not 1 or beta < 0.

    Examples
    --------
    >>> alpha_beta(2, 1, one_sided="renormalise").text()
    'alpha_beta:2,1,one_sided=renormalise'
    """
    alpha, beta = rational(alpha), rational(beta)
    if beta < 0 or abs(alpha - beta - 1) > rational(1e-9):
        raise RuleError(
            f"alpha_beta: expected alpha - beta = 1 with both >= 0, got alpha = {float(alpha):g}, beta ="
            f" {float(beta):g}; write Bach's (alpha, beta) = (2, -1) as alpha_beta(2, 1)"
        )
    groups = (Group((Term(table=POSITIVE),), alpha), Group((Term(table=NEGATIVE),), 1 - alpha))
    return make_rule("alpha_beta", (alpha, alpha - 1), groups, options)


def z_plus(**options: Any) -> LinearRule:
    """R_{i<-j} = z_ij^+ / sum_i z_ij^+ R_j: alpha_beta(1, 0), with x^- w^- counted for negative inputs

    Source: Montavon et al. 2017, z+ rule

    Deep Taylor decomposition proper has x >= 0 and no bias: z_plus(bias="off").

    Parameters
    ----------
    **options
        `eps`, `bias`, `sink`, `one_sided` and the others at the top of this module.

    Raises
    ------
    RuleError
        For an unknown option or a wrong value, as all functions of this module.

    Examples
    --------
    >>> z_plus(bias="off").text()
    'z_plus:bias=off'
    """
    return make_rule("z_plus", (), (Group((Term(table=POSITIVE),)),), options)


def w_square(**options: Any) -> LinearRule:
    """R_{i<-j} = w_ij^2 / sum_i w_ij^2 R_j

    Source: Montavon et al. 2017, w^2 rule

    Does not depend on the input. The bias has no part in it unless bias="on" (then it counts as b_j^2).

    Parameters
    ----------
    **options
        `padding`, and `eps`, `bias` (by default "off"), `sink`, `one_sided` and the others at the top of this module.

    Raises
    ------
    RuleError
        For an unknown option or a wrong value, as all functions of this module.

    Examples
    --------
    >>> w_square(bias="on").text()
    'w_square:bias=on'
    """
    return make_rule("w_square", (), (Group((Term(source=Source.ONE, weight=Weight.SQUARE),)),), options, bias=False)


def flat(**options: Any) -> LinearRule:
    """R_{i<-j} = 1/N_j R_j, for the N_j inputs that neuron j is connected to

    Source: Bach et al. 2016, flat rule

    Depends neither on input nor on weights: constant on a dense layer. Zero padding is not counted.

    Parameters
    ----------
    **options
        `padding`, and `eps`, `bias` (by default "off"), `sink`, `one_sided` and the others at the top of this module.

    Raises
    ------
    RuleError
        For an unknown option or a wrong value, as all functions of this module.

    Examples
    --------
    >>> flat(padding="count").text()
    'flat:padding=count'
    """
    return make_rule("flat", (), (Group((Term(source=Source.ONE, weight=Weight.ONE),)),), options, bias=False)


def z_box(low: Any, high: Any, **options: Any) -> LinearRule:
    """R_{i<-j} = (x_i w_ij - l_i w_ij^+ - h_i w_ij^-) / sum_i (x_i w_ij - l_i w_ij^+ - h_i w_ij^-) R_j

    Source: Montavon et al. 2017, z^B rule

    The bias, an input with the bounds 1 and 1, cancels out of the sum, so it has no part.

    Parameters
    ----------
    low, high : number or array
        low <= x <= high for every input x: one number, one per channel, or one per entry of a sample.
    **options
        `eps`, `bias`, `sink`, `one_sided` and the others at the top of this module.

    Returns
    -------
    LinearRule

    Raises
    ------
    RuleError
        If a bound low exceeds high.

    Examples
    --------
    >>> z_box(0, 1).text()
    'z_box:0,1'
    """
    bounds = Bound(low), Bound(high)
    if (bounds[0].values > bounds[1].values).any():
        raise RuleError(f"z_box: expected low <= high, got low = {bounds[0]} and high = {bounds[1]}; exchange them")
    terms = (
        Term(),
        Term(source=Source.LOW, table=W_POSITIVE, sign=-1),
        Term(source=Source.HIGH, table=W_NEGATIVE, sign=-1),
    )
    rule = make_rule("z_box", (), (Group(terms),), options, bias=False)
    return replace(rule, low=bounds[0], high=bounds[1])
