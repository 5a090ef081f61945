"""Caffe's layers that move, join or scale values: Concat, Slice, Eltwise, Scale, Reshape and their like."""

from __future__ import annotations

import math

from lrp.formats.build import Tensor
from lrp.formats.caffe.layers import FILLERS
from lrp.formats.caffe.net import CaffeLayer
from lrp.formats.caffe.reader_context import Context, LayerReader
from lrp.formats.container import Message
from lrp.layers import Add, Affine, Concat, Layer, Multiply
from lrp.layers.merging import Maximum, WeightedAdd
from lrp.layers.shape import Slice


def _split(context: Context, layer: CaffeLayer, xs: list[Tensor]) -> list[Tensor]:
    """The same value under several names."""
    return [context.one(layer, xs)] * len(layer.tops)


def _concat(context: Context, layer: CaffeLayer, xs: list[Tensor]) -> list[Tensor]:
    m = layer.settings("concat_param", "axis", "concat_dim")
    values = context.builder.alike(xs)
    axis = context.axis(layer, m.integer("axis", m.integer("concat_dim", 1)), values[0])
    return [context.builder.add(layer.name, Concat(values[0].position(axis)), *values)]


def _slice(context: Context, layer: CaffeLayer, xs: list[Tensor]) -> list[Tensor]:
    """Slice: one top for each part of an axis, cut at slice_point, or into equal parts."""
    m = layer.settings("slice_param", "axis", "slice_dim", "slice_point")
    x = context.one(layer, xs)
    axis = context.axis(layer, m.integer("axis", m.integer("slice_dim", 1)), x)
    length, count = context.length(layer, x, axis), len(layer.tops)
    points = m.integers("slice_point")
    if not points and count and length % count == 0:
        points = [length // count * i for i in range(1, count)]
    ends = [0, *points, length]
    if len(ends) != count + 1 or any(a >= b for a, b in zip(ends, ends[1:])):
        raise context.fail(layer, f"expected {count - 1} growing slice points below {length}, got {points}")
    return [cut(context, layer.name, x, axis, *pair) for pair in zip(ends, ends[1:])]


def cut(context: Context, name: str, x: Tensor, axis: int, start: int, stop: int) -> Tensor:
    """The entries from start to stop along one of the file's axes."""
    parts = [(None, None, None)] * (x.position(axis) - 1)
    return context.builder.add(name, Slice((*parts, (start, stop, 1))), x)


def _eltwise(context: Context, layer: CaffeLayer, xs: list[Tensor]) -> list[Tensor]:
    m = layer.settings("eltwise_param", "operation", "coeff", "stable_prod_grad")
    operation, factors = m.choice("operation", "SUM", "PROD", "SUM", "MAX"), m.numbers("coeff")
    if len(xs) < 2 or len({x.shape for x in xs}) != 1:
        raise context.fail(layer, f"expected two or more bottoms of one shape, got {[x.shape for x in xs]}")
    if factors and (operation != "SUM" or len(factors) != len(xs)):
        raise context.fail(layer, f"expected a coefficient for each of {len(xs)} bottoms of a sum, got {len(factors)}")
    kinds: dict[str, Layer] = {"PROD": Multiply(), "SUM": Add(), "MAX": Maximum()}
    kind = WeightedAdd(tuple(factors)) if set(factors) - {1.0} else kinds[operation]
    return [context.builder.add(layer.name, kind, *context.builder.alike(xs))]


def _numbers_shape(context: Context, layer: CaffeLayer, m: Message, x: Tensor) -> tuple[tuple[int, ...], int]:
    """The shape of the learned numbers, and how many axes of x follow them."""
    count = m.integer("num_axes", 1)
    if count == 0:
        return (), 0
    axis = context.axis(layer, m.integer("axis", 1), x)
    end = x.rank if count == -1 else axis + count
    if not axis < end <= x.rank:
        raise context.fail(layer, f"expected num_axes that fit {x.shape} from axis {axis}, got {count}")
    return tuple(context.length(layer, x, i) for i in range(axis, end)), x.rank - end


def _scale(context: Context, layer: CaffeLayer, xs: list[Tensor]) -> list[Tensor]:
    """Scale: blob 0 gamma, blob 1 beta with bias_term; with a second bottom, that one is gamma."""
    m = layer.settings("scale_param", "axis", "num_axes", "bias_term", *FILLERS)
    if len(xs) == 2:
        if m.flag("bias_term", False):
            raise context.fail(layer, "a second bottom together with a learned bias is not read")
        return [context.builder.add(layer.name, Multiply(), *_aligned(context, layer, m, xs))]
    x = context.one(layer, xs)
    shape, behind = _numbers_shape(context, layer, m, x)
    arrays = [context.blob(layer, i, shape) for i in range(1 + m.flag("bias_term", False))]
    whole = [context.builder.constant(layer.name, x, a.reshape(a.shape + (1,) * behind)) for a in arrays]
    return [
        context.builder.add(
            layer.name,
            context.builder.make(layer.name, Affine, weight=whole[0], bias=whole[1] if len(whole) > 1 else None),
            x,
        )
    ]


def _bias(context: Context, layer: CaffeLayer, xs: list[Tensor]) -> list[Tensor]:
    """Bias: blob 0 is added; with a second bottom, that one."""
    m = layer.settings("bias_param", "axis", "num_axes", *FILLERS)
    if len(xs) == 2:
        return [context.builder.add(layer.name, Add(), *_aligned(context, layer, m, xs))]
    x = context.one(layer, xs)
    shape, behind = _numbers_shape(context, layer, m, x)
    blob = context.blob(layer, 0, shape)
    bias = context.builder.constant(layer.name, x, blob.reshape(blob.shape + (1,) * behind))
    ones = context.builder.make(layer.name, Affine, weight=bias * 0 + 1, bias=bias)
    return [context.builder.add(layer.name, ones, x)]


def _aligned(context: Context, layer: CaffeLayer, m: Message, xs: list[Tensor]) -> list[Tensor]:
    """Two bottoms, the second one's axes those of the first from axis 0 on, lengthened by ones."""
    x, y = xs
    if x.rank == y.rank:
        return context.builder.alike(xs)
    if m.integer("axis", 1) not in (0, -x.rank) or y.rank > x.rank:
        raise context.fail(layer, f"expected the axes of {y.shape} to begin at those of the samples of {x.shape}")
    lengths = tuple(context.length(layer, y, i) for i in range(1, y.rank))
    wide = context.builder.reshaped(f"{layer.name}_aligned", y, (*lengths, *(1,) * (x.rank - y.rank)))
    return context.builder.alike([x, wide])


def _flatten(context: Context, layer: CaffeLayer, xs: list[Tensor]) -> list[Tensor]:
    m = layer.settings("flatten_param", "axis", "end_axis")
    x = context.one(layer, xs)
    first, end = (context.axis(layer, m.integer(name, d), x) for name, d in (("axis", 1), ("end_axis", -1)))
    if first > end:
        raise context.fail(layer, f"expected axis before end_axis, got {first} and {end}")
    lengths = [context.length(layer, x, i) for i in range(1, x.rank)]
    shape = (*lengths[: first - 1], math.prod(lengths[first - 1 : end]), *lengths[end:])
    return [x if first == end else context.builder.reshaped(layer.name, x, shape)]


def _reshape(context: Context, layer: CaffeLayer, xs: list[Tensor]) -> list[Tensor]:
    """Reshape: from `axis` on, num_axes axes become those of `shape`; 0 copies a length, -1 is what is left."""
    m = layer.settings("reshape_param", "shape", "axis", "num_axes")
    x = context.one(layer, xs)
    axis = context.axis(layer, m.integer("axis", 0), x, first=0)
    count, wanted = m.integer("num_axes", -1), m.message("shape").integers("dim")
    end = x.rank if count == -1 else axis + count
    if not axis <= end <= x.rank or wanted.count(-1) > 1:
        raise context.fail(layer, f"expected num_axes that fit {x.shape} and -1 at most once, got {count} and {wanted}")
    if axis == 0:
        if not wanted or wanted[0] != 0 or end < 1:
            raise context.fail(layer, f"expected 0 as the first length, which keeps the samples apart, got {wanted}")
        wanted, axis = wanted[1:], 1
    before, behind = ([context.length(layer, x, i) for i in r] for r in (range(1, axis), range(end, x.rank)))
    copied = [context.length(layer, x, axis + i) if n == 0 and axis + i < x.rank else n for i, n in enumerate(wanted)]
    return [context.builder.reshaped(layer.name, x, (*before, *copied, *behind))]


def _permute(context: Context, layer: CaffeLayer, xs: list[Tensor]) -> list[Tensor]:
    """Permute (of the detection forks): the axes in the given order, the others behind them."""
    x = context.one(layer, xs)
    order = layer.settings("permute_param", "order").integers("order")
    order += [axis for axis in range(x.rank) if axis not in order]
    if sorted(order) != list(range(x.rank)) or order[0] != 0:
        raise context.fail(layer, f"expected an order of {x.rank} axes with the samples first, got {order}")
    return [context.builder.renamed(x, tuple(order))]


def _crop(context: Context, layer: CaffeLayer, xs: list[Tensor]) -> list[Tensor]:
    """Crop: the first bottom cut, from `axis` on, to the second one's lengths, beginning at `offset`."""
    m = layer.settings("crop_param", "axis", "offset")
    if len(xs) != 2 or xs[0].rank != xs[1].rank:
        raise context.fail(layer, f"expected two bottoms with equally many axes, got {[x.shape for x in xs]}")
    x, reference = xs
    axis = context.axis(layer, m.integer("axis", 2), x)
    offsets = m.integers("offset") or [0]
    offsets = offsets * (x.rank - axis) if len(offsets) == 1 else offsets
    if len(offsets) != x.rank - axis:
        raise context.fail(layer, f"expected one offset or {x.rank - axis}, got {offsets}")
    for i, offset in zip(range(axis, x.rank), offsets, strict=True):
        stop = offset + context.length(layer, reference, i)
        if stop > context.length(layer, x, i):
            raise context.fail(layer, f"cannot cut {reference.shape} out of {x.shape} at offset {offset}")
        x = cut(context, layer.name, x, i, offset, stop)
    return [x]


SHAPES: dict[str, LayerReader] = {
    "Split": _split,
    "Concat": _concat,
    "Slice": _slice,
    "Eltwise": _eltwise,
    "Scale": _scale,
    "Bias": _bias,
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Permute": _permute,
    "Crop": _crop,
}
