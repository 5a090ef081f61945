"""Rules to and from text and dict, equality by value, and the sentences that wrong ones meet."""

from fractions import Fraction

import numpy as np
import pytest

from lrp import rules
from lrp.errors import RuleError
from tests.cases import RULES


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.text())
def test_text_and_dict_come_back_as_the_same_rule(rule):
    again = rules.parse(rule.text())
    assert again == rule and hash(again) == hash(rule) and again.text() == rule.text()
    assert rules.from_dict(rule.to_dict()) == rule
    assert rule.text() in str(rule)


def test_rules_differ_by_value():
    assert rules.epsilon(0.1) == rules.epsilon(Fraction(1, 10)) != rules.epsilon(0.2)
    assert rules.z_plus() != rules.z_plus(bias=False)
    assert rules.z_box(0, 1) != rules.z_box(0, 2) and rules.z_box([0, 0], [1, 1]) == rules.z_box([0, 0], [1, 1])
    assert rules.zero() != rules.identity()


def test_a_rule_prints_as_its_table():
    assert str(rules.alpha_beta(2, 1)).splitlines() == [
        "alpha_beta:2,1   (eps 0, bias on, sink keep)",
        "    lambda 2: + x w [1,0] [0,1]",
        "    lambda -1: + x w [0,1] [1,0]",
    ]
    assert "where z>0" in str(rules.gamma(0.25)) and "- low w [1,0] [1,0]" in str(rules.z_box(0, 1))


def test_bounds_per_channel_and_per_pixel():
    per_channel = rules.z_box([-1, -2], [1, 2])
    assert per_channel.text() == "z_box:-1|-2,1|2" and rules.parse(per_channel.text()) == per_channel
    per_pixel = rules.z_box(np.zeros((2, 3)), np.ones((2, 3)))
    assert "array(2, 3)" in per_pixel.text() and rules.from_dict(per_pixel.to_dict()) == per_pixel
    with pytest.raises(RuleError, match=r"bounds have shape \(3,\), the input has \(2,\) a sample"):
        rules.z_box([0, 0, 0], [1, 1, 1]).low.like(np.zeros((1, 2)))


def test_numbers_are_the_ones_that_were_written():
    assert rules.alpha_beta(1.15, 0.15).parameters == (Fraction(23, 20), Fraction(3, 20))
    assert rules.parse("epsilon:1e-6").stabilizer.eps == Fraction(1, 10**6)
    assert rules.parse("gamma:1/3").parameters == (Fraction(1, 3),)


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("nonsense", r"rule: expected one of \[.*'zero'\], got 'nonsense'"),
        ("epsilon:-1", "epsilon: expected eps >= 0, got -1"),
        ("gamma:-0.5", "gamma: expected a number >= 0, got -0.5"),
        ("gamma:1/0", "gamma: cannot be made of the parameters"),
        ("alpha_beta:2,2", "alpha_beta: expected alpha - beta = 1 with both >= 0, got alpha = 2, beta = 2"),
        ("alpha_beta:0.5,-0.5", "alpha_beta: expected alpha - beta = 1 with both >= 0"),
        ("z_box:1,0", "z_box: expected low <= high, got low = 1 and high = 0"),
        ("z_box:1", "z_box: cannot be made of the parameters"),
        ("zero:colour=red", r"zero: expected options among \['bias', 'eps', .*'sink', .*\], got 'colour'"),
        ("epsilon:1,eps=2", "epsilon: cannot be made of the parameters"),
        ("zero:eps=-1", "zero: expected eps >= 0, got -1"),
        ("zero:eps=red", r"zero: cannot be made of the parameters \(eps=red\)"),
        ("zero:bias=maybe", "zero: expected bias to be on, off or whole, got 'maybe'"),
        ("zero:sink=drain", r"zero: sink: expected one of \['keep', 'spread'\], got 'drain'"),
        ("zero:one_sided=x", r"zero: one_sided: expected one of \['drop', 'renormalise'\], got 'x'"),
        ("winner:last", "winner: expected ties to be 'share', 'first' or 'all'"),
        ("signal:x", "signal: expected the number of an input, got 'x'"),
        ("identity:3", "identity: cannot be made of the parameters"),
    ],
)
def test_a_wrong_rule_meets_one_sentence(text, sentence):
    with pytest.raises(RuleError, match=sentence):
        rules.parse(text)


def test_options_as_values():
    rule = rules.gamma(1, eps=0.5, bias=False, sink="spread", one_sided="renormalise")
    assert rule.text() == "gamma:1,eps=0.5,bias=off,sink=spread,one_sided=renormalise"
    assert rules.with_options(rule, bias=True, eps=0, sink="keep", one_sided="drop") == rules.gamma(1)
