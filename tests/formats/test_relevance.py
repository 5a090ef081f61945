"""Explanations in HDF5 files: what is in them is what was explained."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

import lrp
from lrp.errors import SaveError
from lrp.formats.results.relevance import save_explanations
from lrp.graph import Explanation
from lrp.layers import Add, Dense, Input, ReLU


def network(rng: np.random.Generator) -> lrp.Network:
    layers = [Dense(rng.normal(size=(5, 3)), rng.normal(size=3)), ReLU(), Dense(rng.normal(size=(3, 2)))]
    return lrp.Network.sequential(layers, (5,), names=["fire/a", "relu", "fire"])


def assert_stored(group: h5py.Group, explanation: Explanation) -> None:
    names = {"input": "input", "fire%2Fa": "fire/a", "relu": "relu", "fire": "fire"}
    assert np.array_equal(group["relevance"][()], explanation.relevance)
    assert set(group["relevances"]) == set(names)
    for stored, name in names.items():
        assert np.array_equal(group[f"relevances/{stored}"][()], explanation.relevances[name])
    entries = [*explanation.ledger.lines, explanation.ledger.total()]
    assert list(group["ledger"].attrs["nodes"]) == ["fire", "relu", "fire/a", "total"]
    assert list(group["ledger"].attrs["layers"]) == ["Dense", "ReLU", "Dense", ""]
    assert list(group["ledger"].attrs["rules"]) == ["epsilon:1e-06", "identity", "epsilon:1e-06", ""]
    for column in ("received", "passed", "bias", "stabilizer", "dropped", "residual", "gross"):
        assert np.array_equal(group[f"ledger/{column}"][()], [getattr(entry, column) for entry in entries])
    assert group["target"][()].tolist() == explanation.target.tolist()
    assert group["target"].attrs["start"] == explanation.start


def test_one_explanation_stands_at_the_root(tmp_path: Path, rng: np.random.Generator) -> None:
    explanation = network(rng).explain(rng.normal(size=(2, 5)), target=[1, 0])
    save_explanations([explanation], tmp_path / "r.h5", {"composite": "epsilon"})
    with h5py.File(tmp_path / "r.h5") as file:
        assert_stored(file, explanation)
        assert dict(file.attrs) == {"format": "lrp-relevance", "format_version": 1, "composite": "epsilon"}


def test_several_stand_in_order(tmp_path: Path, rng: np.random.Generator) -> None:
    net, x = network(rng), rng.normal(size=(2, 5))
    explanations = [net.explain(x, target) for target in (1, 0)]
    save_explanations(explanations, tmp_path / "r.h5")
    with h5py.File(tmp_path / "r.h5") as file:
        for k in range(2):
            assert_stored(file[f"explanations/{k}"], explanations[k])


def test_fractions_become_the_nearest_floats(tmp_path: Path, rng: np.random.Generator) -> None:
    explanation = network(rng).exact().explain(rng.normal(size=(1, 5)))
    save_explanations([explanation], tmp_path / "r.h5")
    with h5py.File(tmp_path / "r.h5") as file:
        assert np.array_equal(file["relevance"][()], explanation.relevance.astype(float))
        assert file["ledger/residual"].dtype == np.float64


def test_several_inputs_have_a_dataset_each(tmp_path: Path, rng: np.random.Generator) -> None:
    nodes = [lrp.Node("a", Input((3,))), lrp.Node("b", Input((3,))), lrp.Node("sum", Add(), ("a", "b"))]
    explanation = lrp.Network(nodes).explain({"a": rng.random((1, 3)), "b": rng.random((1, 3))})
    save_explanations([explanation], tmp_path / "r.h5")
    with h5py.File(tmp_path / "r.h5") as file:
        for name in "ab":
            assert np.array_equal(file[f"relevance/{name}"][()], explanation.relevance[name])


def test_a_place_that_cannot_be_written(tmp_path: Path, rng: np.random.Generator) -> None:
    explanation = network(rng).explain(rng.normal(size=(1, 5)))
    with pytest.raises(SaveError, match="cannot be written"):
        save_explanations([explanation], tmp_path / "none" / "r.h5")
