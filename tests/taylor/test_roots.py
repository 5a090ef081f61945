"""Roots: zeros of their neurons, and the Taylor product at a root is the rule's message, with == in Fractions."""

from fractions import Fraction

import numpy as np
import pytest

from lrp import layers as L
from lrp import rules
from lrp.errors import InputError, SettingError, ShapeError
from lrp.taylor import directions as D
from lrp.taylor import membership, nearest
from lrp.taylor.roots import neurons_of, roots, roots_at_zero
from tests.cases import CASES, case_id, numbers

DIRECTIONS = [D.WSquare(), D.ZPlus(), D.ZBox(-8, 9), D.Z(), D.Gamma(1), D.Gamma(0.25)]


LINEAR = [case for case in CASES if isinstance(case.build(np.random.default_rng(0)), L.LinearLayer)]
FEW = 20  # neurons of a layer that are looked at, with all their inputs


def setting(case, rng):
    """The case's layer in Fractions, three inputs >= 0 with zeros, and some of its neurons."""
    layer = case.build(rng).astype("exact")
    x = np.abs(numbers(rng, (3, *case.shapes[0]), "exact"))
    z = layer.compute(x)
    index = rng.permutation(z[0].size)[:FEW]
    return layer, x, z, neurons_of(layer, case.shapes[0], index)


def only(values, neurons, shape):
    """(n, m) as an array of the layer's output, 0 at all neurons but these."""
    flat = np.full((len(values), int(np.prod(shape))), Fraction(0), dtype=object)
    flat[:, neurons.index] = values
    return flat.reshape(len(values), *shape)


def test_the_layers_are_of_every_kind():
    kinds = {type(case.build(np.random.default_rng(0))) for case in LINEAR}
    assert {L.Dense, L.Conv, L.ConvTranspose} <= kinds


@pytest.mark.parametrize("direction", DIRECTIONS, ids=lambda d: d.rule().text())
@pytest.mark.parametrize("case", LINEAR, ids=case_id)
def test_the_taylor_product_at_the_root_is_the_rules_message(rng, direction, case):
    layer, x, z, neurons = setting(case, rng)
    found = roots(neurons, x, direction)
    active = z.reshape(3, -1)[:, neurons.index] > 0
    assert (found.found <= active).all() and active.any()
    assert (found.z_at_root[found.found] == 0).all()
    R = numbers(rng, active.shape, "exact") * found.found
    share = layer.distribute(only(R, neurons, z.shape[1:]), direction.rule(), (x,), z)
    messages = found.messages(R)
    assert (messages.sum(axis=1) == share.parts[0].reshape(3, -1)).all()
    assert (messages.sum(axis=2) == R).all() and (found.unresolved(R) == 0).all()
    if found.found.any():
        assert membership.zero_activation(found).share == 1


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("case", [c for c in LINEAR if c.name in ("dense", "conv1d")], ids=case_id)
def test_biases_of_either_sign(rng, case, sign):
    """The products are the rule's for either sign; in the domain all roots lie for b <= 0, and not all for b > 0.

    A positive bias pushes the root past the end of the segment, where the active part of the input is already 0.
    """
    layer, x, z, _ = setting(case, rng)
    layer = type(layer)(**{**layer.settings(), "weight": layer.weight, "bias": sign * (np.abs(layer.bias) + 1)})
    z, neurons = layer.compute(x), neurons_of(layer, case.shapes[0])
    for direction in DIRECTIONS:
        found = roots(neurons, x, direction)
        R = found.found * z.reshape(3, -1)
        share = layer.distribute(R.reshape(z.shape), direction.rule(), (x,), z)
        assert (found.messages(R).sum(axis=1) == share.parts[0].reshape(3, -1)).all() and found.found.any()
    assert membership.in_domain(roots(neurons, x, D.WSquare()), D.WSquare()).share == 1  # all of R^d
    for direction in (D.ZPlus(), D.ZBox(-8, 9)):
        found = roots(neurons, x, direction)
        inside = membership.in_domain(found, direction)
        by_loops = [
            all((p >= 0) if isinstance(direction, D.ZPlus) else (-8 <= p <= 9) for p in found.points[n, j])
            for n, j in np.argwhere(found.found)
        ]
        assert inside.share == sum(by_loops) / len(by_loops)
        assert inside.share == 1 if sign < 0 else inside.share < 1 or isinstance(direction, D.ZBox)


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
    layer, shape = L.Conv(numbers(rng, (2, 2, 2, 3), "exact"), numbers(rng, (3,), "exact"), padding="same"), (2, 3, 2)
    everyone, some = neurons_of(layer, shape), neurons_of(layer, shape, np.array([4, 1]))
    assert (some.weight == everyone.weight[[4, 1]]).all() and (some.bias == everyone.bias[[4, 1]]).all()


@pytest.mark.parametrize("case", LINEAR, ids=case_id)
def test_the_root_at_zero_gives_the_messages_of_lrp_0(rng, case):
    """x_i w_ij R_j / z_j, the bias in z_j; found where b_j <= 0, and the bias's share b_j R_j / z_j is missing."""
    layer, x, z, neurons = setting(case, rng)
    found = roots_at_zero(neurons, x)
    assert (found.found == ((found.z > 0) & (neurons.bias <= 0))).all()
    assert (found.points[found.found] == 0).all() and (found.points[~found.found] != 0).any()
    R = numbers(rng, found.found.shape, "exact") * found.found
    share = layer.distribute(only(R, neurons, z.shape[1:]), rules.zero(), (x,), z)
    assert (found.messages(R).sum(axis=1) == share.parts[0].reshape(3, -1)).all()
    missing = [R[n, j] * neurons.bias[j] / found.z[n, j] if found.found[n, j] else 0 for n, j in np.ndindex(R.shape)]
    assert (found.messages(R).sum(axis=2).ravel() == R.ravel() - np.array(missing)).all()
    if found.found.any():
        assert membership.zero_activation(found).share == 1


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


