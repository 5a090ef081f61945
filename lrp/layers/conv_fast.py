"""Convolution without groups in float32: the same sums as the plain loop of `conv`, in an order that BLAS likes.

Two methods, chosen by shape in `by_shifts`:

    shifted   stride 1. In a padded picture laid out as a matrix (positions, channels), the input of a kernel offset is
              the same matrix some rows further on. So each offset is one matrix product on contiguous rows, and their
              sum is the result. Rows that belong to the padding are computed too and thrown away.
    columns   strides, few channels, small pictures. The windows of a block of outputs are copied side by side into a
              matrix (positions, kernel * channels), which meets the whole kernel in one product.

Both go through the pictures in blocks that stay in the cache, with a workspace for each thread of `lrp.parallel`.
x, s, weight and results are as in `conv.correlate` and `conv.correlate_adjoint`; neither rounds more than a sum in
another order does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import prod

import numpy as np
from numpy.lib.stride_tricks import as_strided

from lrp import parallel
from lrp.arrays import Array
from lrp.layers.windows import Windows

# `python benchmarks/time_conv.py` measures both methods on many shapes and prints this table anew.
BLOCK = 1 << 19  # numbers in a block's workspace, 2 MiB
LEAST = 1 << 16  # numbers in a block that is worth a thread, if the picture can be divided into such
SHIFTED_CHANNELS = 16  # columns for fewer input channels
SHIFTED_ROWS = 128  # columns for fewer rows (outputs, and what is thrown away) in a sample
SHIFTED_WASTE = 1.5  # columns for more rows than this for each output
COPIED = 1 << 17  # numbers that the columns of a transpose may copy; above, its columns are added instead


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
    if windows.are_points(spatial):
        return parallel.matmul(x.reshape(-1, channels), weight.reshape(channels, -1)).reshape(*x.shape[:-1], -1)
    if by_shifts(windows, spatial, channels):
        return _shifted(windows, weight, x)
    return _columns(windows, weight, x)


def fast_adjoint(windows: Windows, weight: Array, s: Array, shape: tuple[int, ...]) -> Array:
    """The transpose of fast_apply: s (n, *windows, out) -> shape (n, *spatial, in)."""
    spatial, channels = shape[1:-1], shape[-1]
    if windows.are_points(spatial):
        return parallel.matmul(s.reshape(-1, s.shape[-1]), weight.reshape(channels, -1).T).reshape(len(s), *shape[1:])
    turned = _turned(windows, spatial) if set(windows.stride) == {1} else None
    if turned is not None:
        transposed = np.flip(weight, tuple(range(len(windows.size)))).swapaxes(-1, -2)
        if by_shifts(windows, spatial, channels):
            return _shifted(turned, transposed, s)
        if len(s) * prod(spatial) * prod(weight.shape[:-2]) * weight.shape[-1] <= COPIED:
            return _columns(turned, transposed, s)
    return _columns_adjoint(windows, weight, s, shape)


def _turned(windows: Windows, spatial: tuple[int, ...]) -> Windows | None:
    """The windows of the outputs that each input belongs to: the transpose of a convolution of stride 1 is another one.

    None where the padding is wider than the kernel: there are outputs that no input belongs to.
    """
    rows = zip(windows.extents(), windows.reach(spatial), strict=True)
    pads = tuple((extent - 1 - before, extent - 1 - after) for extent, (before, after) in rows)
    return None if min(min(pair) for pair in pads) < 0 else replace(windows, padding=pads, ceil=False)


def _shifted(windows: Windows, weight: Array, x: Array) -> Array:
    """fast_apply() by the first method; the weight may have any strides."""
    spatial, (channels, features) = x.shape[1:-1], weight.shape[-2:]
    output, inner = windows.output(spatial), windows.padded_spatial(spatial)[1:]
    line, more, above = prod(inner), windows.extents()[0] - 1, windows.reach(spatial)[0][0]
    last = sum((length - 1) * prod(inner[axis + 1 :]) for axis, length in enumerate(output[1:])) + 1
    further = [(_rows_further(windows, tap, inner), weight[tap]) for tap in np.ndindex(*windows.size)]
    valid = (slice(None), *map(slice, output[1:]))
    y = np.empty((len(x), *output, features), np.float32)
    lines = _lines((channels + 2 * features) * line, output[0])

    def job(blocks: Iterator[tuple[int, int]]) -> None:
        padded = np.zeros((lines + more, *inner, channels), np.float32)
        z, term = (np.empty((lines * line, features), np.float32) for _ in range(2))
        for sample, start in blocks:
            count = min(lines, output[0] - start)
            _fill(padded[: count + more], windows, x[sample], start - above)
            rows, source = (count - 1) * line + last, padded.reshape(-1, channels)
            for number, (shift, matrix) in enumerate(further):
                np.matmul(source[shift : shift + rows], matrix, out=(term if number else z)[:rows])
                if number:
                    z[:rows] += term[:rows]
            y[sample, start : start + count] = z[: count * line].reshape(count, *inner, features)[valid]

    parallel.share(job, [(sample, start) for sample in range(len(x)) for start in range(0, output[0], lines)])
    return y


def _fill(padded: Array, windows: Windows, picture: Array, first: int) -> None:
    """The lines from `first` on, counted without padding, of a picture; zeros where it has none."""
    start, stop = max(first, 0), min(first + len(padded), len(picture))
    reach = windows.reach(picture.shape[:-1])[1:]
    inner = tuple(slice(before, before + n) for (before, _), n in zip(reach, picture.shape[1:-1], strict=True))
    padded[: start - first] = padded[max(stop - first, 0) :] = 0
    if stop > start:
        padded[(slice(start - first, stop - first), *inner)] = picture[start:stop]


def _lines(numbers: int, length: int) -> int:
    """How many of `length` lines make a block, if a line has so many numbers: a workspace full, four blocks or more."""
    return max(1, min(BLOCK // numbers, max(-(-length // 4), LEAST // numbers), length))


def _rows_further(windows: Windows, tap: tuple[int, ...], inner: tuple[int, ...]) -> int:
    """How many rows further on a kernel offset finds its input."""
    places = (o * d for o, d in zip(tap, windows.steps, strict=True))
    return sum(place * prod(inner[axis:]) for axis, place in enumerate(places))


def _columns(windows: Windows, weight: Array, x: Array) -> Array:
    """fast_apply() by the second method."""
    y = np.empty((len(x), *windows.output(x.shape[1:-1]), weight.shape[-1]), np.float32)
    padded = np.ascontiguousarray(windows.padded(x))
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

    def job(samples: Iterator[slice]) -> None:
        for some in samples:
            for block, work in _window_blocks(y[some].shape, len(kernel)):
                np.copyto(work.reshape(view[some][block].shape), view[some][block])
                parallel.matmul(work, kernel, y[some][block].reshape(len(work), -1))

    parallel.share(job, parallel.slices(len(y), parallel.BLOCKS))
    return y


def _columns_adjoint(windows: Windows, weight: Array, s: Array, shape: tuple[int, ...]) -> Array:
    """fast_adjoint() by the second method: columns are added to where they came from."""
    spatial = shape[1:-1]
    padded = np.zeros((len(s), *windows.padded_spatial(spatial), shape[-1]), np.float32)
    kernel = weight.reshape(-1, weight.shape[-1])

    def job(samples: Iterator[slice]) -> None:
        for some in samples:
            for block, work in _window_blocks(s[some].shape, len(kernel)):
                given = s[some][block]
                parallel.matmul(given.reshape(len(work), -1), kernel.T, work)
                columns = work.reshape(*given.shape[:-1], *windows.size, -1)
                columns = np.moveaxis(columns, range(s.ndim - 1, columns.ndim - 1), range(len(windows.size)))
                for offset, tap in windows.taps(spatial):
                    padded[some][block[0]][tap][:, block[1]] += columns[offset]

    parallel.share(job, parallel.slices(len(s), parallel.BLOCKS))
    return windows.cropped(padded, spatial)


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
