"""received = passed + bias + stabilizer + dropped, for every layer and rule: exactly, and in floats to rounding."""

import numpy as np
import pytest

from lrp import arrays
from lrp.graph.ledger import line
from lrp.rules import PlainGradient
from lrp.rules.algebra import Sink
from tests.cases import case_id, cases, exact_cases, numbers, rules_of


def divide_case(case, rule, rng, dtype):
    layer = case.build(rng).astype(dtype)
    xs = case.inputs(rng, 2, dtype)
    y = layer.compute(*xs)
    R = numbers(rng, y.shape, dtype)
    divided = layer.distribute(R, rule, xs, y)
    return divided, xs, line(case.name, type(layer).__name__, rule, R, divided)


@pytest.mark.parametrize("case", exact_cases(), ids=case_id)
def test_ledger_closes_exactly_in_fractions(case, rng):
    for rule in rules_of(case):
        divided, xs, entry = divide_case(case, rule, rng, "exact")
        assert (entry.residual == 0).all(), rule.text()
        assert [part.shape for part in divided.parts] == [x.shape for x in xs], rule.text()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", cases(), ids=case_id)
def test_ledger_closes_in_floats(case, dtype, rng):
    for rule in rules_of(case):
        divided, xs, entry = divide_case(case, rule, rng, dtype)
        assert entry.closes().all(), (rule.text(), entry.residual, entry.bound)
        for part, x in zip(divided.parts, xs, strict=True):
            assert part.shape == x.shape and np.isfinite(part).all() and part.dtype == dtype, rule.text()


@pytest.mark.parametrize("case", exact_cases(), ids=case_id)
def test_spreading_leaves_no_bias_and_no_stabilizer(case, rng):
    for rule in rules_of(case, linear=True):
        if rule.sink is not Sink.SPREAD or case.name.endswith(("asymmetric", "cut")):
            continue  # a window that lies in padding alone has no input to give its bias to
        divided, _, _ = divide_case(case, rule, rng, "exact")
        assert (divided.bias == 0).all() and (divided.stabilizer == 0).all(), rule.text()


@pytest.mark.parametrize("case", cases(), ids=case_id)
def test_gross_bounds_the_flow(case, rng):
    """The gross flow is at least the sum of the absolute values of what the line adds up."""
    for rule in rules_of(case):
        if isinstance(rule, PlainGradient):
            continue  # it divides nothing: its "dropped" is what is missing, not what flowed
        divided, _, entry = divide_case(case, rule, rng, "float64")
        moved = sum(arrays.sum_abs(part) for part in divided.parts)
        assert (entry.gross * (1 + 1e-12) >= moved + abs(divided.bias) + abs(divided.dropped)).all(), rule.text()
