"""received = passed + bias + stabilizer + dropped, for every layer and rule: exactly, and in floats to rounding."""

import numpy as np
import pytest

from lrp import arrays
from lrp.graph.ledger import line
from lrp.rules import PlainGradient
from lrp.rules.algebra import Sink
from tests.cases import numbers, pair_id, pairs


def account(case, rule, rng, dtype):
    layer = case.build(rng).astype(dtype)
    xs = case.inputs(rng, 3, dtype)
    y = layer.compute(*xs)
    R = numbers(rng, y.shape, dtype)
    share = layer.divide(R, rule, xs, y)
    return share, xs, line(case.name, type(layer).__name__, rule, R, share)


@pytest.mark.parametrize("case, rule", pairs(only_exact=True), ids=pair_id)
def test_ledger_closes_exactly_in_fractions(case, rule, rng):
    share, xs, entry = account(case, rule, rng, "exact")
    assert (entry.residual == 0).all()
    for part, x in zip(share.parts, xs, strict=True):
        assert part.shape == x.shape


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case, rule", pairs(), ids=pair_id)
def test_ledger_closes_in_floats(case, rule, dtype, rng):
    share, xs, entry = account(case, rule, rng, dtype)
    assert entry.closes().all(), (entry.residual, entry.bound)
    for part, x in zip(share.parts, xs, strict=True):
        assert part.shape == x.shape and np.isfinite(part).all()
        assert part.dtype == dtype


# a window that lies in padding alone has no input to give its bias to
SPREADING = [(c, r) for c, r in pairs(only_exact=True, linear=True) if r.sink is Sink.SPREAD and "asym" not in c.name]


@pytest.mark.parametrize("case, rule", SPREADING, ids=pair_id)
def test_spreading_leaves_no_bias_and_no_stabilizer(case, rule, rng):
    share, _, _ = account(case, rule, rng, "exact")
    assert (share.bias == 0).all() and (share.stabilizer == 0).all()


def test_gross_bounds_the_flow(rng):
    """The gross flow is at least the sum of the absolute values of what the line adds up."""
    for case, rule in pairs():
        if isinstance(rule, PlainGradient):
            continue  # it divides nothing: its "dropped" is what is missing, not what flowed
        share, _, entry = account(case, rule, rng, "float64")
        moved = sum(arrays.gross(part) for part in share.parts)
        assert (entry.gross * (1 + 1e-12) >= moved + abs(share.bias) + abs(share.dropped)).all()
