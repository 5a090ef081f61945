"""Searches inside a linear region: scalar loops, statistics over seeds, roots of single neurons."""

import numpy as np
import pytest

import lrp
from lrp import layers as L
from lrp.errors import SettingError
from lrp.taylor import membership as M
from lrp.taylor.roots import neurons_of
from lrp.taylor.search import Bisection, MetropolisHastings, root_by_search, searched_roots

LAYER = L.Dense(np.array([[1.0, 1], [0, -1]]), np.array([-0.5, -0.5]))  # z = x_0 - 1/2, x_0 - x_1 - 1/2


def network():
    return lrp.Network.sequential([LAYER, L.ReLU(), L.Dense(np.ones((2, 1)))], (2,))


def f(point):
    """The network by hand."""
    return max(0.0, point[0] - 0.5) + max(0.0, point[0] - point[1] - 0.5)


def in_region(point):
    """Both neurons active, as at (2, 1)."""
    return point[0] > 0.5 and point[0] - point[1] > 0.5


def one_by_one(test):
    """A test of one point as a test of many."""
    return lambda points: np.array([bool(test(p)) for p in points])


def by_loops(search, test, x, rng):
    """The candidates of either search, one number after the other."""
    if isinstance(search, MetropolisHastings):
        here = [list(x) for _ in range(search.chains)]
        visited = [list(x)]
        for _ in range(search.steps):
            noise = rng.normal(size=(search.chains, len(x)))
            for k in range(search.chains):
                proposed = [here[k][i] + search.width * noise[k, i] for i in range(len(x))]
                here[k] = proposed if test(proposed) else here[k]
            visited += [list(p) for p in here]
        return np.array(visited)
    drawn = rng.normal(size=(search.directions, len(x)))
    found = [[] for _ in range(search.points)]
    for d in drawn:
        d = [v / np.sqrt(sum(w * w for w in d)) for v in d]
        good, bad = 0.0, search.reach
        if test([a + bad * b for a, b in zip(x, d)]):
            good = bad
        for _ in range(search.refinements):
            middle = (good + bad) / 2
            good, bad = (middle, bad) if test([a + middle * b for a, b in zip(x, d)]) else (good, middle)
        for k in range(search.points):
            found[k].append([a + (k + 1) / search.points * good * b for a, b in zip(x, d)])
    return np.array([list(x)] + [p for row in found for p in row if test(p)])


@pytest.mark.parametrize("search", [Bisection(7, 3, 9, reach=3), MetropolisHastings(40, 0.3, 5)])
def test_the_candidates_by_scalar_loops(search):
    x = np.array([2.0, 1])
    found = search.candidates(one_by_one(in_region), x, np.random.default_rng(3))
    expected = by_loops(search, in_region, x, np.random.default_rng(3))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-14)
    moved = len(np.unique(found, axis=0))
    assert 10 < moved < len(found) if isinstance(search, MetropolisHastings) else len(found) == 22  # steps are refused


def test_the_walk_is_uniform_on_its_region():
    """On a triangle of area 1/2 a uniform point has the mean 1/3 and the variance 1/18, each with a known error."""
    inside = one_by_one(lambda p: p[0] > 0 and p[1] > 0 and p[0] + p[1] < 1)
    chains = 400
    walk = MetropolisHastings(steps=60, width=0.4, chains=chains)
    last = walk.candidates(inside, np.array([0.05, 0.9]), np.random.default_rng(0))[-chains:]
    error = np.sqrt(1 / 18 / chains)
    assert (np.abs(last.mean(axis=0) - 1 / 3) < 4 * error).all()
    assert (np.abs(last.var(axis=0) * 18 - 1) < 0.25).all()
    corners = [(last[:, 0] > 0.5).mean(), (last[:, 1] > 0.5).mean(), (last.sum(axis=1) < 0.5).mean()]
    assert (np.abs(np.array(corners) - 0.25) < 4 * np.sqrt(0.25 * 0.75 / chains)).all()  # a quarter of the area each


@pytest.mark.parametrize("search", [Bisection(reach=3), MetropolisHastings(steps=300, width=0.2)])
def test_every_candidate_lies_in_the_region_and_the_lowest_is_taken(search):
    x, gradient, lowest = np.array([2.0, 1]), M.gradient_of(network(), 0), []
    for seed in range(12):
        found = root_by_search(
            lambda p: network().forward(p).output[:, 0],
            M.network_region(gradient, x),
            x,
            search,
            np.random.default_rng(seed),
        )
        assert all(map(in_region, found.candidates)) and (found.candidates[0] == x).all()
        assert found.value == pytest.approx(min(map(f, found.candidates)), rel=1e-12)
        assert found.value == pytest.approx(f(found.point), rel=1e-12)
        lowest.append(found.value)
    assert max(lowest) < 1.2 and np.median(lowest) < 0.5  # f(x) = 2; the infimum 0 lies at the region's corner alone


