"""Chains of z+ shares converge to rank 1: exactly shrinking in Fractions, singular values in floats."""

from fractions import Fraction

import numpy as np
import pytest

import lrp
from lrp import arrays, rules
from lrp import layers as L
from lrp.errors import ShapeError
from lrp.taylor.convergence import largest_difference, maps_of_outputs, singular_ratio
from tests.cases import numbers

Z_PLUS = [("dense*", "z_plus:bias=off")]


def chain(rng, depth, dtype, width=5):
    """Dense layers 3 - 5 - ... - 5 - 4 with a ReLU between them, no output without a positive share."""
    sizes = [3, *[width] * (depth - 1), 4]
    stack = []
    for a, b in zip(sizes, sizes[1:]):
        weight = numbers(rng, (a, b), dtype)
        each = np.arange(b)
        weight[each % a, each] = np.abs(weight[each % a, each]) + arrays.scalar(1, weight)
        stack += [L.Dense(weight, numbers(rng, (b,), dtype) / 4 + arrays.scalar(3, weight)), L.ReLU()]
    return lrp.Network.sequential(stack[:-1], (3,), dtype=dtype)


def share_matrix(layer, x):
    """M_ji = x_i w_ij^+ / sum_i' x_i' w_i'j^+ by scalar loops; (x w)^+ for x of any sign."""
    inputs, outputs = layer.weight.shape
    rows = []
    for j in range(outputs):
        products = [max(x[i] * layer.weight[i, j], 0) for i in range(inputs)]
        rows.append([p / sum(products) if sum(products) else 0 * p for p in products])
    return np.array(rows)


def largest_by_loops(M):
    return max(sum(abs(a - b) for a, b in zip(p, q)) / 2 for p in M for q in M)


def test_the_maps_are_the_product_of_the_layers_shares_and_only_come_closer(rng):
    network, x = chain(rng, 6, "exact"), np.abs(numbers(rng, (1, 3), "exact")) + Fraction(1)
    explained = maps_of_outputs(network, x, Z_PLUS, range(4))
    values, product, bound, seen = network.forward(x).values, np.eye(4, dtype=int) * Fraction(1), Fraction(1), []
    for depth in range(6, 0, -1):
        below = network.nodes[f"dense{depth}"].inputs[0]
        M = share_matrix(network.nodes[f"dense{depth}"].layer, values[below][0])
        product, bound = product @ M, bound * largest_by_loops(M)
        maps = explained.relevances[below]
        assert (maps == product).all() and (maps >= 0).all() and (maps.sum(axis=1) == 1).all()
        assert largest_difference(maps) == largest_by_loops(product) <= bound
        seen.append(largest_difference(maps))
    assert all(lower < upper for lower, upper in zip(seen[1:], seen)) and 0 < seen[-1] < Fraction(1, 50)


def test_the_second_singular_value_falls_with_depth(rng):
    """sigma_2 / sigma_1 of the product: with ten further layers it halves more than ten times."""
    network, x = chain(rng, 12, "float64", width=20), np.abs(numbers(rng, (1, 3))) + 1
    explained = maps_of_outputs(network, x, Z_PLUS, range(4))
    values, product, ratios = network.forward(x).values, np.eye(4), []
    for depth in range(12, 1, -1):
        below = network.nodes[f"dense{depth}"].inputs[0]
        product = product @ share_matrix(network.nodes[f"dense{depth}"].layer, values[below][0])
        sigma = np.linalg.svd(product, compute_uv=False)
        ratios.append(singular_ratio(explained.relevances[below]))
        assert ratios[-1] == pytest.approx(sigma[1] / sigma[0], abs=1e-12)
    assert ratios[0] > 0.05 and ratios[10] < ratios[0] * 2.0**-10


def test_other_rules_do_not_converge(rng):
    """LRP-0 gives gradient x input, whose maps stay apart: the same network, the same depth."""
    network, x = chain(rng, 12, "float64", width=20), np.abs(numbers(rng, (1, 3))) + 1
    zero = maps_of_outputs(network, x, [("dense*", rules.zero())], range(4))
    positive = maps_of_outputs(network, x, Z_PLUS, range(4))
    assert singular_ratio(zero.relevance) > 1000 * singular_ratio(positive.relevance)


def test_the_two_measures():
    rows = np.array([[Fraction(1, 2), Fraction(1, 2), 0], [0, Fraction(1, 4), Fraction(3, 4)], [0, 1, 0]])
    assert largest_difference(rows) == Fraction(3, 4) and largest_difference(rows[:, None]) == Fraction(3, 4)
    assert largest_difference(np.ones((2, 3)) / 3) == 0 and largest_difference(np.eye(3)) == 1
    assert singular_ratio(np.array([[1.0, 2], [3, 6]])) < 1e-15
    assert singular_ratio(np.array([[2.0, 0], [0, 1]])) == 0.5 and np.isnan(singular_ratio(np.zeros((2, 2))))


def test_shapes(rng):
    with pytest.raises(ShapeError, match="at least 2"):
        singular_ratio(np.ones((1, 3)))
    with pytest.raises(ShapeError, match="one input"):
        maps_of_outputs(chain(rng, 2, "float64"), np.ones((2, 3)), Z_PLUS, [0])
