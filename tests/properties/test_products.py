"""Products of two or more inputs, and the winners among several, against scalar loops in Fractions."""

from fractions import Fraction

import numpy as np
import pytest

from lrp import layers as L
from lrp import rules
from lrp.errors import RuleError
from tests import oracles
from tests.cases import numbers

STABILIZERS = {
    "zero": {},
    "epsilon:0.5": {"eps": Fraction(1, 2)},
    "epsilon:0.5,stab=clip": {"eps": Fraction(1, 2), "stab": "clip"},
    "zero:zero=2": {"zero": 2},
}


@pytest.mark.parametrize("text", STABILIZERS)
@pytest.mark.parametrize("transpose", [False, True])
def test_matrix_products(text, transpose, rng):
    layer = L.MatMul(transpose)
    A, V = numbers(rng, (2, 3, 4), "exact"), numbers(rng, (2, 5, 4) if transpose else (2, 4, 5), "exact")
    A[0, 0] = 0  # an output that is exactly 0
    O = layer.compute(A, V)
    R = numbers(rng, O.shape, "exact")
    divided = layer.distribute(R, text, (A, V), O)
    R_A, R_V = np.full(A.shape, Fraction(0)), np.full(V.shape, Fraction(0))
    losses = np.full((2, 2), Fraction(0))
    for n, j, p in np.ndindex(*O.shape):
        terms = {i: A[n, j, i] * (V[n, p, i] if transpose else V[n, i, p]) for i in range(4)}
        z = sum(terms.values())
        assert z == O[n, j, p]
        full = oracles.stabilized(z, **STABILIZERS[text])
        if full == 0:
            losses[n, 1] += R[n, j, p]
            continue
        losses[n, 0] += (full - z) * R[n, j, p] / full
        for i, term in terms.items():
            half = term * R[n, j, p] / full / 2
            R_A[n, j, i] += half
            R_V[(n, p, i) if transpose else (n, i, p)] += half
    assert (divided.parts[0] == R_A).all() and (divided.parts[1] == R_V).all()
    assert (divided.stabilizer == losses[:, 0]).all() and (divided.dropped == losses[:, 1]).all()


def test_a_dot_is_a_matrix_product(rng):
    A, V = numbers(rng, (2, 3, 4), "exact"), numbers(rng, (2, 4, 5), "exact")
    dot, matmul = L.Dot(2, 1), L.MatMul()
    O = dot.compute(A, V)
    assert (O == matmul.compute(A, V)).all()
    R = numbers(rng, O.shape, "exact")
    one, two = (layer.distribute(R, "epsilon:0.5", (A, V), O) for layer in (dot, matmul))
    assert all((a == b).all() for a, b in zip(one.parts, two.parts))


@pytest.mark.parametrize("text", ["uniform", "signal:1", "zero"])
def test_products_entry_by_entry(text, rng):
    xs = tuple(numbers(rng, shape, "exact") for shape in ((2, 3, 4), (2, 1, 4), (2, 3, 4)))
    layer = L.Multiply()
    y = layer.compute(*xs)
    R = numbers(rng, y.shape, "exact")
    divided = layer.distribute(R, text, xs, y)
    for m, x in enumerate(xs):
        factor = {"uniform": Fraction(1, 3), "signal:1": int(m == 1), "zero": 1}[text]
        expected = np.full(x.shape, Fraction(0))
        for n, i, c in np.ndindex(*y.shape):
            assert y[n, i, c] == xs[0][n, i, c] * xs[1][n, 0, c] * xs[2][n, i, c]
            expected[n, i if x.shape[1] > 1 else 0, c] += factor * R[n, i, c]
        assert (divided.parts[m] == expected).all()
    assert (divided.dropped == (-2 if text == "zero" else 0) * R.sum(axis=(1, 2))).all()


TIES = ("share", "first", "all")
EXTREMA = {"maximum": (L.Maximum(), max), "minimum": (L.Minimum(), min)}


@pytest.mark.parametrize("eps", [0, Fraction(1, 4)])
@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("kind", EXTREMA)
def test_winners_among_inputs(kind, ties, eps, rng):
    layer, best = EXTREMA[kind]
    xs = tuple(
        np.array(rng.integers(-1, 2, size=s), dtype=object) * Fraction(1, 2) for s in ((2, 3, 4), (2, 1, 4), (2, 3, 4))
    )
    y = layer.compute(*xs)
    R = numbers(rng, y.shape, "exact")
    divided = layer.distribute(R, rules.winner(ties, eps), xs, y)
    expected, losses = [np.full(x.shape, Fraction(0)) for x in xs], np.full((2, 2), Fraction(0))
    several = 0
    for n, i, c in np.ndindex(*y.shape):
        rows = [(n, i, c), (n, 0, c), (n, i, c)]
        values = [x[row] for x, row in zip(xs, rows)]
        assert y[n, i, c] == best(values)
        winners = [m for m, value in enumerate(values) if value == best(values)]
        several += len(winners) > 1
        s = R[n, i, c] / oracles.stabilized(y[n, i, c], eps) if eps else None
        passed = R[n, i, c] if s is None else s * y[n, i, c]
        losses[n, 0] += R[n, i, c] - passed
        for m in winners if ties != "first" else winners[:1]:
            expected[m][rows[m]] += passed / len(winners) if ties == "share" else passed
        losses[n, 1] += passed * (1 - len(winners)) if ties == "all" else 0
    assert several > 5
    for part, wanted in zip(divided.parts, expected):
        assert (part == wanted).all()
    assert (divided.stabilizer == losses[:, 0]).all() and (divided.dropped == losses[:, 1]).all()


@pytest.mark.parametrize("layer", [L.MaxPool((2, 3), 1), L.GlobalMaxPool(keepdims=True)], ids=["window", "global"])
@pytest.mark.parametrize("eps", [0, Fraction(1, 4)])
@pytest.mark.parametrize("ties", TIES)
def test_winners_of_a_window(layer, ties, eps, rng):
    x = np.array(rng.integers(-1, 2, size=(2, 3, 4, 2)), dtype=object) * Fraction(1, 2)
    y = layer.compute(x)
    R = numbers(rng, y.shape, "exact")
    divided = layer.distribute(R, rules.winner(ties, eps), (x,), y)
    size = layer.size if isinstance(layer, L.MaxPool) else (3, 4)
    expected, losses = np.full(x.shape, Fraction(0)), np.full((2, 2), Fraction(0))
    for n, i, j, c in np.ndindex(*y.shape):
        window = [(n, i + a, j + b, c) for a, b in np.ndindex(*size)]
        largest = max(x[at] for at in window)
        winners = [at for at in window if x[at] == largest]
        passed = R[n, i, j, c]
        if eps:
            passed = passed * largest / oracles.stabilized(largest, eps)
        losses[n, 0] += R[n, i, j, c] - passed
        for at in winners if ties != "first" else winners[:1]:
            expected[at] += passed / len(winners) if ties == "share" else passed
        losses[n, 1] += passed * (1 - len(winners)) if ties == "all" else 0
    assert (divided.parts[0] == expected).all()
    assert (divided.stabilizer == losses[:, 0]).all() and (divided.dropped == losses[:, 1]).all()


def test_products_refuse_what_they_do_not_do(rng):
    A = rng.normal(size=(1, 3, 3))
    for layer, text in ((L.MatMul(), "zero:sink=spread"), (L.MatMul(), "gamma:0.5"), (L.Multiply(), "epsilon:0.5")):
        with pytest.raises(RuleError, match=f"{type(layer).__name__}: expected a rule"):
            layer.distribute(A, text, (A, A), A)
