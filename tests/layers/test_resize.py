"""Bilinear resizing in single precision, as TensorFlow's kernel computes it even for float64."""

import pytest

from lrp.arrays import exact
from lrp.graph.ledger import line
from lrp.layers import Interpolate
from lrp.rules import epsilon


@pytest.mark.parametrize("half_pixel", [True, False])
def test_single_precision_is_the_same_map_rounded(half_pixel, rng):
    x = rng.normal(size=(2, 3, 5, 2))
    plain, single = (Interpolate((2, 3), half_pixel, single=s) for s in (False, True))
    y, rounded = plain.compute(x), single.compute(x)
    assert rounded.dtype == x.dtype and rounded.shape == y.shape
    assert 0 < abs(rounded - y).max() < 1e-6
    assert (single.compute(exact(x)) == plain.compute(exact(x))).all()
    R = rng.normal(size=y.shape)
    divided = single.distribute(R, epsilon(0.1), (x,), rounded)
    assert line("resize", "Interpolate", epsilon(0.1), R, divided).closes().all()
    assert (single.pullback(R, (x,), rounded)[0] == plain.pullback(R, (x,), y)[0]).all()
