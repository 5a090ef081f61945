"""Convolution without groups in float32: the same sums as the plain loop of `conv`, in an order that BLAS likes.

Two methods, chosen by shape in `by_shifts`:

    shifted   stride 1. In a padded picture laid out as a matrix (positions, channels), the input of a kernel offset is
              the same matrix some rows further on. So each offset is one matrix product on contiguous rows, added in
              place. Rows that belong to the padding are computed too and thrown away.
    columns   strides, few channels, small pictures. The windows of a block of outputs are copied side by side into a
              matrix (positions, kernel * channels), which meets the whole kernel in one product.

Both go through the picture in blocks that stay in the cache, in one workspace that is reused. x, s, weight and results
are as in `conv.plain_apply` and `conv.plain_adjoint`; neither rounds more than a sum in another order does.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import numpy as np
from numpy.lib.stride_tricks import as_strided
from scipy.linalg.blas import sgemm

from lrp.arrays import Array
from lrp.layers.windows import Windows

# `python benchmarks/time_conv.py` measures both methods on many shapes and prints this table anew.
BLOCK = 1 << 19  # numbers in a block's workspace, 2 MiB
SHIFTED_CHANNELS = 16  # columns for fewer input channels
SHIFTED_ROWS = 128  # columns for fewer rows (outputs, and what is thrown away) in a sample
SHIFTED_WASTE = 1.5  # columns for more rows than this for each output


def by_shifts(windows: Windows, spatial: tuple[int, ...], channels: int) -> bool:
    """Whether the method of shifted matrices is taken."""
    output, inner = windows.output(spatial), windows.padded_spatial(spatial)[1:]
    rows = output[0] * prod(inner)
    return (
        set(windows.stride) == {1}
        and channels >= SHIFTED_CHANNELS
        and rows >= SHIFTED_ROWS
        and rows <= SHIFTED_WASTE * prod(output)
    )


def fast_apply(windows: Windows, weight: Array, x: Array) -> Array:
    """sum over the kernel of x @ weight: x (n, *spatial, in), weight (*kernel, in, out) -> (n, *windows, out)."""
    spatial, channels = x.shape[1:-1], x.shape[-1]
    padded, weight = np.ascontiguousarray(windows.padded(x)), np.ascontiguousarray(weight)
    y = np.empty((len(x), *windows.output(spatial), weight.shape[-1]), np.float32)
    if windows.are_points(spatial):
        np.matmul(padded.reshape(-1, channels), weight.reshape(channels, -1), out=y.reshape(-1, y.shape[-1]))
    elif by_shifts(windows, spatial, channels):
        _shifted_apply(windows, weight, padded, y)
    else:
        _columns_apply(windows, weight, padded, y)
    return y


def fast_adjoint(windows: Windows, weight: Array, s: Array, shape: tuple[int, ...]) -> Array:
    """The transpose of fast_apply: s (n, *windows, out) -> shape (n, *spatial, in)."""
    spatial, channels = shape[1:-1], shape[-1]
    s, weight = np.ascontiguousarray(s), np.ascontiguousarray(weight)
    if windows.are_points(spatial):
        return np.asarray(s.reshape(-1, s.shape[-1]) @ weight.reshape(channels, -1).T).reshape(len(s), *shape[1:])
    padded = np.zeros((len(s), *windows.padded_spatial(spatial), channels), np.float32)
    if by_shifts(windows, spatial, channels):
        _shifted_adjoint(windows, weight, s, padded)
    else:
        _columns_adjoint(windows, weight, s, padded, spatial)
    return windows.cropped(padded, spatial)


def _shifted_apply(windows: Windows, weight: Array, padded: Array, y: Array) -> None:
    inner, features = padded.shape[2:-1], y.shape[-1]
    valid = (slice(None), *map(slice, y.shape[2:-1]))
    work = _workspace(padded.shape, y.shape)
    for picture, result in zip(padded.reshape(len(padded), -1, padded.shape[-1]), y, strict=True):
        for lines, rows, first in _line_blocks(work, inner, y.shape[1:-1]):
            for number, (tap, offset) in enumerate(_offsets(windows, inner)):
                x = picture[first + offset : first + offset + rows]
                # row-major y = x @ w is column-major y^T = w^T x^T; beta = 1 adds to what is there
                sgemm(1, weight[tap].T, x.T, min(number, 1), work[:rows].T, overwrite_c=1)
            wide = work[: (lines.stop - lines.start) * prod(inner)].reshape(-1, *inner, features)
            result[lines] = wide[valid]


def _shifted_adjoint(windows: Windows, weight: Array, s: Array, padded: Array) -> None:
    inner, features = padded.shape[2:-1], s.shape[-1]
    valid = (slice(None), *map(slice, s.shape[2:-1]))
    work = _workspace(padded.shape, s.shape)
    for given, picture in zip(s, padded.reshape(len(padded), -1, padded.shape[-1]), strict=True):
        for lines, rows, first in _line_blocks(work, inner, s.shape[1:-1]):
            wide = work[: (lines.stop - lines.start) * prod(inner)].reshape(-1, *inner, features)
            wide[valid] = given[lines]  # the rows of the padding stay 0
            for tap, offset in _offsets(windows, inner):
                target = picture[first + offset : first + offset + rows]
                sgemm(1, weight[tap].T, work[:rows].T, 1, target.T, trans_a=1, overwrite_c=1)


def _workspace(padded: tuple[int, ...], output: tuple[int, ...]) -> Array:
    """Zeros for as many lines of the output, padding included, as fit into a block."""
    line = prod(padded[2:-1])
    lines = min(max(1, BLOCK // ((padded[-1] + output[-1]) * line)), output[1])
    return np.zeros((lines * line, output[-1]), np.float32)


def _line_blocks(work: Array, inner: tuple[int, ...], output: tuple[int, ...]) -> Iterator[tuple[slice, int, int]]:
    """Blocks of entries of the first output axis: (which, how many rows to compute, the first row in the picture)."""
    line = prod(inner)
    step = len(work) // line
    last = sum((length - 1) * prod(inner[axis + 1 :]) for axis, length in enumerate(output[1:])) + 1
    for start in range(0, output[0], step):
        stop = min(start + step, output[0])
        yield slice(start, stop), (stop - start - 1) * line + last, start * line


def _offsets(windows: Windows, inner: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], int]]:
    """Each kernel offset, and how many rows further on it finds its input."""
    for tap in np.ndindex(*windows.size):
        places = (o * d for o, d in zip(tap, windows.steps, strict=True))
        yield tap, sum(place * prod(inner[axis:]) for axis, place in enumerate(places))


def _columns_apply(windows: Windows, weight: Array, padded: Array, y: Array) -> None:
    steps, stride = padded.strides[1:-1], windows.stride
    outer = (st * s for st, s in zip(steps, stride, strict=True))
    within = (st * d for st, d in zip(steps, windows.steps, strict=True))
    view = as_strided(
        padded,
        (*y.shape[:-1], *windows.size, padded.shape[-1]),
        (padded.strides[0], *outer, *within, padded.strides[-1]),
        writeable=False,
    )
    kernel = weight.reshape(-1, weight.shape[-1])
    for block, work in _window_blocks(y.shape, len(kernel)):
        np.copyto(work.reshape(view[block].shape), view[block])
        np.matmul(work, kernel, out=y[block].reshape(len(work), -1))


def _columns_adjoint(windows: Windows, weight: Array, s: Array, padded: Array, spatial: tuple[int, ...]) -> None:
    kernel = weight.reshape(-1, weight.shape[-1])
    for block, work in _window_blocks(s.shape, len(kernel)):
        np.matmul(s[block].reshape(len(work), -1), kernel.T, out=work)
        columns = work.reshape(*s[block].shape[:-1], *windows.size, -1)
        columns = np.moveaxis(columns, range(s.ndim - 1, columns.ndim - 1), range(len(windows.size)))
        for offset, tap in windows.taps(spatial):
            padded[block[0]][tap][:, block[1]] += columns[offset]


def _window_blocks(shape: tuple[int, ...], width: int) -> Iterator[tuple[tuple[slice, slice], Array]]:
    """Blocks of whole samples, or of lines of one sample, with a workspace of a row of `width` for each output."""
    line = prod(shape[2:-1])
    lines = min(max(1, BLOCK // ((width + shape[-1]) * line)), shape[0] * shape[1])
    samples = max(1, lines // shape[1])
    lines = min(lines, shape[1])
    work = np.empty((samples * lines * line, width), np.float32)
    for sample in range(0, shape[0], samples):
        for start in range(0, shape[1], lines):
            count = min(samples, shape[0] - sample) * min(lines, shape[1] - start) * line
            yield (slice(sample, sample + samples), slice(start, start + lines)), work[:count]
