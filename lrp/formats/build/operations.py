"""Operations of channels-first frameworks on a `Builder`: arguments as the frameworks have them, nodes as ours are.

Weights come in the layout that torch, Chainer, Caffe and ONNX share: convolution (out, in/groups, *kernel), transposed
convolution (in, out/groups, *kernel). Axes are those of the file, the samples on axis 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.formats.build.builder import Builder, Tensor
from lrp.layers import (
    LRN,
    Add,
    Affine,
    AvgPool,
    BatchNorm,
    Concat,
    Conv,
    GlobalAvgPool,
    GlobalMaxPool,
    Layer,
    MaxPool,
    Multiply,
    PReLU,
    Softmax,
    UpSample,
    ZeroPad,
)
from lrp.layers.convolution import ConvTranspose
from lrp.layers.shape import Interpolate, Slice

Pads = Sequence[tuple[int, int]]


def spatial_axes(b: Builder, name: str, x: Tensor, axes: int | None = None) -> int:
    """The number of axes behind the channels; an error unless there are as many as expected."""
    found = x.rank - 2
    if found < 1 or axes is not None and found != axes:
        raise b.fail(
            name, f"expected (n, c, {'*spatial' if axes is None else f'{axes} spatial axes'}), got shape {x.shape}"
        )
    return found


def known(b: Builder, name: str, x: Tensor, axis: int) -> int:
    """The length of an axis, which must be known."""
    length = x.shape[axis]
    if length is None:
        raise b.fail(name, f"expected a known length of axis {axis}, got an input of shape {x.shape}")
    return length


def conv(b: Builder, name: str, x: Tensor, weight: Array, bias: Array | None, **geometry: Any) -> Tensor:
    """Convolution; geometry: stride, padding, dilation, groups."""
    spatial_axes(b, name, x, weight.ndim - 2)
    turned = weight.transpose(*range(2, weight.ndim), 1, 0)
    return b.add(name, b.make(name, Conv, weight=turned, bias=bias, **geometry), b.last(x))


def conv_transpose(b: Builder, name: str, x: Tensor, weight: Array, bias: Array | None, **geometry: Any) -> Tensor:
    """Transposed convolution; geometry: stride, padding, extra, dilation, groups."""
    spatial_axes(b, name, x, weight.ndim - 2)
    turned = weight.transpose(*range(2, weight.ndim), 1, 0)
    return b.add(name, b.make(name, ConvTranspose, weight=turned, bias=bias, **geometry), b.last(x))


def batch_norm(b: Builder, name: str, x: Tensor, **arrays: Any) -> Tensor:
    """Stored statistics on axis 1; arrays: mean, variance, gamma, beta, epsilon."""
    return b.add(name, b.make(name, BatchNorm, **arrays), b.last(x))


def max_pool(b: Builder, name: str, x: Tensor, **geometry: Any) -> Tensor:
    """geometry: size, stride, padding, ceil."""
    return b.add(name, b.make(name, MaxPool, **geometry), b.last(x))


def average_pool(b: Builder, name: str, x: Tensor, **geometry: Any) -> Tensor:
    """geometry: size, stride, padding, ceil, count_padding."""
    return b.add(name, b.make(name, AvgPool, **geometry), b.last(x))


def global_pool(b: Builder, name: str, x: Tensor, largest: bool = False, keep: bool = True) -> Tensor:
    """The mean (or largest) of all positions: (n, c, *ones), or (n, c) with keep=False."""
    spatial_axes(b, name, x)
    layer = GlobalMaxPool(keep) if largest else GlobalAvgPool(keep)
    return b.add(name, layer, b.last(x), axes=None if keep else (0, 1))


def adaptive_pool(b: Builder, name: str, x: Tensor, wanted: Sequence[int | None], largest: bool) -> Tensor:
    """Pooling to the wanted lengths (None: unchanged), where the windows are all of one size."""
    axes = spatial_axes(b, name, x, len(wanted))
    if all(n == 1 for n in wanted):
        return global_pool(b, name, x, largest)
    lengths = [known(b, name, x, i + 2) for i in range(axes)]
    target = [n if m is None else m for n, m in zip(lengths, wanted, strict=True)]
    if any(m < 1 or n % m for n, m in zip(lengths, target, strict=True)):
        raise b.fail(
            name, f"adaptive pooling of {lengths} to {target} has windows of several sizes, which are not read"
        )
    size = [n // m for n, m in zip(lengths, target, strict=True)]
    return (max_pool if largest else average_pool)(b, name, x, size=size)


def mean(b: Builder, name: str, x: Tensor, axes: Sequence[int], keep: bool) -> Tensor:
    """The mean over all axes behind the channels (the usual end of a convolutional network)."""
    given = sorted(axis % x.rank for axis in axes)
    if 0 in given or not given:
        raise b.fail(name, f"expected axes of a sample of {x.shape} for a mean, got {list(axes)}")
    if given == list(range(2, x.rank)):
        return global_pool(b, name, x, keep=keep)
    # the reduced axes become the middle ones of (n, *middle, kept): the pool takes any layout
    kept = [axis for axis in range(1, x.rank) if axis not in given]
    lengths = [known(b, name, x, axis) for axis in kept]
    turned = b.arranged(x, (0, *given, *kept))
    count = math.prod(lengths)
    flat = b.renamed(turned, (0, *given, *kept))
    if len(kept) != 1:
        flat = b.reshaped(f"{name}_rows", flat, (*(known(b, name, x, axis) for axis in given), count))
    pooled = b.add(name, GlobalAvgPool(), flat, axes=(0, 1))
    shape = tuple(1 if axis in given else known(b, name, x, axis) for axis in range(1, x.rank) if keep or axis in kept)
    return pooled if shape == (count,) else b.reshaped(f"{name}_shape", pooled, shape or (1,))


def concat(b: Builder, name: str, xs: Sequence[Tensor], axis: int) -> Tensor:
    """Side by side along one of the file's axes."""
    values = b.alike(xs)
    position = values[0].position(axis)
    if position == 0:
        raise b.fail(name, "expected an axis of the sample to join along, got that of the samples")
    return b.add(name, Concat(position), *values)


