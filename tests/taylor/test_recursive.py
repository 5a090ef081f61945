"""The identities of the recursive decomposition, with == in Fractions and to 1e-8 in floats."""

from fractions import Fraction

import numpy as np
import pytest

import lrp
from lrp import arrays
from lrp import layers as L
from lrp.errors import InputError, SettingError, ShapeError
from lrp.taylor import directions as D
from lrp.taylor.recursive import AffineRoot, ConstantRoot, Recursion
from lrp.taylor.roots import neurons_of, roots
from lrp.taylor.steered import steered
from tests.cases import numbers


def chain(rng, sizes, dtype, bias=True):
    return [
        L.Dense(numbers(rng, (a, b), dtype), numbers(rng, (b,), dtype) if bias else None)
        for a, b in zip(sizes, sizes[1:])
    ]


def zeros(layers, x):
    return [ConstantRoot(arrays.zeros((1, len(layer.weight)), x)) for layer in layers]


@pytest.mark.parametrize("dtype", ["exact", "float64"])
@pytest.mark.parametrize("bias", [True, False])
def test_locally_constant_roots_give_gradient_times_input(rng, dtype, bias):
    layers = chain(rng, (5, 7, 6, 3), dtype, bias)
    x = numbers(rng, (5,), dtype)
    values = Recursion(layers, zeros(layers, x), 1).activations(x)
    inside = [ConstantRoot(a[None]) for a in values[1:-1]]  # in the region by construction
    found = Recursion(layers, [ConstantRoot(x[None] * 0), *inside], 1)
    if not bias:  # a cone: the region reaches the origin; half way there the gradient is that of x
        half = Recursion(layers, [ConstantRoot(a[None] / 2) for a in values[:-1]], 1)
        g = half.gradient(x)
        assert np.abs(half.relevance(x) - g * x / 2).max() <= (0 if dtype == "exact" else 1e-8)
        assert all(abs(line.outside) <= (0 if dtype == "exact" else 1e-8) for line in half.account(x))
    point = x - x / 1024
    near = Recursion(layers, [ConstantRoot(point[None]), *inside], 1)
    assert np.abs(near.relevance(x) - near.gradient(x) * (x - point)).max() <= (0 if dtype == "exact" else 1e-8)
    network = lrp.Network.sequential([layers[0], L.ReLU(), layers[1], L.ReLU(), layers[2]], (5,), dtype=dtype)
    assert np.abs(network.gradient(x[None], 1).gradient[0] - found.gradient(x)).max() <= (
        0 if dtype == "exact" else 1e-8
    )


@pytest.mark.parametrize("dtype", ["exact", "float64"])
@pytest.mark.parametrize("sizes", [(3, 11, 2), (3, 11, 5, 2)])
@pytest.mark.parametrize("rectified", [True, False])
def test_any_target_is_reached(rng, dtype, sizes, rectified):
    layers = chain(rng, sizes, dtype)
    layers[-1] = L.Dense(layers[-1].weight, layers[-1].bias + 50)  # the outputs are active
    x = np.array([2, -1, Fraction(1, 2)]).astype(object if dtype == "exact" else float)
    x = arrays.cast(x, dtype)
    for _ in range(3):
        target = numbers(rng, (3,), dtype)
        found = steered(layers, x, target, 0, rectified)
        assert np.abs(found.relevance(x) - target).max() <= (0 if dtype == "exact" else 1e-8)


@pytest.mark.parametrize("dtype", ["exact", "float64"])
@pytest.mark.parametrize("rectified", [True, False])
def test_a_steered_root_leaves_the_region_where_the_target_is_large(rng, dtype, rectified):
    """Of the account's lines only the lowest can have a part outside, and it is what the moved root's value says.

    R^1(a) = g(root(a)) (a - root(a)) with the gradient g at the moved root, from the network's own backward pass.
    """
    layers = chain(rng, (3, 11, 2), dtype)
    layers[-1] = L.Dense(layers[-1].weight, layers[-1].bias + 50)
    rest = lrp.Network.sequential([layers[1], L.ReLU()] if rectified else [layers[1]], (11,), dtype=dtype)
    first = lrp.Network.sequential([layers[0], L.ReLU()], (3,), dtype=dtype)
    x = arrays.cast(np.array([2, -1, Fraction(1, 2)]), dtype)
    a = first.forward(x[None]).output[0]
    seen = set()
    for size in (1, 1000):
        target = numbers(rng, (3,), dtype) * size + size
        found = steered(layers, x, target, 0, rectified)
        above, below = found.account(x)

        def R1(a):
            root = found.roots[1].at(a)[0]
            return (rest.gradient(root[None], 0).gradient[0] * (a - root)).sum()

        (point,) = found.roots[0].at(x)
        at_root = first.forward(point[None]).output[0]
        expected = R1(a) - target.sum() - R1(at_root)
        tolerance = 0 if dtype == "exact" else 1e-7 * size
        assert abs(below.outside - expected) <= tolerance and abs(below.received - R1(a)) <= tolerance
        f = rest.forward(a[None]).output[0, 0]
        moved = rest.forward(found.roots[1].at(a)).output[0, 0]
        assert abs(above.unresolved - moved) <= tolerance and abs(above.received - f) <= tolerance
        seen.add(bool(abs(above.outside) > tolerance or abs(expected) > tolerance))
    assert seen == ({False, True} if rectified else {False})  # without a ReLU above, all is one region


