"""The recursion with searched roots at every layer: all of f is explained, or it is known where it stayed."""

import numpy as np
import pytest

import lrp
from lrp import layers as L
from lrp.taylor.search import Bisection, MetropolisHastings
from lrp.taylor.searched import searched

SEARCHES = [Bisection(20, 5, 20, reach=5), MetropolisHastings(40, 0.1, 5)]


def chain(rng, sizes=(4, 6, 5, 2)):
    layers = [L.Dense(rng.normal(size=s), -np.abs(rng.normal(size=s[1])) / 9) for s in zip(sizes, sizes[1:])]
    layers[-1] = L.Dense(np.abs(layers[-1].weight), layers[-1].bias + 1)  # the outputs are active
    return layers


def network_of(layers, rectified):
    stack = [part for layer in layers for part in (layer, L.ReLU())]
    return lrp.Network.sequential(stack if rectified else stack[:-1], (len(layers[0].weight),))


@pytest.mark.parametrize("search", SEARCHES, ids=lambda s: type(s).__name__)
@pytest.mark.parametrize("rectified", [True, False])
def test_unresolved_relevance_is_all_that_is_missing(rng, search, rectified):
    left = []
    for seed in range(4):
        draw = np.random.default_rng(seed)
        layers, x = chain(draw), draw.normal(size=4)
        network = network_of(layers, rectified)
        f = network.forward(x[None]).output[0, 1]
        found = searched(layers, x, 1, search, rng, rectified)
        lines, R = found.account(x), found.relevance(x)
        # inside the region nothing but the values at the roots is missing; both sides are computed on their own
        assert all(abs(line.outside) < 1e-9 for line in lines)
        unresolved = sum(line.unresolved for line in lines)
        assert R.sum() + unresolved == pytest.approx(f, rel=1e-9) and lines[0].received == pytest.approx(f, rel=1e-12)
        # constant roots: gradient x (input - root), summed over the neurons' own roots
        g, expected = network.gradient(x[None], 1).gradient[0], np.zeros(4)
        J = layers[0].weight.T * (layers[0].compute(x[None])[0] > 0)[:, None]
        above = network_of(layers[1:], rectified).gradient(np.maximum(layers[0].compute(x[None]), 0), 1).gradient[0]
        for j, root in enumerate(found.roots[0].points):
            expected += above[j] * J[j] * (x - root)
            same = network.gradient(root[None], 1).gradient[0]
            np.testing.assert_allclose(same, g, rtol=1e-3, atol=1e-5)  # the root lies in the region of x
        np.testing.assert_allclose(R, expected, rtol=1e-9, atol=1e-12)
        left.append(unresolved / f)
    assert min(left) < 0.9 and max(abs(v) for v in left) > 1e-3  # some is resolved, and never all


def test_one_layer_is_resolved_to_the_search(rng):
    """f = max(0, 3 x_0 - 1) has its root on the edge of its own region: bisection halves what stays 30 times."""
    layers = [L.Dense(np.array([[3.0], [0.0]]), np.array([-1.0]))]
    found = searched(layers, np.array([2.0, 1]), 0, Bisection(20, 1, 30, reach=8), rng, rectified=True)
    (line,) = found.account(np.array([2.0, 1]))
    assert line.received == 5 and 0 < line.unresolved < 5 * 2.0**-20
    assert found.relevance(np.array([2.0, 1]))[1] == 0
