"""Threads for the large sums: every item once, errors heard, the same numbers on any number of threads."""

import threading

import numpy as np
import pytest

from lrp import parallel
from lrp.errors import InputError
from lrp.layers import Conv, Dense


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_every_item_is_done_once(threads, monkeypatch):
    monkeypatch.setenv("LRP_THREADS", str(threads))
    meet = threading.Barrier(threads)  # no job ends before all have begun
    done, jobs = [], []

    def job(items):
        jobs.append(parallel.threads())
        meet.wait(timeout=30)
        done.extend(items)

    parallel.share(job, range(1000))
    assert sorted(done) == list(range(1000)) and len(jobs) == threads
    if threads > 1:
        assert set(jobs) == {1}, "a job starts no threads of its own"


def test_no_more_jobs_than_items_and_none_for_none(monkeypatch):
    monkeypatch.setenv("LRP_THREADS", "4")
    jobs = []
    parallel.share(lambda items: jobs.append(list(items)), [7])
    parallel.share(lambda items: jobs.append(list(items)), [])
    assert jobs == [[7], []]


def test_errors_reach_the_caller(monkeypatch):
    monkeypatch.setenv("LRP_THREADS", "2")

    def job(items):
        for item in items:
            raise ValueError(f"item {item}")

    with pytest.raises(ValueError, match="item"):
        parallel.share(job, range(3))


@pytest.mark.parametrize("said", ["0", "-2", "two", "1.5", ""])
def test_a_wrong_number_of_threads_is_said(said, monkeypatch):
    monkeypatch.setenv("LRP_THREADS", said)
    with pytest.raises(InputError, match="LRP_THREADS: expected a number of threads"):
        Dense(np.ones((2048, 2048))).compute(np.ones((8, 2048)))


@pytest.mark.parametrize("rows", [4, 5, 300])
@pytest.mark.parametrize("given", [True, False])
def test_products_in_blocks(rows, given, rng, monkeypatch):
    monkeypatch.setattr(parallel, "LARGE", 1)
    monkeypatch.setenv("LRP_THREADS", "3")
    a, b = rng.normal(size=(rows, 7)), rng.normal(size=(11, 7)).T
    out = np.empty((rows, 11)) if given else None
    y = parallel.matmul(a, b, out)
    assert y is out or not given
    np.testing.assert_allclose(y, np.einsum("ik,kj->ij", a, b), rtol=1e-12)


def test_results_do_not_depend_on_the_number_of_threads(rng, monkeypatch):
    x = rng.normal(size=(1, 30, 30, 16)).astype("float32")
    layers = Conv(rng.normal(size=(3, 3, 16, 20)), padding=1), Conv(rng.normal(size=(5, 5, 16, 20)), stride=2)
    found = []
    for threads in "13":
        monkeypatch.setenv("LRP_THREADS", threads)
        for layer in layers:
            conv = layer.astype("float32")
            y = conv.compute(x)
            found.append((y, *conv.pullback(y, (x,), y)))
    for one, three in zip(found[:2], found[2:]):
        assert all((a == b).all() for a, b in zip(one, three))


def test_pieces_are_of_nearly_the_same_size():
    assert [range(10)[piece] for piece in parallel.slices(10, 4)] == [
        range(0, 2), range(2, 5), range(5, 7), range(7, 10)
    ]  # fmt: skip
    assert parallel.slices(2, 4) == [slice(0, 1), slice(1, 2)] and parallel.slices(0, 4) == []
