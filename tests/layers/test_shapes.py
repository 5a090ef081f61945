"""Output shapes with free lengths (None), which the property tests over arrays do not see."""

import numpy as np
import pytest

from lrp import layers as L
from lrp.errors import ShapeError


@pytest.mark.parametrize("kind", [L.Add, L.Average, L.Multiply, L.Maximum, L.Minimum])
def test_a_free_and_a_fixed_length(kind):
    layer = kind()
    assert layer.output_shape((None, 3), (5, 3)) == (5, 3)
    assert layer.output_shape((5, 3), (None, 3)) == (5, 3)
    assert layer.output_shape((None, 3), (1, 3)) == (None, 3)
    assert layer.output_shape((None, 1), (None, 3)) == (None, 3)
    assert layer.output_shape((1, 3), (1, 1)) == (1, 3)
    with pytest.raises(ShapeError, match=f"{kind.__name__}: expected inputs of one shape"):
        layer.output_shape((None, 3), (5, 2))


def test_other_layers_with_a_free_length():
    assert L.Concat(axis=1).output_shape((None, 3), (5, 3)) == (None, 3)
    assert L.Concat(axis=1).output_shape((2, 3), (5, 3)) == (7, 3)
    assert L.Concat().output_shape((None, 3), (5, 2)) == (5, 5)
    assert L.MatMul().output_shape((None, 3), (3, None)) == (None, None)
    assert L.MatMul(True).output_shape((None, 3), (4, 3)) == (None, 4)
    assert L.Dot(2, 1).output_shape((None, 3), (None, 4)) == (None, 4)
    assert L.Flatten().output_shape((None, 3)) == (None,)
    assert L.UpSample((2, 3)).output_shape((None, 4, 2)) == (None, 12, 2)
    assert L.Interpolate((2, 3)).output_shape((4, None, 2)) == (8, None, 2)
    assert L.ZeroPad(((1, 2),)).output_shape((None, 2)) == (None, 2)
    assert L.SimpleRNN(np.ones((3, 2)), np.ones((2, 2)), output="sequence").output_shape((None, 3)) == (None, 2)
    assert L.Embedding(np.ones((7, 3))).output_shape((None,)) == (None, 3)
    assert L.Masking().output_shape((None, 3), (5,)) == (None, 3)
    assert L.MaskedMean().output_shape((None, 3), (None,)) == (3,)
