"""Chainer's `serializers.save_hdf5`, with the architecture in our own JSON.

    /<link>/W (out, in/groups, *kernel) or (out, in)   /<link>/b   /<link>/gamma, beta, avg_mean, avg_var, N

Links of a Sequential or ChainList are named by their number (`block/0`). In the JSON `weights` is the path of the link;
a dot is read as a slash there, so that `block.0` is `block/0`. Types are links and functions by Chainer's names, with
Chainer's defaults: max_pooling_2d covers all (rounds up), average_pooling_2d divides by the whole window, epsilon is
2e-5.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.formats.build import Architecture, Assembly, Entry, EntryReader, Tensor, assemble, floats, required
from lrp.formats.build import operations as op
from lrp.formats.container import Reader
from lrp.formats.torch import activation, axis, batch_norm, merge, single
from lrp.graph import Network
from lrp.layers import (
    ELU,
    Dropout,
    Embedding,
    LeakyReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softplus,
    Tanh,
    Windows,
)
from lrp.layers.activations import SELU, HardSigmoid, LogSoftmax
from lrp.layers.merging import Maximum, Minimum, Subtract

LEARNED = {"W", "b", "gamma", "beta", "avg_mean", "avg_var"}


class ChainerWeights:
    """The arrays of links, by the path of the link."""

    def __init__(self, file: Reader) -> None:
        self._file = file
        self._used: set[str] = set()

    def get(self, prefix: str, name: str) -> Array | None:
        group = "/" + prefix.replace(".", "/").strip("/")
        path = f"{group}/{name}"
        if self._file.kind(path) != "dataset":
            return None
        self._used.add(path)
        return floats(self._file.array(path))

    def unused(self) -> str:
        """An array beside those that were used, in a link that was, or ""."""
        for group in sorted({path.rsplit("/", 1)[0] for path in self._used}):
            for name in LEARNED & set(self._file.children(group)):
                if f"{group}/{name}" not in self._used:
                    return f"{group}/{name}"
        return ""


def is_chainer(file: Reader) -> bool:
    """Whether some group at the root, or one level below, has the arrays of a Chainer link."""
    tops = [f"/{name}" for name in file.children("/")[:64] if file.kind(f"/{name}") == "group"]
    below = [f"{top}/{name}" for top in tops[:8] for name in file.children(top)[:8]]
    for group in [*tops, *(path for path in below if file.kind(path) == "group")]:
        names = set(file.children(group))
        if {"avg_mean", "avg_var"} <= names or "W" in names and names <= LEARNED | {"N"}:
            return True
    return False


def read(file: Reader, architecture: Architecture | None, dtype: str = "float64") -> Network:
    """The network of an opened file and its architecture."""
    parsed = required(architecture, f"{file.name} holds the weights of a Chainer model")
    return assemble(parsed, ChainerWeights(file), LINKS, file.name, dtype)


def _linear(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
    """W (out, in); the axes from n_batch_axes on are flattened, C, H, W."""
    x, kept = single(e, xs), e.integer("n_batch_axes", 1)
    if not 1 <= kept < x.rank:
        raise e.fail(f"expected n_batch_axes between 1 and {x.rank - 1}, got {kept}")
    if x.rank > kept + 1:
        lengths = [op.known(a.builder, e.name, x, i) for i in range(1, x.rank)]
        x = a.builder.reshaped(f"{e.name}_flat", x, (*lengths[: kept - 1], math.prod(lengths[kept - 1 :])))
    return a.builder.dense(e.name, x, a.need(e, "W", 2).T, a.may(e, "b"))


def _conv(axes: int, transposed: bool = False) -> EntryReader:
    def read(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
        x, weight = single(e, xs), a.need(e, "W", axes + 2)
        geometry: dict[str, Any] = {
            "stride": e.spatial("stride", axes, 1),
            "padding": e.spatial("pad", axes, 0),
            "dilation": e.spatial("dilate", axes, 1),
            "groups": e.integer("groups", 1),
        }
        if not transposed:
            return op.conv(a.builder, e.name, x, weight, a.may(e, "b"), **geometry)
        if e.given("outsize"):
            kernel, rows = weight.shape[2:], zip(range(2, 2 + axes), e.spatial("outsize", axes, None), strict=True)
            extra = []
            for (i, out), k, s, p, d in zip(rows, kernel, *(geometry[n] for n in ("stride", "padding", "dilation"))):
                extra.append(out - (s * (op.known(a.builder, e.name, x, i) - 1) + (k - 1) * d + 1 - 2 * p))
            geometry["extra"] = tuple(extra)
        return op.conv_transpose(a.builder, e.name, x, weight, a.may(e, "b"), **geometry)

    return read


def _depthwise(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
    """W (multiplier, in, kh, kw); output channel in * multiplier + m."""
    weight = a.need(e, "W", 4)
    multiplier, channels = weight.shape[:2]
    kernels = weight.transpose(1, 0, 2, 3).reshape(channels * multiplier, 1, *weight.shape[2:])
    geometry = {"stride": e.spatial("stride", 2, 1), "padding": e.spatial("pad", 2, 0), "groups": channels}
    return op.conv(a.builder, e.name, single(e, xs), kernels, a.may(e, "b"), **geometry)


def _pool(axes: int, largest: bool) -> EntryReader:
    def read(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
        x, size = single(e, xs), e.spatial("ksize", axes, None)
        op.spatial_axes(a.builder, e.name, x, axes)
        stride, pad = e.spatial("stride", axes, size), e.spatial("pad", axes, 0)
        if not largest:
            return op.average_pool(a.builder, e.name, x, size=size, stride=stride, padding=pad, count_padding=True)
        cover = e.flag("cover_all", True)
        lengths = tuple(op.known(a.builder, e.name, x, i + 2) for i in range(axes))
        pairs = tuple((p, p) for p in pad)
        given = Windows(size, stride, pairs, ceil=cover).output(lengths)
        if cover and given != tuple(-(-(n + 2 * p - k) // s) + 1 for n, p, k, s in zip(lengths, pad, size, stride)):
            raise e.fail("a window of cover_all lies in the padding alone, where it has no largest entry")
        return op.max_pool(a.builder, e.name, x, size=size, stride=stride, padding=pairs, ceil=cover)

    return read


def _global(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
    x = single(e, xs)
    axes = [axis(e, x, d) for d in e.integers("axis", list(range(2, x.rank)))]
    return op.mean(a.builder, e.name, x, axes, e.flag("keepdims", False))


def _softmax(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
    x = single(e, xs)
    at = axis(e, x, e.integer("axis", 1))
    return op.softmax(a.builder, e.name, x, at, **({"kind": LogSoftmax} if e.kind == "log_softmax" else {}))


def _lrn(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
    """k 2, and alpha is not divided by n."""
    n = e.integer("n", 5)
    if n % 2 == 0:
        raise e.fail(f"expected an odd n, got {n}")
    k, alpha, beta = e.number("k", 2.0), e.number("alpha", 1e-4), e.number("beta", 0.75)
    return op.lrn(a.builder, e.name, single(e, xs), n, alpha * n, beta, k)


def _scale(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
    """W from `axis` on times x, plus the bias link's b where there is one."""
    x, weight = single(e, xs), a.need(e, "W")
    at = axis(e, x, e.integer("axis", 1))
    behind = (1,) * (x.rank - at - weight.ndim)
    bias = a.weights.get(f"{e.weights}.bias", "b")
    shaped = None if bias is None else bias.reshape(*bias.shape, *behind)
    return op.affine(a.builder, e.name, x, weight.reshape(*weight.shape, *behind), shaped)


