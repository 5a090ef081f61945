"""Threads for the large sums: every item once, errors are raised in the caller, the same numbers on any number of threads."""

import threading

import numpy as np
import pytest

from lrp import arrays, parallel
from lrp.errors import InputError
from lrp.layers import Conv, Dense
from lrp.rules import fast, parse, propagation


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_every_item_is_done_once(threads, monkeypatch):
    monkeypatch.setenv("LRP_THREADS", str(threads))
    meet = threading.Barrier(threads)  # no job ends before all have begun
    done, jobs = [], []

    def job(items):
        jobs.append(parallel.threads())
        meet.wait(timeout=30)
        done.extend(items)

    parallel.run_parallel(job, range(1000))
    assert sorted(done) == list(range(1000)) and len(jobs) == threads
    if threads > 1:
        assert set(jobs) == {1}, "a job starts no threads of its own"


def test_no_more_jobs_than_items_and_none_for_none(monkeypatch):
    monkeypatch.setenv("LRP_THREADS", "4")
    jobs = []
    parallel.run_parallel(lambda items: jobs.append(list(items)), [7])
    parallel.run_parallel(lambda items: jobs.append(list(items)), [])
    assert jobs == [[7], []]


def test_errors_reach_the_caller(monkeypatch):
    monkeypatch.setenv("LRP_THREADS", "2")

    def job(items):
        for item in items:
            raise ValueError(f"item {item}")

    with pytest.raises(ValueError, match="item"):
        parallel.run_parallel(job, range(3))


@pytest.mark.parametrize("value", ["0", "-2", "two", "1.5", ""])
def test_a_wrong_number_of_threads_is_refused(value, monkeypatch):
    monkeypatch.setenv("LRP_THREADS", value)
    with pytest.raises(InputError, match="LRP_THREADS: expected a number of threads"):
        Dense(np.ones((2048, 2048))).compute(np.ones((8, 2048)))


@pytest.mark.parametrize("rows", [4, 5, 300])
@pytest.mark.parametrize("given", [True, False])
def test_products_in_blocks(rows, given, rng, monkeypatch):
    monkeypatch.setattr(parallel, "MIN_FLOPS", 1)
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


def test_pieces_that_threads_finish_together():
    assert parallel.pieces(10, 10) == [slice(0, 10)] and parallel.pieces(3, 0) == parallel.slices(3, 3)
    assert [piece.stop - piece.start for piece in parallel.pieces(56, 11)] == [7] * 8, "not five of 11 and one of 1"


@pytest.fixture(params=["1", "3"])
def small_pieces(request, monkeypatch):
    monkeypatch.setattr(parallel, "CACHE_ELEMENTS", 10)
    monkeypatch.setattr(parallel, "MIN_BLOCKS", 1)
    monkeypatch.setenv("LRP_THREADS", request.param)


@pytest.mark.parametrize("shape", [(1, 50), (7, 3), (2, 5, 4, 3), (1, 4, 1)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_pieces_are_the_whole(shape, dtype, rng, small_pieces):
    a, b = (rng.normal(size=shape).astype(dtype) for _ in range(2))
    y = parallel.map_blocks(lambda a, b: 2 * a / b, a, b)
    assert y.dtype == a.dtype and (y == 2 * a / b).all()
    assert (parallel.map_blocks(np.multiply, a, b[:1]) == a * b[:1]).all(), "arrays of different shapes"
    assert parallel.any_block(lambda a, b: (a > 0) & (b > 0), a, b) == ((a > 0) & (b > 0)).any()
    assert not parallel.any_block(lambda a: a > 1e9, a)
    a.ravel()[-1] = 1e10
    assert parallel.any_block(lambda a: a > 1e9, a)


@pytest.mark.parametrize("shape", [(1, 9000), (3, 50, 7), (2, 70, 4, 3), (5, 2)])
@pytest.mark.parametrize("shift", [0, 100], ids=["of both signs", "positive"])
def test_sums_in_pieces(shape, shift, rng, small_pieces):
    a, weight = rng.normal(size=shape) + shift, rng.normal(size=shape[-1])
    axes = tuple(range(1, a.ndim))
    expected = {
        arrays.sum_per_sample: a.sum(axes),
        arrays.sum_abs: abs(a).sum(axes),
        lambda a: arrays.weighted_sum(a, weight): (a * weight).sum(axes),
        lambda a: arrays.weighted_sum_abs(a, weight): abs(a * weight).sum(axes),
    }
    for function, sums in expected.items():
        np.testing.assert_allclose(function(a), sums, rtol=1e-12, atol=1e-12 * abs(a).sum())
        single = function(a.astype("float32"))
        assert single.dtype == np.float64
        np.testing.assert_allclose(single, sums, rtol=0, atol=8 * np.finfo("float32").eps * abs(a).max() * a.size)


def test_sums_hear_errors_and_what_is_not_a_number(rng, small_pieces):
    a = rng.normal(size=(2, 40))
    a[1, 30] = np.nan
    for function in (arrays.sum_per_sample, arrays.sum_abs):
        assert np.isnan(function(a)).tolist() == [False, True]
    with pytest.raises(ZeroDivisionError):
        parallel.sum_blocks(lambda part: 1 // 0, a)


@pytest.mark.parametrize(
    "rule", ["epsilon:0.1", "alpha_beta:2,1", "gamma", "flat", "zero", "z_plus", "w_square", "z_box:-9,9"]
)
def test_an_explanation_in_pieces(rule, rng, small_pieces, monkeypatch):
    """With neurons whose denominator is 0, with and without relevance; large arrays take the place of others."""
    for module in (fast, propagation):
        monkeypatch.setattr(module, "MAX_DEFERRED", 0)
    weight = rng.normal(size=(3, 3, 2, 5))
    weight[..., 1] = 0
    layer, x = Conv(weight, rng.normal(size=5) * [1, 0, 1, 1, 1], padding=1), rng.normal(size=(2, 6, 4, 2))
    y, shares = layer.compute(x), []
    given = [a.copy() for a in (x, y)]
    R = rng.normal(size=y.shape) * (rng.uniform(size=y.shape) > 0.3)
    for piece in (parallel.CACHE_ELEMENTS, 10**9):
        monkeypatch.setattr(parallel, "CACHE_ELEMENTS", piece)
        shares.append(layer.distribute(R, parse(rule), (x,), y))
    one, other = shares
    assert (x == given[0]).all() and (y == given[1]).all()
    np.testing.assert_allclose(one.parts[0], other.parts[0], rtol=1e-12)
    for name in ("bias", "stabilizer", "dropped", "gross"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("rule", ["zero", "z_plus", "alpha_beta:2,1"])
def test_no_relevance_is_written_over_activations(rule, rng, small_pieces, monkeypatch):
    """With no denominator 0: those of `zero` are the layer's own output."""
    for module in (fast, propagation):
        monkeypatch.setattr(module, "MAX_DEFERRED", 0)
    layer, x = Dense(rng.normal(size=(4, 9)), rng.normal(size=9)), rng.normal(size=(3, 4))
    y = layer.compute(x)
    R, given = rng.normal(size=y.shape), [a.copy() for a in (x, y)]
    kept = R.copy()
    layer.distribute(R, parse(rule), (x,), y)
    assert all((a == b).all() for a, b in zip((x, y, R), (*given, kept), strict=True))
