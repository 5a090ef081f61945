"""Convolution without groups in float32: the same sums as `plain.py`, in an order that BLAS likes.

Two methods, chosen by shape in `by_shifts`:

    shifted   stride 1. In a padded picture laid out as a matrix (positions, channels), the input of a kernel offset is
              the same matrix some rows further on. So each offset is one matrix product on contiguous rows, and their
              sum is the result. Rows that belong to the padding are computed too and thrown away.
    columns   strides, few channels, small pictures: see `columns.py`.

Both go through the pictures in blocks that stay in the cache, with a workspace for each thread of `lrp.parallel`.
x, s, weight and results are as in `plain.correlate` and `plain.correlate_adjoint`; neither rounds more than a sum in
another order does.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod

import numpy as np

from lrp import parallel
from lrp.arrays import Array
from lrp.layers.convolution.columns import columns_adjoint, columns_apply, flip_kernel
from lrp.layers.windows import Windows

# `python benchmarks/time_conv.py` measures both methods on many shapes and prints this table anew.
BLOCK = 1 << 19  # numbers in a block's workspace, 2 MiB
LEAST = 1 << 16  # numbers in a block that is worth a thread, if the picture can be divided into such
SHIFTED_CHANNELS = 64  # columns for fewer input channels
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
    if windows.are_points(spatial):
        return parallel.matmul(x.reshape(-1, channels), weight.reshape(channels, -1)).reshape(*x.shape[:-1], -1)
    if by_shifts(windows, spatial, channels):
        return _shifted(windows, weight, x)
    return columns_apply(windows, weight, x)


def fast_adjoint(windows: Windows, weight: Array, s: Array, shape: tuple[int, ...]) -> Array:
    """The transpose of fast_apply: s (n, *windows, out) -> shape (n, *spatial, in)."""
    spatial, channels = shape[1:-1], shape[-1]
    if windows.are_points(spatial):
        return parallel.matmul(s.reshape(-1, s.shape[-1]), weight.reshape(channels, -1).T).reshape(len(s), *shape[1:])
    turned = windows.turned(spatial)
    if turned is not None and by_shifts(windows, spatial, channels):
        return _shifted(turned, flip_kernel(weight), s)
    return columns_adjoint(windows, weight, s, shape)


def _shifted(windows: Windows, weight: Array, x: Array) -> Array:
    """fast_apply() by the first method; the weight may have any strides."""
    spatial, (channels, features) = x.shape[1:-1], weight.shape[-2:]
    output, inner = windows.output(spatial), windows.padded_spatial(spatial)[1:]
    line, more, above = prod(inner), windows.extents()[0] - 1, windows.reach(spatial)[0][0]
    last = sum((length - 1) * prod(inner[axis + 1 :]) for axis, length in enumerate(output[1:])) + 1
    further = [(_rows_further(windows, tap, inner), weight[tap]) for tap in np.ndindex(*windows.size)]
    valid = (slice(None), *map(slice, output[1:]))
    y = np.empty((len(x), *output, features), np.float32)
    blocks, (lines, width) = _blocks((channels, features), line, output[0], weight.size)

    def job(blocks: Iterator[tuple[int, tuple[slice, slice]]]) -> None:
        padded = np.zeros((lines + more, *inner, channels), np.float32)
        workspaces = [np.empty(lines * line * width, np.float32) for _ in range(2)]
        for sample, (some, part) in blocks:
            count, parts = some.stop - some.start, part.stop - part.start
            _fill(padded[: count + more], windows, x[sample], some.start - above)
            rows, source = (count - 1) * line + last, padded.reshape(-1, channels)
            z, term = (work[: count * line * parts].reshape(-1, parts) for work in workspaces)
            for number, (shift, matrix) in enumerate(further):
                np.matmul(source[shift : shift + rows], matrix[:, part], out=(term if number else z)[:rows])
                if number:
                    z[:rows] += term[:rows]
            y[sample, some, ..., part] = z.reshape(count, *inner, parts)[valid]

    parallel.run_parallel(job, product(range(len(x)), blocks))
    return y


def _blocks(
    widths: tuple[int, int], line: int, length: int, weights: int
) -> tuple[list[tuple[slice, slice]], tuple[int, int]]:
    """(lines, features) in blocks, four or more of a large picture; and the most lines and features of one.

    Each block reads its part of the weight: a weight larger than the picture is what is divided.
    """
    channels, features = widths
    parts = [slice(0, features)]
    if weights > channels * line * length:
        parts = parallel.slices(features, parallel.MATMUL_BLOCKS)
    width = max(part.stop - part.start for part in parts)
    numbers = (channels + 2 * width) * line
    least = length if len(parts) > 1 else max(-(-length // parallel.MATMUL_BLOCKS), LEAST // numbers)
    lines = parallel.pieces(length, min(BLOCK // numbers, least))
    return list(product(lines, parts)), (max(some.stop - some.start for some in lines), width)


def _fill(padded: Array, windows: Windows, picture: Array, first: int) -> None:
    """The lines from `first` on, counted without padding, of a picture; zeros where it has none."""
    start, stop = max(first, 0), min(first + len(padded), len(picture))
    reach = windows.reach(picture.shape[:-1])[1:]
    inner = tuple(slice(before, before + n) for (before, _), n in zip(reach, picture.shape[1:-1], strict=True))
    padded[: start - first] = padded[max(stop - first, 0) :] = 0
    if stop > start:
        padded[(slice(start - first, stop - first), *inner)] = picture[start:stop]


def _rows_further(windows: Windows, tap: tuple[int, ...], inner: tuple[int, ...]) -> int:
    """How many rows further on a kernel offset finds its input."""
    places = (o * d for o, d in zip(tap, windows.steps, strict=True))
    return sum(place * prod(inner[axis:]) for axis, place in enumerate(places))
