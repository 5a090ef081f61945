"""Threads for the large sums: numpy gives Python's lock away while it computes.

LRP_THREADS says on how many (default 1). Set it together with OPENBLAS_NUM_THREADS=1: threads of BLAS inside of ours
would wait for one another. How the work is cut into blocks does not depend on the number of threads, so results do not.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np

from lrp.arrays import Array
from lrp.errors import InputError

T = TypeVar("T")
OURS = "lrp-sums"
BLOCKS = 4  # of a large product
LARGE = 1 << 22  # multiplications that are worth a thread: a tenth of a millisecond
ROWS = 256  # of a product, below which its columns are divided


def threads() -> int:
    """How many threads a sum may take: what LRP_THREADS says, but one on a thread that was started here."""
    if threading.current_thread().name.startswith(OURS):
        return 1
    said = os.environ.get("LRP_THREADS", "1")
    if not said.isdecimal() or int(said) < 1:
        raise InputError(f"LRP_THREADS: expected a number of threads, at least 1, got {said!r}; set it, or unset it")
    return int(said)


def share(job: Callable[[Iterator[T]], None], items: Iterable[T]) -> None:
    """job(iterator over the items); with several threads a job on each, which take their next item from one iterator.

    A job is called once a thread, so that it can keep a workspace. Raises what a job raised.
    """
    work = list(items)
    count = min(threads(), len(work)) if len(work) > 1 else 1
    if count == 1:
        return job(iter(work))
    queue = iter(work)  # a list's iterator hands out each entry once, whoever asks
    with ThreadPoolExecutor(count, OURS) as pool:
        for _ in pool.map(job, [queue] * count):
            pass


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

    share(job, slices(len(a) if len(a) >= ROWS else b.shape[1], BLOCKS))
    return y


def slices(length: int, parts: int) -> list[slice]:
    """range(length) in at most so many pieces of nearly the same size."""
    ends = [length * part // parts for part in range(parts + 1)]
    return [slice(start, stop) for start, stop in zip(ends, ends[1:]) if stop > start]