@pytest.mark.parametrize("case", LINEAR, ids=case_id)
def test_the_nearest_root_in_a_box_is_optimal(rng, case):
    """The conditions of Karush, Kuhn and Tucker, which for this convex problem prove a minimum, in Fractions:

    x - xt = t w + (what the bounds hold back), t >= 0, of the sign that keeps an entry at its bound.
    """
    layer, x, z, neurons = setting(case, rng)
    x = np.minimum(x, Fraction(2))
    found = nearest.nearest_roots(neurons, x, 0, 2)
    assert (found.z > 0).any() and (found.z_at_root[found.found] == 0).all()
    for n, j in np.argwhere(found.z > 0):
        w, point, one = neurons.weight[j], found.points[n, j], found.x[n]
        if not found.found[n, j]:  # the box's corner of the smallest z is still active
            assert sum(min(0 * v, 2 * v) for v in w) + neurons.bias[j] > 0
            continue
        assert all(0 <= p <= 2 for p in point)
        free = [(one[i] - point[i]) / w[i] for i in range(len(w)) if w[i] and 0 < point[i] < 2]
        # an entry that moved to its bound would have gone further: its own t is a lower bound of the common one
        least = max([(one[i] - point[i]) / w[i] for i in range(len(w)) if w[i]])
        assert least >= 0 and set(free) <= {least}
        assert all(p == v for p, v, weight in zip(point, one, w) if not weight)
        assert all(p == (0 if w[i] > 0 else 2) or (one[i] - p) == least * w[i] for i, p in enumerate(point))


def test_the_nearest_root_of_one_neuron_against_scipy(rng):
    from scipy.optimize import minimize

    layer = L.Conv(rng.normal(size=(2, 2, 1, 3)), rng.normal(size=3))
    x, neurons = rng.uniform(size=(2, 2, 3, 1)), neurons_of(layer, (2, 3, 1))
    found = nearest.nearest_roots(neurons, x, 0, 1)
    assert found.found.sum() >= 3
    for n, j in np.argwhere(found.found):
        w, b, one = neurons.weight[j], neurons.bias[j], found.x[n]
        row = {"type": "eq", "fun": lambda xi: xi @ w + b, "jac": lambda xi: w}
        best = minimize(
            lambda xi: ((xi - one) ** 2).sum(),
            one,
            jac=lambda xi: 2 * (xi - one),
            bounds=[(0, 1)] * 6,
            constraints=[row],
            options={"ftol": 1e-14, "maxiter": 500},
        )
        assert best.success
        np.testing.assert_allclose(((found.points[n, j] - one) ** 2).sum(), best.fun, rtol=1e-7)
        np.testing.assert_allclose(found.points[n, j], best.x, atol=1e-6)


@pytest.mark.parametrize("kind", ["dense", "conv"])
def test_the_nearest_root_of_a_sum_against_scipy(rng, kind):
    """The same point as Lawson and Hanson's least distance programming, which ends after finitely many steps:

    min |u| subject to G u >= h  is  u = -r_1..D / r_D+1,  r = E y - (0, .., 0, 1), y >= 0 the least squares of r,
    E = G^T above h^T. And the bound from below meets the distance.
    """
    from scipy.optimize import nnls

    if kind == "dense":
        layer, shape = L.Dense(rng.normal(size=(5, 3)), -np.abs(rng.normal(size=3)) / 4), (5,)
    else:
        layer, shape = L.Conv(rng.normal(size=(2, 2, 2, 3)), -np.abs(rng.normal(size=3)) / 4), (3, 2, 2)
    x = rng.uniform(size=(3, *shape))
    found = nearest.nearest_root_of_sum(layer, x, 0, 1, steps=20000)
    assert (layer.compute(x) > 0).reshape(3, -1).any(axis=1).all()  # none is its own root
    assert ((found.points >= 0) & (found.points <= 1)).all()
    neurons = neurons_of(layer, shape)
    for n, one in enumerate(x.reshape(3, -1)):
        G = np.concatenate([-neurons.weight, np.eye(one.size), -np.eye(one.size)])
        h = np.concatenate([neurons.weight @ one + neurons.bias, -one, one - 1])
        E, target = np.concatenate([G.T, h[None]]), np.append(0 * one, 1.0)
        r = E @ nnls(E, target)[0] - target
        u = -r[:-1] / r[-1]
        assert (G @ u - h).min() > -1e-12  # the solver's point is one of the set
        point = found.points[n].ravel()
        assert (neurons.weight @ point + neurons.bias).max() <= 1e-9
        np.testing.assert_allclose(point, one + u, atol=1e-9)
        np.testing.assert_allclose([np.linalg.norm(point - one), found.bound[n]], np.linalg.norm(u), rtol=1e-10)


def test_the_bound_from_below_holds_after_any_number_of_steps(rng):
    layer, x = L.Dense(rng.normal(size=(5, 7)), -np.abs(rng.normal(size=7)) / 9), rng.uniform(size=(4, 5))
    true = nearest.nearest_root_of_sum(layer, x, 0, 1, steps=20000)
    distance = np.linalg.norm(true.points - x, axis=1)
    early = [nearest.nearest_root_of_sum(layer, x, 0, 1, steps).bound for steps in (1, 3, 10, 100)]
    assert all((bound <= distance + 1e-9).all() for bound in early)
    assert (early[0] < early[-1]).all() and (distance - true.bound < 1e-6).all()
    with pytest.raises(SettingError, match="floats"):
        nearest.nearest_root_of_sum(layer, x, 0, 1, steps=0)
