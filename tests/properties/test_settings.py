"""Every layer x rule x option: the number of the scalar oracle, or a RuleError; nothing is accepted and ignored."""

from fractions import Fraction

import numpy as np
import pytest

from lrp import rules
from lrp.errors import RuleError
from lrp.layers import LAYERS
from lrp.rules import LinearRule
from tests import oracles
from tests.cases import CASES, numbers
from tests.properties.neurons import BUILDERS, ELSEWHERE, MEANS, neurons

HALF = Fraction(1, 2)
BASES = {
    "zero": ("zero", ()),
    "epsilon:0.5": ("epsilon", (HALF,)),
    "gamma:0.25": ("gamma", (Fraction(1, 4),)),
    "alpha_beta:2,1": ("alpha_beta", (2, 1)),
    "z_plus": ("z_plus", ()),
    "w_square": ("w_square", ()),
    "flat": ("flat", ()),
    "z_box:-90,80": ("z_box", (-90, 80)),
}
OPTIONS = (
    {},
    {"eps": Fraction(1, 4)},
    {"eps": HALF, "stab": "plus"},
    {"eps": HALF, "stab": "clip"},
    {"stab": "one"},
    {"zero": 2},
    {"bias": "on"},
    {"bias": "off"},
    {"bias": "whole"},
    {"bias": "off", "gate": "layer"},
    {"sign": "weight"},
    {"sign": "positive"},
    {"padding": "count"},
    {"sink": "spread"},
    {"sink": "spread", "eps": Fraction(1, 4), "bias": "whole"},
    {"one_sided": "renormalise"},
)
RULES = [
    (base, options)
    for base in BASES
    for options in OPTIONS
    if not (base.startswith("epsilon") and "eps" in options)  # there eps is the parameter
    and not (base.startswith("z_box") and "sign" in options)  # its tables are those of w already
    and not (base[:4] not in ("flat", "w_sq") and "padding" in options)  # padding is an option of flat and w_square
]
VALUED = tuple(LAYERS[name] for name in BUILDERS if name not in ("LRN", "MaxPool", "GlobalMaxPool"))
EVERY = ("Dense", "SumPool", "Add")  # layers that are checked with every combination; the others with a third of them
TABLED = [case for case in CASES if LinearRule in case.build(np.random.default_rng(0)).rules]
COMPARED = [case for case in TABLED if type(case.build(np.random.default_rng(0))).__name__ in BUILDERS]


def text(base, options):
    given = ",".join(f"{key}={float(v) if isinstance(v, Fraction) else v}" for key, v in options.items())
    return base + ("," if ":" in base and given else ":" if given else "") + given


def test_every_layer_with_table_rules_is_compared():
    tabled = {name for name, kind in LAYERS.items() if LinearRule in kind.rules}
    assert tabled == set(BUILDERS) | set(ELSEWHERE)


@pytest.mark.parametrize("case", COMPARED, ids=lambda case: case.name)
def test_the_number_of_the_oracle_or_a_rule_error(case):
    rng = np.random.default_rng(5)
    kind = "exact" if case.exact and not case.name.startswith("lrn-within") else "float64"
    layer = case.build(rng).astype(kind)
    if type(layer).__name__ == "LRN" and kind != "exact":
        pytest.skip("its powers are irrational: tests/equations/test_binder2016.py compares it")
    xs = case.inputs(rng, 1, kind)
    y = layer.compute(*xs)
    R = numbers(rng, y.shape, kind)
    formula = neurons(layer, tuple(x[0] for x in xs))
    relevances = {k: R[0].reshape(y.shape[1:])[k] if len(k) == y.ndim - 1 else R[0].ravel()[k] for k in formula}
    shift = sum(map(ord, case.name)) % 3
    chosen = RULES if type(layer).__name__ in EVERY else RULES[shift::3]
    if isinstance(layer, VALUED):  # the others have another value than the sum that their rules divide
        for k, (inputs, b) in formula.items():
            got = y[0][k] if len(k) == y.ndim - 1 else y[0].ravel()[k]
            _compare(np.array(got), np.array(sum(v * w for _, v, w in inputs) + (b or 0)), kind, rules.zero())
    taken = 0
    for base, options in chosen:
        rule = rules.parse(text(base, options))
        if not layer.accepts(rule):
            with pytest.raises(RuleError, match=type(layer).__name__):
                layer.distribute(R, rule, xs, y)
            continue
        taken += 1
        name, given = BASES[base]
        messages, *losses = oracles.propagate(
            formula, relevances, oracles.any_rule(name, given, mean=isinstance(layer, MEANS), **options)
        )
        divided = layer.distribute(R, rule, xs, y)
        for m, part in enumerate(divided.parts):
            expected = np.zeros(part.shape[1:], dtype=part.dtype)
            for at in np.ndindex(*expected.shape):
                expected[at] = messages.get((m, *at), 0)
            _compare(part[0], expected, kind, rule)
        for got, wanted in zip((divided.bias[0], divided.stabilizer[0], divided.dropped[0]), losses):
            _compare(np.array(got), np.array(wanted, dtype=got.__class__ if kind != "exact" else object), kind, rule)
    assert taken


def _compare(got, expected, kind, rule):
    if kind == "exact":
        assert (got == expected).all(), rule.text()
    else:
        np.testing.assert_allclose(got, expected, rtol=1e-8, atol=1e-9, err_msg=rule.text())