@pytest.mark.parametrize("kind", ["dense", "conv"])
def test_bisection_finds_the_roots_of_single_neurons(rng, kind):
    """A neuron's own region is a half space: along a direction d the root is at x - z/(w d) d."""
    if kind == "dense":
        layer, shape = L.Dense(rng.normal(size=(3, 5)), rng.normal(size=5)), (3,)
    else:
        layer, shape = L.Conv(rng.normal(size=(2, 2, 1, 3)), -np.abs(rng.normal(size=3)) / 9), (2, 3, 1)
    x = rng.normal(size=(4, *shape))
    everyone, some = neurons_of(layer, shape), 0
    for j in everyone.index:
        one = neurons_of(layer, shape, np.array([j]))
        search = Bisection(30, 1, 50, reach=50)
        found = searched_roots(one, x, lambda a: M.layer_region(one, a), search, np.random.default_rng(j))
        active = everyone.z(found.x)[:, [j]] > 0
        assert (found.found == active).all()
        assert M.zero_activation(found, 1e-9).share == 1 or not active.any()
        assert M.in_layer_region(found).share == 1 or not active.any()
        some += int(active.sum())
        R = rng.normal(size=(4, 1))
        np.testing.assert_allclose(found.messages(R).sum(axis=2)[active], R[active], rtol=1e-7)
        assert (found.unresolved(R)[~active] == R[~active]).all() and abs(found.unresolved(R)[active]).max() < 1e-6
    assert some >= 10


@pytest.mark.parametrize("search", [Bisection(reach=3), MetropolisHastings(steps=50, width=0.3)])
def test_what_a_search_leaves_is_known(rng, search):
    """One search for a whole layer: nothing leaves the region, and messages and unresolved relevance make up R."""
    layer = L.Dense(rng.normal(size=(5, 7)), rng.normal(size=7))
    x, neurons = rng.normal(size=(3, 5)), neurons_of(layer, (5,))
    found = searched_roots(neurons, x, lambda a: M.layer_region(neurons, a), search, rng)
    assert found.found.any() and (found.found <= (found.z > 0)).all()
    assert M.in_layer_region(found, nudge=0).share == 1
    R = rng.normal(size=(3, 7))
    left = found.unresolved(R)
    for n, j in np.ndindex(3, 7):
        z = max(0.0, layer.compute(x[[n]])[0, j])
        there = max(0.0, layer.compute(found.points[n, [j]])[0, j])
        assert left[n, j] == pytest.approx(R[n, j] * there / z if z and there < z else R[n, j], rel=1e-9)
    np.testing.assert_allclose(found.messages(R).sum(axis=2) + left, R, rtol=1e-9)
    assert 0.01 < (left / R)[found.found].mean() < 0.9  # neurons whose root lies beyond the region keep some


def test_the_region_of_a_network_for_a_search(rng):
    gradient = M.gradient_of(network(), 0)
    inside = M.network_region(gradient, np.array([2.0, 1]))
    points = rng.normal(size=(50, 2)) + 1
    assert inside(points).tolist() == [in_region(p) for p in points]
    neurons = neurons_of(LAYER, (2,))
    assert M.layer_region(neurons, np.array([2.0, 1]))(points).tolist() == [in_region(p) for p in points]


@pytest.mark.parametrize("bad", [lambda: Bisection(points=0), lambda: MetropolisHastings(width=0)])
def test_settings_are_checked(bad):
    with pytest.raises(SettingError, match="positive"):
        bad()


def test_points_in_a_gap_of_the_region_are_no_candidates():
    """A ball and what lies beyond a ring: the ray is inside again at its end, but not on the way there."""
    distance = np.linalg.norm

    def inside(points):
        return (distance(points, axis=1) < 1) | (distance(points, axis=1) > 2)

    found = Bisection(20, 8, 10, reach=4.2).candidates(inside, np.zeros(3), np.random.default_rng(0))
    assert inside(found).all() and len(found) == 1 + 20 * 6, "of eight, two lie in the gap"
