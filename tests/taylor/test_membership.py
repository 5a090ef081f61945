"""Checks of the roots: zero, in the domain, in the linear region."""

import numpy as np
import pytest

import lrp
from lrp import layers as L
from lrp.errors import SettingError
from lrp.taylor import directions as D
from lrp.taylor import membership as M
from lrp.taylor.roots import neurons_of, roots, roots_at_zero

LAYER = L.Dense(np.array([[1.0, 1], [0, -1]]), np.array([-0.5, -0.5]))


def network():
    return lrp.Network.sequential([LAYER, L.ReLU(), L.Dense(np.ones((2, 1)))], (2,))


def test_regions_of_a_layer_and_of_a_network():
    x = np.array([[2.0, 1]])  # z = (1.5, 0.5)
    found = roots(neurons_of(LAYER, (2,)), x, D.WSquare())  # (0.5, 1): z_1 = -1; (1.75, 1.25): z_0 = 1.25
    assert M.in_layer_region(found).holds.tolist() == [[False, True]]
    check = M.in_network_region(found, M.gradient_of(network(), 0), samples=3)
    assert check.holds.tolist() == [[False, True]] and check.share == 0.5
    assert str(check) == "in the network's region: 50.0 % of 2 roots"
    assert M.in_layer_region(roots_at_zero(neurons_of(LAYER, (2,)), x)).share == 0


def test_the_end_point_alone_can_hide_another_region():
    def gradient(points):
        return np.where(np.abs(points - 1) < 0.4, 5.0, 1.0)  # another slope half way between 2 and 0

    layer = L.Dense(np.array([[1.0]]), np.array([0.0]))
    found = roots(neurons_of(layer, (1,)), np.array([[2.0]]), D.Z())
    assert M.in_network_region(found, gradient).share == 1
    assert M.in_network_region(found, gradient, samples=4).share == 0
    with pytest.raises(SettingError, match="at least 1 point"):
        M.in_network_region(found, gradient, samples=0)


def test_no_root_no_share():
    found = roots(neurons_of(LAYER, (2,)), np.array([[-2.0, 1]]), D.Z())
    assert np.isnan(M.zero_activation(found).share)
    assert np.isnan(M.in_network_region(found, M.gradient_of(network(), 0)).share)
    assert not M.in_domain(roots(neurons_of(LAYER, (2,)), np.array([[2.0, -1]]), D.ZPlus()), D.ZPlus()).holds.all()
