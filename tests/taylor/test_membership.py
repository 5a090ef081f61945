"""Checks of the roots: zero, in the domain, in the linear region."""

from fractions import Fraction

import numpy as np
import pytest

import lrp
from lrp import layers as L
from lrp.errors import SettingError
from lrp.taylor import directions as D
from lrp.taylor import membership as M
from lrp.taylor.roots import neurons_of, roots, roots_at_zero
from tests.cases import numbers

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


@pytest.mark.parametrize(
    "direction", [D.WSquare(), D.ZPlus(), D.ZBox(-8, 9), D.Gamma(1)], ids=lambda d: d.rule().text()
)
def test_the_regions_by_scalar_loops(direction):
    """Gradients neuron by neuron at every point of the segment, with == in Fractions; the layer by its signs."""
    rng = np.random.default_rng(1)
    first, second, third = (
        L.Dense(numbers(rng, shape, "exact"), numbers(rng, shape[1:], "exact")) for shape in ((3, 5), (5, 4), (4, 2))
    )
    stack = [first, L.ReLU(), second, L.ReLU(), third]
    network = lrp.Network.sequential(stack, (3,), dtype="exact")
    x, nudge, samples = np.abs(numbers(rng, (9, 3), "exact")) + 1, Fraction(1, 1000), 4

    def active(layer, a):
        z = [sum(a[i] * layer.weight[i, j] for i in range(len(a))) + layer.bias[j] for j in range(len(layer.bias))]
        return [v > 0 for v in z], [max(v, 0) for v in z]

    def gradient(a):
        on, hidden = active(first, a)
        above, _ = active(second, hidden)
        return [
            sum(
                first.weight[i, j] * second.weight[j, k] * third.weight[k, 1]
                for j in range(5)
                for k in range(4)
                if on[j] and above[k]
            )
            for i in range(3)
        ]

    found = roots(neurons_of(first, (3,)), x, direction)
    layer, end, whole = (
        M.in_layer_region(found, nudge),
        M.in_network_region(found, M.gradient_of(network, 1), 1, nudge, 0, 0),
        M.in_network_region(found, M.gradient_of(network, 1), samples, nudge, 0, 0),
    )
    for n, j in np.argwhere(found.found):
        points = [x[n] + (1 - nudge) * Fraction(k, samples) * (found.points[n, j] - x[n]) for k in range(1, 5)]
        same = [gradient(p) == gradient(x[n]) for p in points]
        assert (end.holds[n, j], whole.holds[n, j]) == (same[-1], all(same))
        assert layer.holds[n, j] == (active(first, points[-1])[0] == active(first, x[n])[0])
    assert not whole.holds[~found.found].any()
    assert 0 < whole.share <= end.share < 1 and whole.share == (whole.holds.sum() / found.found.sum())


def test_a_box_has_two_sides():
    x = np.array([[-2.0, 1], [0, 1], [-1, 3], [2, -1]])
    assert D.ZBox(-1, np.array([2.0, 2])).inside(x).tolist() == [[False, True], [True, True], [True, False], [True] * 2]


def test_a_neuron_at_exactly_zero_is_inactive():
    """At x = 0 the neuron max(0, x) is off: points with x <= 0 lie in the region of x, points with x > 0 do not."""
    neurons = neurons_of(L.Dense(np.array([[1.0]])), (1,))
    inside = M.layer_region(neurons, np.array([0.0]))
    assert inside(np.array([[0.0], [-1.0], [1e-9]])).tolist() == [True, True, False]
