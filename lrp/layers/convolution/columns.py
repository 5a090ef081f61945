"""Convolution by columns: the windows of a block of outputs side by side in one matrix, which meets the whole kernel.

The matrix has a row for each output and a column for each kernel offset and channel. Its rows come first in memory;
with few channels its columns do: then what is copied in one go is a line of the picture and not a few numbers of it.
For strides, few channels and small pictures; `float32.py` says when. Shapes are those of `plain.correlate`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, product
from math import prod

import numpy as np
from numpy.lib.stride_tricks import as_strided

from lrp import parallel
from lrp.arrays import Array
from lrp.layers.windows import Windows

# `python benchmarks/time_conv.py` measures what these decide.
BLOCK = 1 << 19  # numbers in a block's matrix, 2 MiB
LEAST = 1 << 16  # numbers in a block that is worth a thread
ROWS = 256  # rows of a block that is: with fewer, its product is divided by columns
FEW_CHANNELS = 4  # fewer than these: columns come first in memory
SHORT = 32  # fewer channels: a transpose copies its outputs rather than add up pieces as short as this

Block = tuple[slice, slice]  # samples, and lines of each


def columns_apply(windows: Windows, weight: Array, x: Array) -> Array:
    """sum over the kernel of x @ weight: x (n, *spatial, in), weight (*kernel, in, out) -> (n, *windows, out)."""
    spatial, channels = x.shape[1:-1], x.shape[-1]
    y = np.empty((len(x), *windows.output(spatial), weight.shape[-1]), np.float32)
    view, kernel = windows.view(windows.padded(x), spatial), weight.reshape(-1, weight.shape[-1])
    taps = (slice(None),) * len(windows.size)

    def job(blocks: Iterator[Block]) -> None:
        buffer = np.empty(most, np.float32)
        for block in blocks:
            some = y[block]
            matrix, columns = _matrix(buffer, some.shape[:-1], windows.size, channels)
            np.copyto(columns, view[(*taps, *block)])
            parallel.matmul(matrix, kernel, some.reshape(len(matrix), -1))

    blocks, most = _blocks(y.shape[:-1], len(kernel))
    parallel.run_parallel(job, blocks)
    return y


def columns_adjoint(windows: Windows, weight: Array, s: Array, shape: tuple[int, ...]) -> Array:
    """The transpose of columns_apply: s (n, *windows, out) -> shape (n, *spatial, in).

    Of stride 1 it is a convolution with the flipped kernel, for few channels by the columns of s.
    """
    spatial, channels = shape[1:-1], shape[-1]
    turned = windows.turned(spatial)
    if turned is None:
        return _scattered(windows, weight, s, shape)
    if channels < FEW_CHANNELS:
        return _gathered(turned, flip_kernel(weight), s)
    if channels < SHORT:
        return columns_apply(turned, flip_kernel(weight), s)
    return _scattered(windows, weight, s, shape)


def flip_kernel(weight: Array) -> Array:
    """The kernel of the transpose: (*kernel, in, out) -> (*kernel, out, in), a view."""
    return weight[(slice(None, None, -1),) * (weight.ndim - 2)].swapaxes(-1, -2)


def _gathered(windows: Windows, weight: Array, s: Array) -> Array:
    """columns_apply() of stride 1 for few outputs: products with each kernel offset first, then their sum, shifted."""
    spatial, axes, features = s.shape[1:-1], len(windows.size), weight.shape[-1]
    padded, more = windows.padded(s), windows.extents()[0] - 1
    kernel = weight.transpose(axes, *range(axes), -1).reshape(weight.shape[axes], -1)  # (in, *kernel * out)
    y = np.empty((len(s), *windows.output(spatial), features), np.float32)

    def job(blocks: Iterator[Block]) -> None:
        buffer = np.empty(most, np.float32)
        for samples, lines in blocks:
            source = padded[samples, lines.start : lines.stop + more]
            matrix, columns = _matrix(buffer, source.shape[:-1], windows.size, features)
            parallel.matmul(source.reshape(len(matrix), -1), kernel, matrix)
            some, steps = y[samples, lines], columns.strides
            along = (step + d * line for step, d, line in zip(steps, windows.steps, steps[axes + 1 :]))
            shifted = as_strided(columns, (*windows.size, *some.shape), (*along, *steps[axes:]))
            some[...] = np.add.reduce(shifted, axis=tuple(range(axes)))

    blocks, most = _blocks((len(s), len(y[0]), *padded.shape[2:-1]), kernel.shape[1], more)
    parallel.run_parallel(job, blocks)
    return y


def _scattered(windows: Windows, weight: Array, s: Array, shape: tuple[int, ...]) -> Array:
    """columns_adjoint() for any stride: the columns of each block are added to where they came from."""
    spatial, channels = shape[1:-1], shape[-1]
    lengths = windows.padded_spatial(spatial)
    padded = np.zeros((len(s), *lengths, channels), np.float32)
    if channels < FEW_CHANNELS:
        padded = np.moveaxis(np.zeros((channels, len(s), *lengths), np.float32), 0, -1)
    kernel = weight.reshape(-1, weight.shape[-1])
    blocks, most = _blocks(s.shape[:-1], len(kernel))
    by_sample = [list(group) for _, group in groupby(blocks, lambda block: block[0].start)]

    def job(samples: Iterator[list[Block]]) -> None:  # blocks of one sample overlap: one thread adds them up
        buffer = np.empty(most, np.float32)
        for block in (block for blocks in samples for block in blocks):
            some = s[block]
            matrix, columns = _matrix(buffer, some.shape[:-1], windows.size, channels)
            parallel.matmul(some.reshape(len(matrix), -1), kernel.T, matrix)
            for offset, tap in windows.taps(spatial):
                padded[block[0]][tap][:, block[1]] += columns[offset]

    parallel.run_parallel(job, by_sample)
    return np.ascontiguousarray(windows.cropped(padded, spatial))


def _matrix(buffer: Array, shape: tuple[int, ...], size: tuple[int, ...], channels: int) -> tuple[Array, Array]:
    """The matrix of outputs (n, *windows) in a buffer, and the same numbers as (*size, n, *windows, channels)."""
    rows, width, axes, inner = prod(shape), prod(size) * channels, len(size), len(shape)
    if channels < FEW_CHANNELS:
        work = buffer[: rows * width].reshape(*size, channels, *shape)
        return work.reshape(width, rows).T, work.transpose(*range(axes), *range(axes + 1, work.ndim), axes)
    work = buffer[: rows * width].reshape(*shape, *size, channels)
    return work.reshape(rows, width), work.transpose(*range(inner, inner + axes), *range(inner), -1)


def _blocks(shape: tuple[int, ...], width: int, more: int = 0) -> tuple[list[Block], int]:
    """Outputs (n, lines, ...) in blocks of whole samples, or of lines of one sample; and the numbers of the largest.

    A block has a matrix of BLOCK numbers or fewer and, if the outputs are many, is one of four at least.
    more: lines that the matrix has in excess for each sample.
    """
    count, length, line = shape[0], shape[1], prod(shape[2:])
    fair = max(-(-count * length // parallel.MATMUL_BLOCKS), LEAST // (width * line), ROWS // line)
    room = min(fair, BLOCK // (width * line))
    whole = room >= length + more
    samples = parallel.pieces(count, room // (length + more) if whole else 1)
    lines = parallel.pieces(length, length if whole else room - more)
    largest = max(some.stop - some.start for some in samples) * (max(some.stop - some.start for some in lines) + more)
    return list(product(samples, lines)), largest * line * width