def broadcast(b: Builder, name: str, xs: Sequence[Tensor]) -> list[Tensor]:
    """Several values with equally many axes in one order, that of the first; lengths of 1 are repeated by the layer."""
    rank = max(x.rank for x in xs)
    longest = next(x for x in xs if x.rank == rank)
    wide = []
    for x in xs:
        if x.rank < rank:
            raise b.fail(
                name,
                f"values of shapes {[v.shape for v in xs]} would be aligned at their last axes, the samples"
                " of one with an axis of the other; this is not read",
            )
        wide.append(b.arranged(x, longest.axes))
    return wide


def add(b: Builder, name: str, xs: Sequence[Tensor], layer: Layer | None = None) -> Tensor:
    """The sum (or another merge) of values, broadcast as the frameworks do."""
    return b.add(name, layer or Add(), *broadcast(b, name, xs))


def multiply(b: Builder, name: str, xs: Sequence[Tensor]) -> Tensor:
    """The product, entry by entry."""
    return add(b, name, xs, Multiply())


def affine(b: Builder, name: str, x: Tensor, weight: Array | None, bias: Array | None = None) -> Tensor:
    """weight x + bias with numbers that the file broadcasts to x."""
    w = np.ones(()) if weight is None else b.constant(name, x, weight)
    shift = None if bias is None else b.constant(name, x, bias)
    return b.add(name, b.make(name, Affine, weight=w, bias=shift), x)


def prelu(b: Builder, name: str, x: Tensor, slopes: Array) -> Tensor:
    """PReLU with slopes that the file broadcasts to x."""
    return b.add(name, b.make(name, PReLU, alpha=b.constant(name, x, slopes)), x)


def softmax(b: Builder, name: str, x: Tensor, axis: int, kind: type[Layer] = Softmax) -> Tensor:
    """Softmax along one of the file's axes, in the file's order: a final one must stay the last node."""
    plain = b.plain(x)
    resolved = axis % x.rank
    return b.add(name, b.make(name, kind, axis=-1 if resolved == x.rank - 1 else resolved), plain)


def lrn(b: Builder, name: str, x: Tensor, size: int, alpha: float, beta: float, k: float) -> Tensor:
    """Across channels; alpha is divided by size."""
    return b.add(name, b.make(name, LRN, size=size, alpha=alpha, beta=beta, k=k), b.last(x))


def zero_pad(b: Builder, name: str, x: Tensor, pads: Pads) -> Tensor:
    """(before, after) zeros, or entries cut off where negative, for each spatial axis."""
    cuts = [(max(-before, 0), max(-after, 0)) for before, after in pads]
    for i, (before, after) in enumerate(cuts):
        if before or after:
            length = known(b, name, x, i + 2)
            x = take(b, f"{name}_cut", x, i + 2, before, length - after)
    zeros = [(max(before, 0), max(after, 0)) for before, after in pads]
    return b.add(name, b.make(name, ZeroPad, padding=zeros), b.last(x)) if any(map(any, zeros)) else x


def take(b: Builder, name: str, x: Tensor, axis: int, start: int | None, stop: int | None, step: int = 1) -> Tensor:
    """Entries of one of the file's axes."""
    position = x.position(axis)
    if position == 0:
        raise b.fail(name, "expected an axis of the sample to slice, got that of the samples")
    return b.add(name, b.make(name, Slice, parts=(*[(None, None, None)] * (position - 1), (start, stop, step))), x)


def upsample(b: Builder, name: str, x: Tensor, factors: Sequence[int], linear: bool, half_pixel: bool = True) -> Tensor:
    """Each spatial axis a whole number of times as long: repeated, or linear between neighbours."""
    layer = b.make(name, Interpolate, size=factors, half_pixel=half_pixel) if linear else UpSample(tuple(factors))
    return b.add(name, layer, b.last(x))


def depth_to_space(b: Builder, name: str, x: Tensor, r: int, depth_first: bool) -> Tensor:
    """(n, c r^2, h, w) -> (n, c, h r, w r); depth_first: channels are (r, r, c) (ONNX's DCR), else (c, r, r)."""
    spatial_axes(b, name, x, 2)
    channels, h, w = (known(b, name, x, axis) for axis in (1, 2, 3))
    if r < 1 or channels % (r * r):
        raise b.fail(name, f"expected channels in blocks of {r} x {r}, got {channels}")
    c = channels // (r * r)
    split = b.reshaped(f"{name}_split", x, (r, r, c, h, w) if depth_first else (c, r, r, h, w))
    order = (0, 3, 4, 1, 5, 2) if depth_first else (0, 1, 4, 2, 5, 3)
    return b.reshaped(name, b.renamed(split, order), (c, h * r, w * r))
