"""Threads for the large sums: numpy gives Python's lock away while it computes.

LRP_THREADS says on how many (default 1). Set it together with OPENBLAS_NUM_THREADS=1: threads of BLAS inside of ours
would wait for one another. How the work is cut into pieces does not depend on the number of threads, so results do not.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from functools import lru_cache
from itertools import product
from math import prod
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from lrp.errors import InputError

Array = NDArray[Any]
T = TypeVar("T")
BLOCKS = 4  # of a large product
LARGE = 1 << 22  # multiplications that are worth a thread: a tenth of a millisecond
PIECE = 1 << 17  # numbers of an array that stay in the cache: half a MiB
MANY = 8  # pieces of an array that is worth being cut: below, to wake a thread takes longer
ROWS = 256  # of a product, below which its columns are divided
_here = threading.local()  # whether this thread is at work on a job


def threads() -> int:
    """How many threads a sum may take: what LRP_THREADS says, but one where that many are at work already."""
    if getattr(_here, "busy", False):
        return 1
    said = os.environ.get("LRP_THREADS", "1")
    if not said.isdecimal() or int(said) < 1:
        raise InputError(f"LRP_THREADS: expected a number of threads, at least 1, got {said!r}; set it, or unset it")
    return int(said)


def run_parallel(job: Callable[[Iterator[T]], None], items: Iterable[T]) -> None:
    """job(iterator over the items); with several threads a job on each, which take their next item from one iterator.

    A job is called once a thread, so that it can keep a workspace. Raises what a job raised.
    """
    work = list(items)
    count = min(threads(), len(work)) if len(work) > 1 else 1
    if count == 1:
        return job(iter(work))
    queue = iter(work)  # a list's iterator hands out each entry once, whoever asks
    pool = _pool(os.getpid(), count - 1)
    others = [pool.submit(_busily, job, queue) for _ in range(count - 1)]
    try:
        _busily(job, queue)
    finally:
        begun = [other for other in others if not other.cancel()]
        wait(begun)
    for other in begun:
        other.result()


@lru_cache(maxsize=4)
def _pool(process: int, count: int) -> ThreadPoolExecutor:
    """Threads that wait for jobs: to start them takes longer than many a sum. A forked process has its own."""
    return ThreadPoolExecutor(count, "lrp-sums")


def _busily(job: Callable[[Iterator[T]], None], queue: Iterator[T]) -> None:
    _here.busy = True
    try:
        job(queue)
    finally:
        _here.busy = False


def matmul(a: Array, b: Array, out: Array | None = None) -> Array:
    """a @ b for matrices of floats; a large product with several rows is computed in blocks of its rows or columns."""
    if len(a) < BLOCKS or len(a) * b.size < LARGE:
        return np.matmul(a, b, out=out)
    y = np.empty((len(a), b.shape[1]), a.dtype) if out is None else out

    def job(blocks: Iterator[slice]) -> None:
        for block in blocks:
            if len(a) >= ROWS:
                np.matmul(a[block], b, out=y[block])
            else:
                np.matmul(a, b[:, block], out=y[:, block])

    run_parallel(job, slices(len(a) if len(a) >= ROWS else b.shape[1], BLOCKS))
    return y


def map_blocks(function: Callable[..., Array], *xs: Array, over: Array | None = None) -> Array:
    """function(*xs), for a function that works entry by entry: large arrays in pieces.

    over: an array of the same shape and type, maybe one of xs, that a large result may take the place of.
    """
    flat = _flat(xs)
    if not flat:
        return function(*xs)
    y = np.empty(xs[0].shape, function(*(x[:1] for x in flat)).dtype) if over is None else over
    to = y.reshape(-1)

    def job(parts: Iterator[slice]) -> None:
        for part in parts:
            to[part] = function(*(x[part] for x in flat))

    run_parallel(job, pieces(len(to), PIECE))
    return y


def any_block(test: Callable[..., Array], *xs: Array) -> bool:
    """Whether a test that works entry by entry holds for any; of large arrays no further than it has to be asked."""
    flat = _flat(xs)
    if not flat:
        return bool(test(*xs).any())
    found: list[slice] = []

    def job(parts: Iterator[slice]) -> None:
        for part in parts:
            if found or test(*(x[part] for x in flat)).any():
                found.append(part)
                return

    run_parallel(job, pieces(len(flat[0]), PIECE))
    return bool(found)


def sum_blocks(function: Callable[[Array], Array], x: Array) -> Array:
    """function(x), for a sum over all axes but the first, (n, ...) -> (n,): of a large x from sums of its pieces."""
    if x.size < MANY * PIECE or x.dtype.hasobject or x.ndim < 2:
        return function(x)
    whole = prod(x.shape[1:])
    samples = pieces(len(x), PIECE // whole)
    lines = pieces(x.shape[1], x.shape[1] if whole <= PIECE else PIECE * x.shape[1] // whole)
    parts = list(product(samples, lines))
    sums: dict[int, Array] = {}

    def job(numbers: Iterator[int]) -> None:
        for number in numbers:
            sums[number] = function(x[parts[number]])

    run_parallel(job, range(len(parts)))
    total = np.zeros(len(x))
    for number, (some, _) in enumerate(parts):
        total[some] += sums[number]
    return total


def _flat(xs: tuple[Array, ...]) -> list[Array]:
    """The arrays as vectors, where they are large and of one shape; otherwise nothing."""
    if xs[0].size < MANY * PIECE or not all(x.shape == xs[0].shape and x.flags.c_contiguous for x in xs):
        return []
    return [x.reshape(-1) for x in xs]


def slices(length: int, parts: int) -> list[slice]:
    """range(length) in at most so many pieces of nearly the same size."""
    ends = [length * part // parts for part in range(parts + 1)]
    return [slice(start, stop) for start, stop in zip(ends, ends[1:]) if stop > start]


def pieces(length: int, most: int) -> list[slice]:
    """range(length) in pieces of nearly the same size, `most` or fewer: if several, threads can end together."""
    parts = -(-length // max(1, most))
    return slices(length, parts if parts < 2 else min(length, -(-parts // BLOCKS) * BLOCKS))
