"""Definitions 1 to 3: a certificate holds or names the worst case."""

from fractions import Fraction

import numpy as np
import pytest

import lrp
from lrp import layers as L
from lrp import rules
from lrp.errors import ShapeError
from lrp.taylor.certificates import conservative, consistent, positive
from tests.cases import numbers


def test_the_worst_case_is_named():
    R = np.array([[[1.0, 2]], [[4, -3]], [[0, 0]]])
    f = np.array([3.0, 1.5, 0])
    assert str(conservative(R, f)) == "not conservative: at worst 0.5, sample 1"
    assert str(positive(R)) == "not positive: at worst 3, sample 1, entry (0, 1)"
    both = consistent(R, f)
    assert not both.holds and "positive" in both.name and both.entry == (0, 1)
    assert conservative(R, f, 0.5).holds and positive(R, 3).holds and consistent(R, f, 3).holds
    assert consistent(np.full((2, 4), 0.25), np.ones(2)).holds  # R = f/d
    assert positive(np.ones((1, 2))).worst == 0


def test_shapes():
    with pytest.raises(ShapeError, match="each of 3"):
        conservative(np.ones((3, 2)), np.ones(2))
    with pytest.raises(ShapeError, match="at least one"):
        positive(np.ones((0, 2)))


def test_exact_and_not_a_number():
    R = np.array([[Fraction(1, 3), Fraction(2, 3)], [Fraction(1, 7), Fraction(-1, 10**30)]])
    f = np.array([Fraction(1), Fraction(1, 7)])
    gap, low = conservative(R, f), positive(R)
    assert (gap.holds, gap.worst, gap.sample) == (False, Fraction(1, 10**30), 1)
    assert (low.holds, low.worst, low.sample, low.entry) == (False, Fraction(1, 10**30), 1, (1,))
    assert consistent(R[:1], f[:1]).holds and not consistent(R, f).holds
    bad = np.array([[1.0, 0], [np.nan, 0]])
    assert not conservative(bad, np.ones(2), 10).holds and not positive(bad, 10).holds
    assert conservative(bad, np.ones(2), 10).sample == 1 == positive(bad).sample


def test_a_network_of_the_papers_class_is_certified_and_an_ordinary_one_is_not(rng):
    """Biases <= 0: consistent for w^2, z+ and z^B, with == in Fractions; alpha2-beta1 is not positive."""
    dense = L.Dense(numbers(rng, (5, 7), "exact"), -np.abs(numbers(rng, (7,), "exact")))
    stack = [dense, L.ReLU(), L.Dense(np.full((7, 1), Fraction(1), dtype=object))]
    network = lrp.Network.sequential(stack, (5,), dtype="exact")
    x = np.abs(numbers(rng, (6, 5), "exact"))
    for rule in (rules.w_square(), rules.z_plus(bias=False), rules.z_box(-8, 9)):
        explained = network.explain(x, 0, [("dense1", rule), ("dense2", rules.zero())])
        f = explained.trace.output[:, 0]
        both = consistent(explained.relevance, f)
        assert both.holds and both.worst == 0 and (f > 0).any()
        assert (explained.relevance[f == 0] == 0).all()  # what follows from consistency
    signed = network.explain(x, 0, [("dense1", rules.alpha_beta(2, 1)), ("dense2", rules.zero())])
    lowest = min((value, n, i) for (n, i), value in np.ndenumerate(signed.relevance))
    found = positive(signed.relevance)
    assert (found.holds, found.worst, found.sample, found.entry) == (False, -lowest[0], lowest[1], (lowest[2],))
