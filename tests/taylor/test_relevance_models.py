"""Relevance models."""

import numpy as np
import pytest

from lrp import layers as L
from lrp import rules
from lrp.errors import LoadError, SettingError, ShapeError
from lrp.formats.results import save_arrays
from lrp.taylor.relevance_models import MinMax, fit_min_max, load_min_max, loss_and_gradient, training_free
from tests.cases import numbers


def test_the_training_free_model_is_z_plus(rng):
    layer, x = L.Dense(numbers(rng, (5, 7), "exact")), np.abs(numbers(rng, (3, 5), "exact"))
    R = numbers(rng, (3, 7), "exact")
    share = layer.distribute(R, rules.z_plus(bias=False), (x,), layer.compute(x))
    assert (x * training_free(layer, x, R) == share.parts[0]).all()


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


def test_the_fit_learns_a_model_and_the_ledger_holds_its_error(rng, tmp_path):
    truth, x, upper = model(rng), rng.normal(size=(200, 5)), rng.uniform(size=(200, 4))
    R = truth.predict(x, upper)
    start = MinMax(truth.v + 0.3 * rng.normal(size=(5, 6)), 0 * truth.u, truth.d, 2)
    fitted, losses = fit_min_max(start, x, upper, R, rng, epochs=30, rate=0.01)
    assert losses[-1] < 0.2 * losses[0]
    line = fitted.line(x, upper, R, rules.w_square())
    assert line.closes().all()
    np.testing.assert_allclose(line.dropped, (R - fitted.predict(x, upper)).sum(axis=1), atol=1e-12)
    fitted.save(tmp_path / "m.h5")
    again = load_min_max(tmp_path / "m.h5")
    assert (again.v == fitted.v).all() and (again.u == fitted.u).all() and (again.d == fitted.d).all()
    assert again.size == 2


def test_errors_of_models(rng, tmp_path):
    with pytest.raises(ShapeError, match="multiple of size"):
        MinMax(np.ones((2, 3)), np.ones((2, 3)), np.ones(3), 2)
    with pytest.raises(SettingError, match="at least 1 epoch"):
        fit_min_max(model(rng), np.ones((1, 5)), np.ones((1, 4)), np.ones((1, 3)), rng, epochs=0)
    save_arrays(tmp_path / "other.h5", {"v": np.ones(2)})
    with pytest.raises(LoadError, match="another file"):
        load_min_max(tmp_path / "other.h5")
