"""Threads for large sums and products. NumPy releases the GIL while it computes, so threads run side by side.

The environment variable LRP_THREADS sets their number (default 1). Set OPENBLAS_NUM_THREADS=1 with it, so that BLAS
starts no threads of its own inside these. The blocks do not depend on the number of threads, so the results do not
either.
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
MATMUL_BLOCKS = 4  # blocks of rows or columns of a large matrix product
MIN_FLOPS = 1 << 22  # multiplications below which one thread is faster: about 0.1 ms of work
CACHE_ELEMENTS = 1 << 17  # elements of a block, so that it stays in the cache: 0.5 MiB of float32
MIN_BLOCKS = 8  # arrays of fewer blocks are not divided: waking a thread would take longer
MIN_ROWS = 256  # a product with fewer rows is divided by columns
_thread = threading.local()  # .busy: whether this thread is running a job


def threads() -> int:
    """The number of threads for a computation: LRP_THREADS, or 1 inside a job that already runs on several."""
    if getattr(_thread, "busy", False):
        return 1
    setting = os.environ.get("LRP_THREADS", "1")
    if not setting.isdecimal() or int(setting) < 1:
        raise InputError(f"LRP_THREADS: expected a number of threads, at least 1, got {setting!r}; set it, or unset it")
    return int(setting)


def run_parallel(job: Callable[[Iterator[T]], None], items: Iterable[T]) -> None:
    """Call job(iterator) on each thread. All calls share one iterator, so each item is processed once.

    A job is called once per thread, so it can allocate a workspace. An exception of a job is raised here.
    """
    work = list(items)
    count = min(threads(), len(work)) if len(work) > 1 else 1
    if count == 1:
        return job(iter(work))
    queue = iter(work)  # one iterator shared by the threads: next() of a list's iterator is atomic under the GIL
    pool = _pool(os.getpid(), count - 1)
    others = [pool.submit(_run_marked, job, queue) for _ in range(count - 1)]
    try:
        _run_marked(job, queue)
    finally:
        begun = [other for other in others if not other.cancel()]
        wait(begun)
    for other in begun:
        other.result()


@lru_cache(maxsize=4)
def _pool(process: int, count: int) -> ThreadPoolExecutor:
    """A pool of waiting threads: starting threads anew would take longer than many sums. One pool per process."""
    return ThreadPoolExecutor(count, "lrp-sums")


def _run_marked(job: Callable[[Iterator[T]], None], queue: Iterator[T]) -> None:
    _thread.busy = True
    try:
        job(queue)
    finally:
        _thread.busy = False


def matmul(a: Array, b: Array, out: Array | None = None) -> Array:
    """a @ b for matrices of floats; a large product is computed in blocks of rows or columns."""
    if len(a) < MATMUL_BLOCKS or len(a) * b.size < MIN_FLOPS:
        return np.matmul(a, b, out=out)
    y = np.empty((len(a), b.shape[1]), a.dtype) if out is None else out

    def job(blocks: Iterator[slice]) -> None:
        for block in blocks:
            if len(a) >= MIN_ROWS:
                np.matmul(a[block], b, out=y[block])
            else:
                np.matmul(a, b[:, block], out=y[:, block])

    run_parallel(job, slices(len(a) if len(a) >= MIN_ROWS else b.shape[1], MATMUL_BLOCKS))
    return y


def map_blocks(function: Callable[..., Array], *xs: Array, out: Array | None = None) -> Array:
    """function(*xs) for an elementwise function; large arrays are processed in blocks.

    out: optional output buffer of the result's shape and dtype; may alias one of xs. Only large arrays use it.
    """
    flat = _flat(xs)
    if not flat:
        return function(*xs)
    y = np.empty(xs[0].shape, function(*(x[:1] for x in flat)).dtype) if out is None else out
    to = y.reshape(-1)

    def job(parts: Iterator[slice]) -> None:
        for part in parts:
            to[part] = function(*(x[part] for x in flat))

    run_parallel(job, pieces(len(to), CACHE_ELEMENTS))
    return y


def any_block(test: Callable[..., Array], *xs: Array) -> bool:
    """Whether an elementwise test holds for any element; large arrays are tested in blocks until one is found."""
    flat = _flat(xs)
    if not flat:
        return bool(test(*xs).any())
    found: list[slice] = []

    def job(parts: Iterator[slice]) -> None:
        for part in parts:
            if found or test(*(x[part] for x in flat)).any():
                found.append(part)
                return

    run_parallel(job, pieces(len(flat[0]), CACHE_ELEMENTS))
    return bool(found)


def sum_blocks(function: Callable[[Array], Array], x: Array) -> Array:
    """function(x) for a sum over all axes but the first, (n, ...) -> (n,); a large x is summed in blocks."""
    if x.size < MIN_BLOCKS * CACHE_ELEMENTS or x.dtype.hasobject or x.ndim < 2:
        return function(x)
    whole = prod(x.shape[1:])
    samples = pieces(len(x), CACHE_ELEMENTS // whole)
    lines = pieces(x.shape[1], x.shape[1] if whole <= CACHE_ELEMENTS else CACHE_ELEMENTS * x.shape[1] // whole)
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
    """The arrays as vectors if they are large, contiguous and of one shape; otherwise []."""
    if xs[0].size < MIN_BLOCKS * CACHE_ELEMENTS or not all(x.shape == xs[0].shape and x.flags.c_contiguous for x in xs):
        return []
    return [x.reshape(-1) for x in xs]


def slices(length: int, parts: int) -> list[slice]:
    """range(length) as at most `parts` slices of nearly equal size."""
    ends = [length * part // parts for part in range(parts + 1)]
    return [slice(start, stop) for start, stop in zip(ends, ends[1:]) if stop > start]


def pieces(length: int, most: int) -> list[slice]:
    """range(length) as slices of nearly equal size, each of at most `most`; their number suits the threads."""
    parts = -(-length // max(1, most))
    return slices(length, parts if parts < 2 else min(length, -(-parts // MATMUL_BLOCKS) * MATMUL_BLOCKS))
