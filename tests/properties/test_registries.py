"""The property tests run over every layer and every rule: nothing is registered without a case."""

import numpy as np

from lrp.layers import LAYERS
from lrp.rules import RULES as CATALOGUE
from tests.cases import CASES, RULES


def test_every_layer_has_a_case():
    rng = np.random.default_rng(0)
    assert {type(case.build(rng)).__name__ for case in CASES} == set(LAYERS)


def test_every_rule_has_a_case():
    assert {rule.name for rule in RULES} == set(CATALOGUE)


def test_cases_are_not_told_twice():
    assert len({case.name for case in CASES}) == len(CASES)
    assert len(set(RULES)) == len(RULES)
