"""What the engine does beyond the equations: refused inputs, reused work, windows in padding."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from lrp import layers as L
from lrp import rules
from lrp.errors import InputError, RuleError
from lrp.rules import engine, fast, flows, propagation
from lrp.rules.algebra import Group, Source, Term, Weight, table


def test_an_input_outside_the_box_is_named():
    layer, x = L.Dense(np.ones((2, 1))), np.array([[0.5, 1.5]])
    with pytest.raises(InputError, match=r"z_box: expected the input between 0.0 and 1.0 at index \(0, 1\), got 1.5"):
        layer.distribute(np.ones((1, 1)), rules.z_box(0, 1), (x,), layer.compute(x))


def test_a_rule_that_needs_bounds_says_so():
    layer, x = L.Dense(np.ones((2, 1))), np.ones((1, 2))
    with pytest.raises(InputError, match="z_box: expected bounds of the input, got none"):
        layer.distribute(np.ones((1, 1)), replace(rules.z_box(0, 1), low=None), (x,), layer.compute(x))


def test_a_window_in_padding_alone_keeps_its_bias():
    layer = L.Conv(np.ones((1, 1, 1)), np.ones(1), padding=((1, 0),))
    x = np.ones((1, 2, 1))
    share = layer.distribute(np.ones((1, 3, 1)), rules.zero(sink="spread"), (x,), layer.compute(x))
    assert share.bias[0] == 1 and share.parts[0].ravel().tolist() == [1, 1]


@pytest.mark.parametrize("row", [[1, 1], [3, 3], [1, 0], [2, 0], [0, 1], [0, 2], [2, 1], [0, 0]])
def test_blend(row):
    w = np.array([-2.0, 0.0, 3.0])
    a, b = table([row, row])[0]
    expected = float(a) * np.maximum(w, 0) + float(b) * np.minimum(w, 0)
    assert flows.signed_weight(w, (a, b)).tolist() == expected.tolist()


def test_a_zero_denominator_drops_its_relevance():
    layer = L.Dense(np.array([[1.0], [-1.0]]))
    x = np.ones((1, 2))
    for rule in (rules.zero(), rules.gamma(1)):
        share = layer.distribute(np.array([[3.0]]), rule, (x,), layer.compute(x))
        assert share.parts[0].tolist() == [[0, 0]] and share.dropped[0] == 3


def test_float32_stays_float32():
    layer = L.Dense(np.ones((2, 3), np.float32), np.ones(3, np.float32))
    x = np.ones((1, 2), np.float32)
    for text in ("epsilon:0.1", "gamma:0.3", "alpha_beta:2,1", "z_box:0,2", "epsilon:1,sink=spread", "flat"):
        share = layer.distribute(np.ones((1, 3), np.float32), rules.parse(text), (x,), layer.compute(x))
        assert share.parts[0].dtype == np.float32, text


def test_the_closed_gate_costs_nothing():
    """A group whose gate is closed wherever there is relevance is not computed."""

    class Counting(L.Dense):
        calls = 0

        def apply(self, weight, x):
            type(self).calls += 1
            return super().apply(weight, x)

    layer, x = Counting(np.ones((2, 1))), np.ones((1, 2))
    y = layer.compute(x)
    Counting.calls = 0
    layer.distribute(np.ones((1, 1)), rules.gamma(Fraction(1, 2)), (x,), y)
    assert Counting.calls == 1


def test_a_group_that_gives_more_than_it_has():
    """lambda = 2 everywhere: the ledger shows that -R was dropped."""
    rule = replace(rules.zero(), groups=(Group((Term(),), Fraction(2)),))
    layer, x = L.Dense(np.ones((2, 1))), np.ones((1, 2))
    share = layer.distribute(np.array([[3.0]]), rule, (x,), layer.compute(x))
    assert share.parts[0].tolist() == [[3, 3]] and share.dropped[0] == -3


def test_a_table_that_reads_negative_inputs_alone():
    rule = replace(rules.zero(), groups=(Group((Term(table=table([[0, 0], [1, 1]])),)),))
    layer, x = L.Dense(np.ones((2, 1))), np.array([[3.0, -1.0]])
    assert layer.distribute(np.array([[5.0]]), rule, (x,), layer.compute(x)).parts[0].tolist() == [[0, 5]]


class Identity:
    """A linear map whose transpose hands back the very array that it was given."""

    weight, bias = np.ones((3, 3)), None

    def apply(self, weight, x):
        return x

    def adjoint(self, weight, s, shape):
        return s


def test_a_transpose_that_returns_its_argument_is_not_written_over(monkeypatch):
    for module in (fast, propagation):
        monkeypatch.setattr(module, "MAX_DEFERRED", 0)
    ones = Term(source=Source.ONE, weight=Weight.ONE)
    rule = replace(rules.zero(), groups=(Group((ones, ones, ones)),))
    x, R = np.ones((1, 3)), np.array([[3.0, 6, 9]])
    given = engine.distribute(rule, Identity(), x, x, R)
    assert given.parts[0].tolist() == [[3.0, 6, 9]]  # s = R/3 three times, not R/3 2 R/3 4 R/3


def test_a_map_that_returns_its_argument_is_not_written_over():
    layer, x = Identity(), np.array([[1.0, 2, 3]])
    layer.bias = np.array([1.0, 1, 1])
    share = engine.distribute(rules.z_plus(), layer, x, x + 1, np.array([[2.0, 3, 4]]))
    assert x.tolist() == [[1, 2, 3]] and share.parts[0].tolist() == [[1, 2, 3]] and share.bias.tolist() == [3]


def test_what_passed_is_what_the_ledger_leaves():
    layer, x = L.Dense(np.array([[1.0, -2], [3, 0.5]]), np.array([0.5, -1])), np.array([[2.0, 1], [-1, 3]])
    y = layer.compute(x)
    divided = layer.distribute(y, "epsilon:0.25", (x,), y)
    np.testing.assert_allclose(divided.passed, divided.parts[0].sum(axis=1))
    np.testing.assert_allclose(y.sum(axis=1), divided.passed + divided.bias + divided.stabilizer + divided.dropped)


@pytest.mark.parametrize(
    "fields",
    [{"sign": 2}, {"source": "x"}, {"weight": "w"}, {"table": [[1, 0], [0, 1]]}, {"table": ((1, 0), (0, 1))}],
)
def test_a_term_is_checked(fields):
    with pytest.raises(RuleError, match="Term: expected"):
        Term(**fields)
    with pytest.raises(TypeError):
        Term(Source.ONE)


@pytest.mark.parametrize("name", ["zero", "epsilon", "gamma", "alpha_beta", "z_plus"])
def test_padding_is_an_option_of_the_rules_with_ones_alone(name):
    with pytest.raises(RuleError, match="expected options among"):
        rules.parse(f"{name}:padding=count")
    assert rules.parse("flat:padding=count").count_padding


def test_large_modified_weights_are_not_kept(monkeypatch):
    layer, term = L.Dense(np.array([[1.0, -2]])), Term(table=table([[1, 0], [0, 1]]))
    monkeypatch.setattr(flows, "MAX_CACHED", 1)
    assert flows.rule_weight(layer, "weight", term, 0) is not flows.rule_weight(layer, "weight", term, 0)
    monkeypatch.setattr(flows, "MAX_CACHED", 2)
    assert flows.rule_weight(layer, "weight", term, 0) is flows.rule_weight(layer, "weight", term, 0)
