"""The checks of the exercises: right answers pass, and each typical mistake is named with the unit that is missing."""

from fractions import Fraction
from functools import partial

import numpy as np
import pytest

import lrp
from lrp.layers import Dense, Flatten, MaxPool, ReLU
from lrp.lessons import LessonError, check, fractions


def zero(x, w, b, R, bias=True, eps=0):
    z = x @ w + (b if bias else 0 * b)
    z = z + np.array([eps if one >= 0 else -eps for one in z], dtype=object)
    s = [r / one if one != 0 else 0 for r, one in zip(R, z)]
    return x * (w @ np.array(s, dtype=object))


def account(x, w, b, R):
    z = x @ w + b
    s = np.array([r / one if one != 0 else Fraction(0) for r, one in zip(R, z)], dtype=object)
    dropped = sum((r for r, one in zip(R, z) if one == 0), Fraction(0))
    return {"passed": sum(x * (w @ s)), "bias": sum(s * b), "stabilizer": Fraction(0), "dropped": dropped}


def said(function, *arguments):
    with pytest.raises(LessonError) as caught:
        function(*arguments)
    return str(caught.value)


def test_right_answers_pass(capsys):
    check.rule(zero, "zero")
    check.rule(lambda x, w, b, R: zero(x, w, b, R, eps=Fraction(1, 4)), "epsilon:1/4")
    check.rule(lambda x, w, b, R: zero(*(np.array(v, float) for v in (x, w, b, R))), lrp.rules.zero())
    check.ledger(account, "zero")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "zero: all 10 cases agree, with ==" and lines[2].startswith("zero: all 10 cases agree, within")
    assert lines[3] == "the account of zero: all 10 cases agree"


@pytest.mark.parametrize(
    "function, parts",
    [
        (
            lambda x, w, b, R: zero(x, w, b, R, bias=False),
            ["a positive bias", "what belongs to bias went to the inputs"],
        ),
        (lambda x, w, b, R: x * 0, ["one neuron, no bias", "which is 5 too little", "the rule passes 5 to the inputs"]),
        (lambda x, w, b, R: zero(x, w, b, R)[::-1], ["Your sum is right", "they lie at the wrong inputs"]),
        (lambda x, w, b, R: 2 * zero(x, w, b, R), ["which is 5 too much"]),
        (lambda x, w, b, R: x * (w @ (R / (x @ w + b))), ["your function divides by 0", "0/0"]),
        (lambda x, w, b, R: None, ["returns nothing yet"]),
        (lambda x, w, b, R: R, ["expected an array of shape (2,), the shape of the input, got (1,)"]),
    ],
)
def test_a_wrong_rule_is_told_which_unit_is_missing(function, parts):
    text = said(check.rule, function, "zero")
    assert all(part in text for part in parts), text


def test_a_known_mistake_is_named():
    text = said(check.rule, lambda x, w, b, R: zero(x, w, b, R, bias=False), "zero")
    assert "Likely reason: " in text and "bias" in text.split("Likely reason: ")[1]


def test_only_rules_of_linear_layers_can_be_checked():
    with pytest.raises(TypeError, match="expected a rule of linear layers"):
        check.rule(zero, "winner")


def test_a_wrong_account():
    def no_dict(*case):
        return 3

    def all_passed(x, w, b, R):
        return {"passed": sum(R), "bias": Fraction(0), "stabilizer": Fraction(0), "dropped": Fraction(0)}

    def lost(x, w, b, R):
        return {**account(x, w, b, R), "bias": Fraction(0)}

    assert "should return a dict with the keys passed, bias, stabilizer, dropped, got 3" in said(
        check.ledger, no_dict, "zero"
    )
    text = said(check.ledger, all_passed, "zero")
    assert "a positive bias" in text and "passed should be 4, got 7. 7 units came in; your account closes" in text
    text = said(check.ledger, lost, "zero")
    assert "bias should be 3, got 0. 7 units came in; your account does not close: it sums to 4" in text


def test_any_layer():
    def first_winner(x, R):
        out = 0 * x
        for i, j in np.ndindex(2, 2):
            block = x[2 * i : 2 * i + 2, 2 * j : 2 * j + 2, 0]
            a, b = np.unravel_index(np.argmax(block.astype(float)), (2, 2))
            out[2 * i + a, 2 * j + b, 0] = R[i, j, 0]
        return out

    check.layer(first_winner, MaxPool(2), "winner:first", (4, 4, 1))
    text = said(check.layer, lambda x, R: 0 * x, MaxPool(2), "winner:first", (4, 4, 1))
    assert "case 1 of 6" in text and "your relevance sums to 0, R to" in text
    check.layer(lambda x, R: R, ReLU(), None, (3,))


@pytest.fixture
def network():
    layers = [Flatten(), Dense(fractions([[1, -1], [2, 1]])), ReLU(), Dense(fractions([[1], [3]]))]
    return lrp.Network.sequential(layers, (2, 1), dtype="exact")


def test_every_node_of_a_network(network):
    x = fractions([[[1], [2]]])
    right = dict(network.explain(x, composite="*=zero").relevances)
    check.relevances(right, network, x, composite="*=zero")
    wrong = {**right, "relu1": right["relu1"] * 2}
    zero_everywhere = partial(check.relevances, composite="*=zero")
    assert said(zero_everywhere, wrong, network, x).startswith(
        "relu1: input (0, 0) should receive 5, got 10 (2 of 2 differ)"
    )
    right.pop("dense1")
    assert "expected the relevance of node 'dense1', got dense2" in said(zero_everywhere, right, network, x)


def test_composites(network):
    check.composite("dense*=zero", network, [("dense1", lrp.rules.zero()), ("dense2", lrp.rules.zero())])
    text = said(check.composite, "*=epsilon:0.5", network, "dense1=epsilon:0.5 *=zero")
    assert text == "dense2: expected zero, got epsilon:0.5; 1 nodes differ"


def test_roots():
    def z_plus_root(x, w, b):
        plus = np.array([max(v, Fraction(0)) for v in w], dtype=object)
        t = (x @ w + b) / (x @ np.array([v if v > 0 else Fraction(0) for v in w], dtype=object))
        return x - t * x * (plus != 0)

    check.root(z_plus_root, "z_plus:bias=off")
    assert "a root point has 0" in said(check.root, lambda x, w, b: x, "z_plus:bias=off")
    nearest = lambda x, w, b: x - w * (x @ w + b) / (w @ w)  # noqa: E731
    assert "another search direction?" in said(check.root, nearest, "z_plus:bias=off")


def test_aopc_and_numbers():
    check.aopc(lambda scores: sum(scores[0] - s for s in scores) / len(scores))
    text = said(check.aopc, lambda scores: sum((scores[0] - s for s in scores), Fraction(0)) / max(len(scores) - 1, 1))
    assert "divide by the number of points L + 1" in text
    check.equal([1, Fraction(1, 2)], fractions([1, "1/2"]))
    assert said(check.equal, [1, 2], [1, 3]) == "input 1 should receive 3, got 2 (1 of 2 differ)"
