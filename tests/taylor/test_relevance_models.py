"""Relevance models."""

from fractions import Fraction

import numpy as np
import pytest

from lrp import layers as L
from lrp import rules
from lrp.errors import LoadError, SettingError, ShapeError
from lrp.formats.results.named_arrays import save_arrays
from lrp.taylor.relevance_models import (
    FREE,
    MIN_MAX,
    MinMax,
    TrainingFree,
    fit_min_max,
    load_model,
    loss_and_gradient,
)
from tests.cases import numbers


def test_the_training_free_model_is_z_plus(rng):
    layer, x = L.Dense(numbers(rng, (5, 7), "exact")), np.abs(numbers(rng, (3, 5), "exact"))
    R, free = numbers(rng, (3, 7), "exact"), TrainingFree(layer.weight)
    share = layer.distribute(R, rules.z_plus(bias=False), (x,), layer.compute(x))
    own = free.distribute(x, R)
    assert (own.parts[0] == share.parts[0]).all() and (own.dropped == share.dropped).all()
    assert (x * free.factors(x, R) == share.parts[0]).all()
    assert (free.line(x, R).residual == 0).all() and free.line(x, R).rule == "z_plus:bias=off"


def test_the_training_free_model_by_scalar_loops_and_its_error_elsewhere():
    """x = (1, 2), w = ((1, 3), (2, -1)), R = (10, 6): c = (1 10/5 + 3 6/3, 2 10/5) = (8, 4), R = (8, 8)."""
    free = TrainingFree(np.array([[1, 3], [2, -1]]) * Fraction(1))
    x, R = np.array([[1, 2]]) * Fraction(1), np.array([[10, 6]]) * Fraction(1)
    c = free.factors(x, R)
    assert c.tolist() == [[8, 4]] and free.distribute(x, R).parts[0].tolist() == [[8, 8]]
    assert free.line(x, R).dropped.tolist() == [0]
    moved = free.line(x + 1, np.array([[20, 7]]) * Fraction(1), c)  # 27 - (2 8 + 3 4): what a constant c misses
    assert (moved.passed.tolist(), moved.dropped.tolist(), moved.residual.tolist()) == ([28], [-1], [0])
    dead = free.line(x * np.array([0, 1]), R)  # the second output has no z+ contribution: its 6 are dropped
    assert (dead.passed.tolist(), dead.dropped.tolist()) == ([10], [6])


def model(rng):
    return MinMax(rng.normal(size=(5, 6)), rng.normal(size=(4, 6)), rng.normal(size=6), 2)


def test_min_max_by_scalar_loops(rng):
    m, x, upper = model(rng), rng.normal(size=(3, 5)), rng.uniform(size=(3, 4))
    for n, k in np.ndindex(3, 3):
        total = 0.0
        for j in (2 * k, 2 * k + 1):
            a = min(0.0, sum(upper[n, l] * m.u[l, j] for l in range(4)) + m.d[j])
            total += max(0.0, sum(x[n, i] * m.v[i, j] for i in range(5)) + a)
        assert m.predict(x, upper)[n, k] == pytest.approx(total)


def test_the_gradient_of_the_fit_by_differences(rng):
    m, x, upper, R = model(rng), rng.normal(size=(3, 5)), rng.uniform(size=(3, 4)), rng.uniform(size=(3, 3))
    _, gradients = loss_and_gradient(m, x, upper, R)
    for name, gradient in zip("vud", gradients):
        for index in np.ndindex(*gradient.shape):
            losses = []
            for h in (1e-6, -1e-6):
                changed = {key: getattr(m, key).copy() for key in "vud"}
                changed[name][index] += h
                losses.append(loss_and_gradient(MinMax(**changed, size=2), x, upper, R)[0])
            assert (losses[0] - losses[1]) / 2e-6 == pytest.approx(gradient[index], abs=1e-6)


def test_the_fit_learns_a_model_and_the_ledger_holds_its_error(rng):
    truth, x, upper = model(rng), rng.normal(size=(200, 5)), rng.uniform(size=(200, 4))
    R = truth.predict(x, upper)
    start = MinMax(truth.v + 0.3 * rng.normal(size=(5, 6)), 0 * truth.u, truth.d, 2)
    fitted, losses = fit_min_max(start, x, upper, R, rng, epochs=30, rate=0.01)
    assert losses[-1] < 0.2 * losses[0]
    line = fitted.line(x, upper, R, rules.w_square())
    assert line.closes().all()
    np.testing.assert_allclose(line.dropped, (R - fitted.predict(x, upper)).sum(axis=1), atol=1e-12)


def test_errors_of_models(rng, tmp_path):
    with pytest.raises(ShapeError, match="multiple of size"):
        MinMax(np.ones((2, 3)), np.ones((2, 3)), np.ones(3), 2)
    with pytest.raises(SettingError, match="at least 1 epoch"):
        fit_min_max(model(rng), np.ones((1, 5)), np.ones((1, 4)), np.ones((1, 3)), rng, epochs=0)
    for number, attributes in enumerate([{}, {"kind": FREE}, {"kind": MIN_MAX}, {"kind": MIN_MAX, "size": 2}]):
        save_arrays(tmp_path / f"{number}.h5", {"v": np.ones(2)}, attributes)
        with pytest.raises(LoadError, match="another file"):
            load_model(tmp_path / f"{number}.h5")
    save_arrays(tmp_path / "size.h5", {"v": np.ones((2, 2)), "u": np.ones((2, 2)), "d": np.ones(2)}, {"kind": MIN_MAX})
    with pytest.raises(LoadError, match="another file"):
        load_model(tmp_path / "size.h5")


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_models_come_back_from_their_files_with_the_error_on_the_ledger(rng, tmp_path, dtype):
    m, x, upper = model(rng), rng.normal(size=(3, 5)).astype(dtype), rng.uniform(size=(3, 4)).astype(dtype)
    m = MinMax(m.v.astype(dtype), m.u.astype(dtype), m.d.astype(dtype), 2)
    R = m.predict(x, upper) + rng.uniform(0.5, 1, size=(3, 3)).astype(dtype)  # a model that predicts too little
    m.save(tmp_path / "m.h5")
    again = load_model(tmp_path / "m.h5")
    assert isinstance(again, MinMax) and again.size == 2 and again.v.dtype == dtype
    assert all(getattr(again, key).tobytes() == getattr(m, key).tobytes() for key in "vud")
    line = again.line(x, upper, R, rules.w_square())
    assert line.closes().all() and (line.dropped > 1.4).all() and (line.dropped < 3.1).all()
    free = TrainingFree(np.vstack([np.ones(4), rng.normal(size=(4, 4))]).astype(dtype))  # no output is dead
    free.save(tmp_path / "f.h5")
    back = load_model(tmp_path / "f.h5")
    assert isinstance(back, TrainingFree) and back.weight.tobytes() == free.weight.tobytes()
    x = np.abs(x)
    assert back.distribute(x, upper).parts[0].tobytes() == free.distribute(x, upper).parts[0].tobytes()
    moved = back.line(2 * x, 3 * upper, back.factors(x, upper))  # R grew by 3, the model by 2: a third is missing
    assert moved.closes().all()
    np.testing.assert_allclose(moved.dropped, upper.sum(axis=1), rtol=1e-5)
