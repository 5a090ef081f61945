"""Roots: zeros of their neurons, and the Taylor product at a root is the rule's message, with == in Fractions."""

from fractions import Fraction

import numpy as np
import pytest

from lrp import layers as L
from lrp.errors import InputError, SettingError, ShapeError
from lrp.taylor import directions as D
from lrp.taylor import membership, nearest
from lrp.taylor.roots import neurons_of, roots, roots_at_zero
from tests.cases import numbers

DIRECTIONS = [D.WSquare(), D.ZPlus(), D.ZBox(-8, 9), D.Z(), D.Gamma(1), D.Gamma(0.25)]


def layers(rng):
    dense = L.Dense(numbers(rng, (5, 7), "exact"), numbers(rng, (7,), "exact"))
    conv = L.Conv(numbers(rng, (2, 2, 2, 3), "exact"), -np.abs(numbers(rng, (3,), "exact")), stride=1, padding="same")
    return [(dense, (5,)), (conv, (2, 3, 2))]


@pytest.mark.parametrize("direction", DIRECTIONS, ids=lambda d: d.rule().text())
@pytest.mark.parametrize("kind", [0, 1], ids=["dense", "conv"])
def test_the_taylor_product_at_the_root_is_the_rules_message(rng, direction, kind):
    layer, shape = layers(rng)[kind]
    x = np.abs(numbers(rng, (3, *shape), "exact"))
    found = roots(neurons_of(layer, shape), x, direction)
    assert found.found.any() and (found.z_at_root[found.found] == 0).all()
    z = layer.compute(x)
    R = (numbers(rng, z.shape, "exact").reshape(3, -1) * found.found).reshape(z.shape)
    share = layer.distribute(R, direction.rule(), (x,), z)
    messages = found.messages(R.reshape(3, -1))
    assert (messages.sum(axis=1) == share.parts[0].reshape(3, -1)).all()
    assert (messages.sum(axis=2) == R.reshape(3, -1)).all()
    assert membership.zero_activation(found).share == 1
    domain = membership.in_domain(found, direction)
    if kind == 1:  # a bias above 0 can push the root past the end of the segment, out of the domain
        assert domain.share == 1


def test_the_root_by_scalar_loops():
    layer = L.Dense(np.array([[1.0, -2], [3, 0.5]]), np.array([-1.0, 0.25]))
    x = np.array([[2.0, 4]])
    found = roots(neurons_of(layer, (2,)), x, D.WSquare())
    assert found.z.tolist() == [[13, -1.75]] and found.found.tolist() == [[True, False]]
    np.testing.assert_allclose(found.points[0, 0], [2 - 1.3, 4 - 3.9])
    assert found.points[0, 1].tolist() == [2, 4]  # none: x itself


def test_a_direction_across_the_weight_has_no_root():
    layer = L.Dense(np.array([[-1.0]]), np.array([3.0]))
    assert not roots(neurons_of(layer, (1,)), np.ones((1, 1)), D.ZPlus()).found.any()


def test_some_neurons_of_a_layer(rng):
    layer, shape = layers(rng)[1]
    everyone, some = neurons_of(layer, shape), neurons_of(layer, shape, np.array([4, 1]))
    assert (some.weight == everyone.weight[[4, 1]]).all() and (some.bias == everyone.bias[[4, 1]]).all()


def test_root_at_zero_counts_only_where_zero_is_one(rng):
    layer = L.Dense(numbers(rng, (5, 7), "exact"), numbers(rng, (7,), "exact"))
    x = numbers(rng, (3, 5), "exact")
    found = roots_at_zero(neurons_of(layer, (5,)), x)
    assert found.found.any() and (found.points[found.found] == 0).all()
    assert ((found.z > 0) & (layer.bias > 0) & found.found).sum() == 0
    z = found.z
    gap = found.messages(z * found.found).sum(axis=2) - (z - layer.bias) * found.found
    assert (gap == 0).all()


def test_messages_check_their_shape(rng):
    layer = L.Dense(np.ones((2, 3)))
    with pytest.raises(ShapeError, match=r"\(1, 3\), got \(1, 2\)"):
        roots(neurons_of(layer, (2,)), np.ones((1, 2)), D.Z()).messages(np.ones((1, 2)))


def test_the_nearest_root_is_that_of_w_square_inside_a_wide_box(rng):
    layer = L.Dense(numbers(rng, (5, 7), "exact"), numbers(rng, (7,), "exact"))
    x, neurons = numbers(rng, (3, 5), "exact"), neurons_of(layer, (5,))
    found, plain = nearest.nearest_roots(neurons, x, -1000, 1000), roots(neurons, x, D.WSquare())
    assert (found.points == plain.points).all() and (found.found == plain.found).all()


def test_the_nearest_root_in_a_box_against_a_grid():
    layer = L.Dense(np.array([[3], [1]]) * Fraction(1), np.array([Fraction(-1)]))
    found = nearest.nearest_roots(neurons_of(layer, (2,)), np.array([[Fraction(1, 2), Fraction(1)]]), 0, 1)
    # by hand: z = 3/2; t = 1/6 empties the first entry (z falls by 10/6), which is beyond the root at t = 3/20
    assert found.points.tolist() == [[[Fraction(1, 20), Fraction(17, 20)]]]
    tight = nearest.nearest_roots(neurons_of(layer, (2,)), np.array([[Fraction(1, 2), Fraction(3)]]), 0, 3)
    assert tight.points.tolist() == [[[0, 1]]] and tight.z_at_root.tolist() == [[0]]
    upwards = L.Dense(np.array([[-1]]) * Fraction(1), np.array([Fraction(9)]))
    assert not nearest.nearest_roots(neurons_of(upwards, (1,)), np.array([[Fraction(1)]]), 0, 2).found.any()
    with pytest.raises(InputError, match="outside"):
        nearest.nearest_roots(neurons_of(layer, (2,)), np.array([[Fraction(2), Fraction(0)]]), 0, 1)


def test_the_nearest_root_of_a_sum_against_scipy(rng):
    from scipy.optimize import minimize

    layer = L.Dense(rng.normal(size=(5, 3)), -np.abs(rng.normal(size=3)))
    x = rng.uniform(size=(2, 5))
    found = nearest.nearest_root_of_sum(layer, x, 0, 1, steps=3000)
    for one, point in zip(x, found):
        rows = {"type": "ineq", "fun": lambda xi: -layer.compute(xi[None])[0]}
        best = minimize(lambda xi: ((xi - one) ** 2).sum(), 0 * one, bounds=[(0, 1)] * 5, constraints=[rows])
        np.testing.assert_allclose(point, best.x, atol=1e-3)
    with pytest.raises(SettingError, match="floats"):
        nearest.nearest_root_of_sum(layer, x, 0, 1, steps=0)
