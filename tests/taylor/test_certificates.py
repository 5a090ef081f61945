"""Definitions 1 to 3: a certificate holds or names the worst case."""

import numpy as np
import pytest

from lrp.errors import ShapeError
from lrp.taylor.certificates import conservative, consistent, positive


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
