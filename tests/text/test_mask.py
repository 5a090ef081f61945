"""Mask: padded positions are not there."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from lrp import arrays
from lrp.errors import ShapeError
from lrp.layers import Mask
from lrp.rules import identity

TOKENS = np.array([[3, 1, 0], [0, 2, 4]])


def test_padded_positions_are_zero_and_their_relevance_is_dropped(rng: np.random.Generator) -> None:
    x, R = rng.normal(size=(2, 3, 5)), rng.normal(size=(2, 3, 5))
    mask = Mask()
    y = mask.compute(x, TOKENS)
    share = mask.distribute(R, identity(), (x, TOKENS), y)
    for n in range(2):
        for t in range(3):
            there = TOKENS[n, t] != 0
            assert y[n, t].tolist() == (x[n, t].tolist() if there else [0.0] * 5)
            assert share.parts[0][n, t].tolist() == (R[n, t].tolist() if there else [0.0] * 5)
    assert share.parts[1].tolist() == np.zeros((2, 3)).tolist()
    assert share.dropped == pytest.approx([R[0, 2].sum(), R[1, 0].sum()])
    assert share.bias.tolist() == share.stabilizer.tolist() == [0, 0]


def test_another_number_may_stand_for_padding(rng: np.random.Generator) -> None:
    x = rng.normal(size=(2, 3, 5))
    y = Mask(padding=4).compute(x, TOKENS)
    assert not y[1, 2].any() and y[1, 0].all()


def test_the_pullback_is_the_adjoint(rng: np.random.Generator) -> None:
    x, g = rng.normal(size=(2, 3, 5)), rng.normal(size=(2, 3, 5))
    mask = Mask()
    y = mask.compute(x, TOKENS)
    back, tokens = mask.pullback(g, (x, TOKENS), y)
    assert (y * g).sum() == pytest.approx((x * back).sum())
    assert not tokens.any()


def test_exact_and_single_precision_stay_what_they_are(rng: np.random.Generator) -> None:
    x = rng.integers(-5, 5, (2, 3, 5)) / 4
    y = Mask().compute(arrays.exact(x), TOKENS)
    assert all(isinstance(value, Fraction) for value in y.ravel())
    assert Mask().compute(x.astype(np.float32), TOKENS).dtype == np.float32


@pytest.mark.parametrize("shapes", [((3, 5),), ((3, 5), (3, 5)), ((5,), (3,))])
def test_it_takes_a_sequence_and_its_tokens(shapes: tuple[tuple[int, ...], ...]) -> None:
    assert Mask().output_shape((None, 5), (None,)) == (None, 5)
    with pytest.raises(ShapeError, match="Mask: expected a sequence .t, c. and its tokens .t,., got"):
        Mask().output_shape(*shapes)