@pytest.mark.parametrize("dtype", ["exact", "float64"])
@pytest.mark.parametrize("bias", [True, False])
def test_what_constant_roots_leave_is_known(rng, dtype, bias):
    """f = sum R^0 + unresolved at every layer, each from forward passes: g_l+1 . (f_l(root_l) - root_l+1), none 0."""
    layers = chain(rng, (5, 7, 6, 3), dtype, bias)
    x = numbers(rng, (5,), dtype)
    values = Recursion(layers, zeros(layers, x), 1).activations(x)
    part = arrays.scalar(1, x) / arrays.scalar(1024, x)
    points = [a - (k + 1) * part * a for k, a in enumerate(values[:-1])]
    found = Recursion(layers, [ConstantRoot(p[None]) for p in points], 1)
    unit, f = values[-1] * 0 + np.array([0, 1, 0]), values[-1][1]
    gradients = [*(found.gradient(x, level) for level in range(3)), unit]
    expected = []
    for level, point in enumerate(points):
        above = points[level + 1] if level < 2 else 0 * values[-1]
        z = layers[level].compute(point[None])[0]
        expected.append((gradients[level + 1] * ((np.maximum(z, 0 * z) if level < 2 else z) - above)).sum())
    tolerance = 0 if dtype == "exact" else 1e-8
    lines = found.account(x)[::-1]
    for line, known in zip(lines, expected, strict=True):
        assert abs(line.unresolved - known) <= tolerance and known != 0
        assert abs(line.outside) <= tolerance
        assert abs(line.received - line.passed - known) <= tolerance
    assert abs(f - found.relevance(x).sum() - sum(expected)) <= tolerance


def test_a_target_needs_enough_active_neurons(rng):
    for dtype in ("exact", "float64"):
        layers = chain(rng, (5, 3, 2), dtype)
        x = numbers(rng, (5,), dtype) + arrays.scalar(1, layers[0].weight)
        with pytest.raises(InputError, match="independent|gradient 0"):
            steered(layers, x, x, 0)
    dead = [L.Dense(np.ones((2, 4))), L.Dense(np.zeros((4, 1)))]
    with pytest.raises(InputError, match="gradient 0"):
        steered(dead, np.ones(2), np.ones(2), 0)
    edge = [L.Dense(np.eye(2, dtype=int) * Fraction(1), -np.ones(2, int) * Fraction(1)), L.Dense(np.ones((2, 1)))]
    x = np.ones(2, int) * Fraction(10**30 + 1, 10**30)
    with pytest.raises(InputError, match="edge"):
        steered([edge[0], edge[1].astype("exact")], x, x, 0)


def test_a_root_for_each_neuron_and_its_jacobian(rng):
    """By hand: f = 3 max(0, x_0) + 5 max(0, x_1); upper root a/2 (J = 1/2), lower roots (0, x_1), (x_0, 0)."""
    x = np.array([Fraction(2), Fraction(7)])
    layers = [L.Dense(np.eye(2, dtype=int) * Fraction(1)), L.Dense(np.array([[3], [5]]) * Fraction(1))]
    upper = AffineRoot(np.eye(2, dtype=int)[None] * Fraction(1, 2), np.zeros((1, 2), int) * Fraction(1))
    lower = ConstantRoot(np.array([[1, 7], [2, 3]]) * Fraction(1))
    found = Recursion(layers, [lower, upper], 0)
    assert found.relevance(np.array([Fraction(2), Fraction(7)]), 1).tolist() == [3, Fraction(35, 2)]
    assert found.relevance(x).tolist() == [Fraction(3, 2), 10]
    top, bottom = found.account(x)
    assert (top.received, top.passed, top.unresolved, top.outside) == (41, Fraction(41, 2), Fraction(41, 2), 0)
    assert (bottom.unresolved, bottom.outside) == (Fraction(3, 2) + Fraction(15, 2), 0)


def test_a_root_outside_the_region_shows(rng):
    layers = [L.Dense(np.array([[1]]) * Fraction(1), np.array([Fraction(-1)])), L.Dense(np.array([[1]]) * Fraction(1))]
    zero = ConstantRoot(np.array([[Fraction(0)]]))
    line = Recursion(layers, [zero, ConstantRoot(np.array([[Fraction(1)]]))], 0).account(np.array([Fraction(3)]))[-1]
    assert (line.passed, line.unresolved, line.outside) == (0, -1, 2)


def test_settings(rng):
    layers = chain(rng, (2, 3, 1), "float64")
    with pytest.raises(SettingError, match="2 layers, 1 roots"):
        Recursion(layers, zeros(layers, np.ones(1))[:1], 0)
    with pytest.raises(ShapeError, match="expected 1 root or 3"):
        Recursion(layers, [ConstantRoot(np.ones((2, 2))), ConstantRoot(np.zeros((1, 3)))], 0).relevance(np.ones(2))


@pytest.mark.parametrize("dtype", ["exact", "float64"])
def test_training_free_roots_are_alpha1_beta0_without_bias(rng, dtype):
    one = arrays.scalar(1, numbers(rng, (1,), dtype))
    layers = [L.Dense(d.weight + one, -np.abs(d.bias)) for d in chain(rng, (5, 7, 6, 3), dtype)]
    x = np.abs(numbers(rng, (4, 5), dtype))
    stack = [layers[0], L.ReLU(), layers[1], L.ReLU(), layers[2]]
    network = lrp.Network.sequential(stack, (5,), dtype=dtype)
    explained = network.explain(x, 1, [("dense*", "alpha_beta:1,0,bias=off")], start="relu")
    values = explained.trace.values
    R = explained.relevances["dense3"]
    for name, below in (("dense3", "relu2"), ("dense2", "relu1"), ("dense1", "input")):
        layer = network.nodes[name].layer
        R = roots(neurons_of(layer, layer.weight.shape[:1]), values[below], D.ZPlus()).messages(R).sum(axis=1)
    assert np.abs(R - explained.relevance).max() <= (0 if dtype == "exact" else 1e-8)
    assert np.abs(R).max() > 0