def _prelu(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
    x, slopes = single(e, xs), a.need(e, "W")
    return op.prelu(a.builder, e.name, x, slopes.reshape(*slopes.shape, *(1,) * (x.rank - 1 - slopes.ndim)))


def _embed(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
    x = a.builder.plain(single(e, xs))
    layer = a.builder.make(e.name, Embedding, weight=a.need(e, "W", 2))
    return a.builder.add(e.name, layer, x, axes=tuple(range(x.rank + 1)))


def _concat(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
    return op.concat(a.builder, e.name, xs, axis(e, xs[0], e.integer("axis", 1)))


def _flatten(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
    return a.builder.flattened(e.name, single(e, xs))


def _reshape(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
    return a.builder.reshaped(e.name, single(e, xs), e.integers("shape"))


def _transpose(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
    x, axes = single(e, xs), e.integers("axes")
    if sorted(axes) != list(range(x.rank)) or axes[0] != 0:
        raise e.fail(f"expected each of 0..{x.rank - 1} once with 0, the samples, first; got {axes}")
    return a.builder.renamed(x, axes)


def _dropout(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
    return a.builder.add(e.name, Dropout(e.number("ratio", 0.5)), single(e, xs))


def _multiply(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
    return op.multiply(a.builder, e.name, xs)


def _unpool(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
    """unpooling_2d with windows side by side: each entry repeated."""
    size = e.spatial("ksize", 2, None)
    if e.spatial("stride", 2, size) != size or set(e.spatial("pad", 2, 0)) != {0} or e.flag("cover_all", True):
        raise e.fail("unpooling is read with stride = ksize, pad 0 and cover_all false")
    return op.upsample(a.builder, e.name, single(e, xs), size, linear=False)


def _shift(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
    """Bias: b from `axis` on."""
    x, bias = single(e, xs), a.need(e, "b")
    at = axis(e, x, e.integer("axis", 1))
    return op.affine(a.builder, e.name, x, None, bias.reshape(*bias.shape, *np.ones(x.rank - at - bias.ndim, int)))


LINKS: dict[str, EntryReader] = {
    "Linear": _linear,
    **{f"Convolution{axes}D": _conv(axes) for axes in (1, 2, 3)},
    "DilatedConvolution2D": _conv(2),
    **{f"Deconvolution{axes}D": _conv(axes, transposed=True) for axes in (1, 2, 3)},
    "DepthwiseConvolution2D": _depthwise,
    "BatchNormalization": batch_norm("avg_mean", "avg_var", "gamma", "beta", 2e-5),
    "EmbedID": _embed,
    "Scale": _scale,
    "Bias": _shift,
    "PReLU": _prelu,
    **{f"max_pooling_{axes}d": _pool(axes, True) for axes in (1, 2, 3)},
    **{f"average_pooling_{axes}d": _pool(axes, False) for axes in (1, 2, 3)},
    "unpooling_2d": _unpool,
    "average": _global,
    "local_response_normalization": _lrn,
    "relu": activation(ReLU),
    "relu6": activation(ReLU, maximum=("maximum", 6.0)),
    "clipped_relu": activation(ReLU, maximum=("z", 20.0)),
    "leaky_relu": activation(LeakyReLU, alpha=("slope", 0.2)),
    "elu": activation(ELU, alpha=("alpha", 1.0)),
    "selu": activation(SELU),
    "sigmoid": activation(Sigmoid),
    "hard_sigmoid": activation(HardSigmoid, factor=("factor", 0.2)),
    "swish": activation(SiLU),
    "softplus": activation(Softplus),
    "tanh": activation(Tanh),
    "softmax": _softmax,
    "log_softmax": _softmax,
    "dropout": _dropout,
    "flatten": _flatten,
    "reshape": _reshape,
    "transpose": _transpose,
    "concat": _concat,
    "add": merge(),
    "subtract": merge(Subtract),
    "multiply": _multiply,
    "maximum": merge(Maximum),
    "minimum": merge(Minimum),
}
