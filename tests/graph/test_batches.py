"""A data set explained batch by batch: the same numbers as sample by sample, written as they come."""

import gc
import tracemalloc

import h5py
import numpy as np
import pytest

import lrp
from lrp.errors import GraphError, SettingError, ShapeError
from lrp.formats.results.relevance import save_batches, save_explanations
from lrp.layers import Add, Dense, Input, ReLU


@pytest.fixture
def network(rng):
    layers = [Dense(rng.normal(size=(5, 3)), rng.normal(size=3)), ReLU(), Dense(rng.normal(size=(3, 2)))]
    return lrp.Network.sequential(layers, (5,))


def test_batches_are_the_samples(network, rng):
    x = rng.normal(size=(7, 5))
    batches = list(network.explain_batches(x, 3, target=[0, 1, 0, 1, 1, 0, 0], composite="epsilon-plus"))
    assert [len(e.ledger) for e in batches] == [3, 3, 1]
    whole = network.explain(x, [0, 1, 0, 1, 1, 0, 0], "epsilon-plus")
    np.testing.assert_allclose(np.concatenate([e.relevance for e in batches]), whole.relevance, rtol=1e-12)
    assert np.concatenate([e.target for e in batches]).tolist() == whole.target.tolist()
    for batch in batches:
        batch.ledger.check()


def test_a_start_of_one_row_a_sample_is_cut(network, rng):
    x, start = rng.normal(size=(5, 5)), rng.normal(size=(5, 2))
    batches = network.explain_batches(x, 2, start=start)
    whole = network.explain(x, start=start)
    np.testing.assert_allclose(np.concatenate([e.relevance for e in batches]), whole.relevance, rtol=1e-12)


def test_only_what_is_kept_is_held(network, rng):
    (batch,) = network.explain_batches(rng.normal(size=(2, 5)), keep=["relu1"])
    assert set(batch.relevances) == set(batch.trace.values) == {"input", "relu1", "dense2"}


@pytest.mark.parametrize("form", [dict, tuple])
def test_several_inputs(form, rng):
    nodes = [lrp.Node("a", Input((3,))), lrp.Node("b", Input((3,))), lrp.Node("sum", Add(), ("a", "b"))]
    network, a, b = lrp.Network(nodes), rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
    x = {"a": a, "b": b} if form is dict else (a, b)
    first, second = network.explain_batches(x, 3)
    whole = network.explain(x).relevance
    for key in whole if form is dict else range(2):
        assert np.array_equal(np.concatenate([first.relevance[key], second.relevance[key]]), whole[key])


def test_what_cannot_be_cut_is_told_at_once(network):
    with pytest.raises(SettingError, match="expected a batch size of at least 1, got 0"):
        network.explain_batches(np.zeros((2, 5)), 0)
    with pytest.raises(GraphError, match="keep: expected names among input, .*, got relu9"):
        network.explain_batches(np.zeros((2, 5)), keep=["relu9"])
    with pytest.raises(ShapeError, match=r"equally many samples at every input, got \[2, 3\]"):
        network.explain_batches((np.zeros((2, 5)), np.zeros((3, 5))))


def test_a_file_of_batches_is_the_file_of_the_whole(network, rng, tmp_path):
    """Straight from one HDF5 file into another."""
    x = rng.normal(size=(7, 5))
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["x"] = x
    with h5py.File(tmp_path / "x.h5") as file:
        batches = network.explain_batches(file["x"], 3, keep=network.nodes)
        assert save_batches(batches, tmp_path / "batches.h5", {"model": "m"}) == 7
    save_explanations([network.explain(x)], tmp_path / "whole.h5", {"model": "m"})
    with h5py.File(tmp_path / "batches.h5") as one, h5py.File(tmp_path / "whole.h5") as other:
        names: list[str] = []
        other.visit(names.append)
        for name in names:
            assert list(one[name].attrs) == list(other[name].attrs)
            if isinstance(other[name], h5py.Dataset):
                np.testing.assert_allclose(one[name][()], other[name][()], rtol=1e-9, atol=1e-12)
        assert dict(one.attrs) == dict(other.attrs)


def test_memory_does_not_grow_with_the_data_set(rng, tmp_path):
    network = lrp.Network.sequential(
        [Dense(rng.normal(size=(2000, 50))), ReLU(), Dense(rng.normal(size=(50, 2)))], (2000,)
    )
    peaks = []
    for count in (20, 200):
        x = np.broadcast_to(rng.normal(size=(1, 2000)), (count, 2000))
        gc.collect()
        tracemalloc.start()
        save_batches(network.explain_batches(x, 10), tmp_path / "r.h5")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]


def test_what_is_not_kept_is_freed_during_the_backward_pass(rng, monkeypatch):
    """Also where no relevance comes: the branch to the second output."""
    nodes = [
        lrp.Node("x", Input((4,))),
        lrp.Node("a", Dense(rng.normal(size=(4, 3))), ("x",)),
        lrp.Node("relu", ReLU(), ("a",)),
        lrp.Node("aside", ReLU(), ("a",)),
        lrp.Node("first", Dense(rng.normal(size=(3, 2))), ("relu",)),
        lrp.Node("second", Dense(rng.normal(size=(3, 2))), ("aside",)),
    ]
    network, x, seen = lrp.Network(nodes), rng.normal(size=(2, 4)), []
    made: list[dict[str, np.ndarray]] = []
    honest = network._forward
    monkeypatch.setattr(network, "_forward", lambda *a: made.append(honest(*a)) or made[-1])
    whole = network.explain(x)
    lean = network.explain(x, keep=["a"], on_node=lambda name: seen.append((name, *(made[1] if made[1:] else ()))))
    assert set(lean.trace.values) == {"x", "a", "first", "second"} and set(lean.relevances) == {"x", "a", "first"}
    assert "relu" not in [values for name, *values in seen if name == "a"][-1], "gone before the pass has ended"
    np.testing.assert_array_equal(lean.relevance, whole.relevance)
    lean.ledger.check()
    assert [e.received.tolist() for e in lean.ledger.lines] == [e.received.tolist() for e in whole.ledger.lines]
    with pytest.raises(GraphError, match="keep: expected names among x, .*, got z"):
        network.explain(x, keep=["z"])
