"""lrp audit: the ledger node by node, its exit code, and the distance to exact arithmetic."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lrp
from lrp.layers import Dense
from lrp.rules import Propagation
from lrp.views.picture import read_input

from .conftest import Run, sentence


def test_prints_each_samples_ledger(run: Run, model: Path, tmp_path: Path, rng: np.random.Generator) -> None:
    x = rng.random((2, 6, 7, 1))
    np.save(tmp_path / "x.npy", x)
    code, out, error = run("audit", model, tmp_path / "x.npy", "--target", "0,1")
    assert (code, error) == (0, "")
    for target in (0, 1):
        ledger = lrp.load(model).explain(x, target).ledger
        assert all(ledger.table(sample) in out for sample in range(2))
    assert out.count("closes: the largest residual is") == 4


@pytest.fixture
def generous(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dense layer that passes a little too much on."""
    honest = Dense.propagate

    def propagate(*arguments: Any) -> Propagation:
        made = honest(*arguments)
        return Propagation((made.parts[0] * 1.01 + 1,), made.bias, made.stabilizer, made.dropped, made.gross)

    monkeypatch.setattr(Dense, "propagate", propagate)


def test_ends_with_1_where_the_ledger_does_not_close(run: Run, model: Path, tmp_path: Path, generous: None) -> None:
    np.save(tmp_path / "x.npy", np.full((6, 7, 1), 0.5))
    code, out, error = run("audit", model, tmp_path / "x.npy")
    assert code == 1 and "dense1" in out
    assert "dense1: the ledger of sample 0 does not close" in sentence(error, "audit")


def test_does_not_claim_that_a_broken_ledger_closes(run: Run, model: Path, tmp_path: Path, generous: None) -> None:
    np.save(tmp_path / "x.npy", np.full((6, 7, 1), 0.5))
    assert "does not close (at dense1)" in run("audit", model, tmp_path / "x.npy")[1]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_float_error_is_the_distance_to_the_exact_relevance(run: Run, model: Path, picture: Path, dtype: str) -> None:
    code, out, error = run("audit", model, picture, "--exact", "--dtype", dtype, "--target", "1,2")
    assert (code, error) == (0, "")
    network = lrp.load(model, dtype=dtype)
    x = read_input(picture, network).astype(dtype)
    for target, name in ((1, "dog, small"), (2, "2")):
        table = out.split(f"class {name}: float error = |float - exact|\n")[1].splitlines()
        floats, exact = network.explain(x, target), network.exact().explain(x, target)
        for row, (node, R) in zip(table[1:], floats.relevances.items()):
            pairs = zip(R.ravel().tolist(), exact.relevances[node].ravel().tolist())
            distance = max(abs(Fraction(a) - b) for a, b in pairs)
            assert row.split()[:3] == [node, f"{np.abs(R).max():.6g}", f"{float(distance):.3g}"]
            assert row.split()[3:] == ([] if node == "input" else ["0"])


def test_exact_numbers_where_there_are_none(run: Run, tmp_path: Path) -> None:
    layers = [lrp.layers.Dense(np.eye(3)), lrp.layers.Tanh(), lrp.layers.Dense(np.eye(3))]
    lrp.save(lrp.Network.sequential(layers, (3,)), tmp_path / "m.h5")
    np.save(tmp_path / "x.npy", np.ones(3))
    code, _, error = run("audit", tmp_path / "m.h5", tmp_path / "x.npy", "--exact")
    assert code == 2 and "tanh: expected floating-point numbers, got Fractions" in sentence(error, "audit")
