"""Pullbacks are gradients, and a linear layer's adjoint is its transpose."""

import numpy as np
import pytest

from lrp.layers import LinearLayer
from tests.cases import CASES, case_id, numbers


@pytest.mark.parametrize("case", [case for case in CASES if case.shapes and not case.tokens], ids=case_id)
def test_pullback_is_the_central_difference(case, rng):
    layer = case.build(rng)
    # away from kinks and ties: distinct magnitudes, none of them near 0
    xs = tuple(
        (rng.permutation(np.prod(shape) * 2) + 1.0).reshape(2, *shape) * rng.choice([-1, 1], size=(2, *shape)) * 0.037
        for shape in case.shapes
    )
    xs = tuple(map(case.domain, xs))
    xs = tuple((x > 0) * 1.0 if k in case.binary else x for k, x in enumerate(xs))
    y = layer.compute(*xs)
    g = numbers(rng, y.shape)
    h = 1e-6
    for which, part in enumerate(layer.pullback(g, xs, y)):
        assert part.shape == xs[which].shape
        if which in case.binary:  # a mask is no number: nothing flows to it
            assert not part.any()
            continue
        for index in np.ndindex(*xs[which].shape):
            moved = [[x.copy() for x in xs] for _ in range(2)]
            moved[0][which][index] += h
            moved[1][which][index] -= h
            change = (g * (layer.compute(*moved[0]) - layer.compute(*moved[1]))).sum() / (2 * h)
            assert abs(change - part[index]) <= 1e-6 * max(1, abs(change)), index


LINEAR = [case for case in CASES if isinstance(case.build(np.random.default_rng(0)), LinearLayer)]


@pytest.mark.parametrize("case", LINEAR, ids=case_id)
def test_adjoint_identity_is_exact(case, rng):
    layer = case.build(rng).astype("exact")
    (x,) = case.inputs(rng, 2, "exact")
    z = layer.apply(layer.weight, x)
    s = numbers(rng, z.shape, "exact")
    assert (z * s).sum() == (x * layer.adjoint(layer.weight, s, x.shape)).sum()
