"""The spatial pyramid: which cell a position lies in, and what is refused."""

from fractions import Fraction

import numpy as np
import pytest

from lrp.errors import InputError, SettingError, ShapeError
from lrp.layers.local_features.pyramid import as_pyramid, cell_count, members


def test_cells_by_loop(rng):
    pyramid = ((1, 1), (3, 1), (2, 2))
    positions = rng.random((11, 2))
    found = members(pyramid, positions, 11)
    assert found.shape == (8, 11) and cell_count(pyramid) == 8
    for l, (x, y) in enumerate(positions):
        expected = [True] + [i / 3 <= y < (i + 1) / 3 for i in range(3)]
        expected += [i / 2 <= y < (i + 1) / 2 and j / 2 <= x < (j + 1) / 2 for i in range(2) for j in range(2)]
        assert found[:, l].tolist() == expected


def test_edges_belong_below_and_to_the_right_and_the_last_cell_is_closed():
    found = members(((2, 2),), np.array([[0, 0], [0.5, 0.5], [1, 1], [0.5, 0]]), 4)
    assert found.argmax(axis=0).tolist() == [0, 3, 3, 1]
    thirds = np.array([[Fraction(0), Fraction(i, 3)] for i in range(4)], dtype=object)
    assert members(((3, 1),), thirds, 4).argmax(axis=0).tolist() == [0, 1, 2, 2]


def test_the_whole_picture_needs_no_positions():
    assert members(((1, 1), (1, 1)), None, 5).tolist() == [[True] * 5] * 2
    with pytest.raises(ShapeError, match="expected the positions of the descriptors as a second input"):
        members(((2, 1),), None, 5)


def test_refused():
    with pytest.raises(
        ShapeError, match=r"expected positions of shape \(5, 2\), one \(x, y\) per descriptor, got \(4, 2\)"
    ):
        members(((1, 1),), np.zeros((4, 2)), 5)
    for wrong in (np.nan, -0.1, 31):
        with pytest.raises(InputError, match=r"between 0 and 1, got .* for descriptor 1; divide pixel positions"):
            members(((1, 1),), np.array([[0, 0], [0.5, wrong]]), 2)
    for pyramid in ((), ((0, 1),), (3,), 5, ((1, 2, 3),)):
        with pytest.raises(SettingError, match=r"pyramid: expected pairs \(rows, columns\)"):
            as_pyramid(pyramid)
