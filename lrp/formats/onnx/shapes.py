"""ONNX operators that move, cut or join: the samples' axis is followed wherever a transpose puts it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from lrp.arrays import Array
from lrp.formats.build import Tensor
from lrp.formats.build import operations as op
from lrp.formats.onnx.constant_folding import FLOAT_TYPES, INT_TYPES, axes_of, numbers, slices
from lrp.formats.onnx.operators import embedding
from lrp.formats.onnx.reader_context import Operator, Reader, Scope, Value
from lrp.layers import Dropout, Input, Permute, Reshape
from lrp.layers.shape import Slice

MOST_AXES = 32  # what every release of numpy has


def _same(s: Scope, node: Operator, xs: list[Value | None]) -> list[Value]:
    return [s.tensor(node, xs[0])]


def _cast(s: Scope, node: Operator, xs: list[Value | None]) -> Tensor:
    """Between floats nothing happens (all is computed in one precision); token numbers stay whole numbers."""
    x, kind = s.tensor(node, xs[0]), int(node.get("to", 1))
    if kind not in (INT_TYPES if is_tokens(s, x) else FLOAT_TYPES):
        raise s.fail(node, f"a cast of computed values to the type {kind} is not read")
    return x


def is_tokens(s: Scope, x: Tensor) -> bool:
    """Whether the value is made of token numbers: an input of tokens, moved but not embedded."""
    here = s.builder.node(x)
    while isinstance(here.layer, (Reshape, Permute, Slice)):
        here = s.builder.named(here.inputs[0])
    return isinstance(here.layer, Input) and here.layer.tokens


def _dropout(s: Scope, node: Operator, xs: list[Value | None]) -> Tensor:
    training = s.optional(node, xs, 2, "training_mode")
    if training is not None and training.any() or any(node.used[1:]):
        raise s.fail(node, "dropout at work is not read; export the model in its evaluation mode")
    return s.builder.add(node.name, Dropout(float(node.get("ratio", 0.5))), s.tensor(node, xs[0]))


def _shape(s: Scope, node: Operator, xs: list[Value | None]) -> list[Array]:
    lengths = s.lengths(node, s.tensor(node, xs[0]))
    return [np.array(lengths, dtype=np.int64)[node.get("start", 0) : node.get("end")]]


def _flatten(s: Scope, node: Operator, xs: list[Value | None]) -> Tensor:
    x = s.tensor(node, xs[0])
    axis = int(node.get("axis", 1))
    if axis + x.rank * (axis < 0) != 1 or x.axes[0] != 0:
        raise s.fail(node, f"expected all axes but the samples', got axis {axis} of {x.shape}")
    return s.builder.flattened(node.name, x)


def _reshape(s: Scope, node: Operator, xs: list[Value | None]) -> Tensor:
    x, wanted = s.tensor(node, xs[0]), s.constant(node, xs[1], "the shape")
    target = [int(n) for n in numbers(wanted)]
    at = x.axes[0]
    if not node.get("allowzero", 0):
        known = [s.batch if axis == at else n for axis, n in enumerate(x.shape)]
        target = [(known[i] if i < x.rank else 0) if n == 0 else n for i, n in enumerate(target)]  # type: ignore[misc]
        if None in target:
            target = [-1 if n is None else n for n in target]
    before = target[:at]
    same = all(n == m or n == -1 and m is None for n, m in zip(before, x.shape[:at])) and len(target) > at
    rest = target[at + 1 :]
    if same and target[at] == -1:
        # the samples' axis is what is left: true if the rest has the entries of one sample
        behind = x.shape[at + 1 :]
        entries = None if None in behind else math.prod(n for n in behind if n is not None)
        same = entries is not None and math.prod(rest) == entries
    elif same:
        same = target[at] == s.batch
    if not same:
        raise s.fail(node, f"from {x.shape} to {target} would mix the samples with other axes; this is not read")
    order = (at, *range(at), *range(at + 1, x.rank))
    arranged = s.builder.arranged(x, order) if at else x
    if at == 0:
        return s.builder.reshaped(node.name, x, tuple(rest))
    shape = (*(n if n is not None else -1 for n in x.shape[:at]), *rest)
    layer = s.builder.make(node.name, Reshape, shape=shape)
    return s.builder.add(node.name, layer, arranged, axes=(at, *range(at), *range(at + 1, at + 1 + len(rest))))


def _transpose(s: Scope, node: Operator, xs: list[Value | None]) -> Tensor:
    x = s.tensor(node, xs[0])
    order = tuple(int(a) for a in node.get("perm", range(x.rank - 1, -1, -1)))
    if sorted(order) != list(range(x.rank)):
        raise s.fail(node, f"expected each of {x.rank} axes once, got {order}")
    return s.builder.renamed(x, order)


def without_axes(s: Scope, node: Operator, x: Tensor, axes: Iterable[int]) -> Tensor:
    """x without axes of length 1."""
    dropped = {s.axis(node, a, x) for a in axes}
    if any(x.shape[a] != 1 for a in dropped):
        raise s.fail(node, f"expected axes of length 1, got {sorted(dropped)} of {x.shape}")
    left = [a for a in range(x.rank) if a not in dropped]
    view = tuple(left.index(a) for a in x.axes if a not in dropped)
    return _resized(s, node, x, [x.shape[a] for a in x.axes[1:] if a not in dropped], view)


def _resized(s: Scope, node: Operator, x: Tensor, lengths: Sequence[int | None], view: tuple[int, ...]) -> Tensor:
    """The node's output in a shape that differs by ones; one length may be free."""
    if sum(n is None for n in lengths) > 1:
        raise s.fail(node, f"expected known lengths, got {x.shape}; export with fixed sizes")
    shape = tuple(-1 if n is None else n for n in lengths)
    return s.builder.add(node.name, s.builder.make(node.name, Reshape, shape=shape), x, axes=view)


def _squeeze(s: Scope, node: Operator, xs: list[Value | None]) -> Tensor:
    x = s.tensor(node, xs[0])
    axes = axes_of(xs, node.attributes)
    if axes is None:
        axes = [a for a in range(x.rank) if x.shape[a] == 1]
    return without_axes(s, node, x, axes)


def _unsqueeze(s: Scope, node: Operator, xs: list[Value | None]) -> Tensor:
    x = s.tensor(node, xs[0])
    given = axes_of(xs, node.attributes) or []
    rank = x.rank + len(given)
    if rank > MOST_AXES:
        raise s.fail(node, f"expected at most {MOST_AXES} axes, got {rank}")
    new = {a % rank for a in given}
    old = [a for a in range(rank) if a not in new]
    view = (*(old[a] for a in x.axes), *sorted(new))
    return _resized(s, node, x, [*(x.shape[a] for a in x.axes[1:]), *[1] * len(new)], view)


def _concat(s: Scope, node: Operator, xs: list[Value | None]) -> Tensor:
    values = [s.tensor(node, x) for x in xs]
    return op.concat(s.builder, node.name, values, s.axis(node, int(node.get("axis", 1)), values[0]))


def _split(s: Scope, node: Operator, xs: list[Value | None]) -> list[Tensor]:
    x = s.tensor(node, xs[0])
    axis = s.axis(node, int(node.get("axis", 0)), x)
    length, count = op.known(s.builder, node.name, x, axis), len(node.outputs)
    given = s.optional(node, xs, 1, "the lengths")
    sizes = [int(n) for n in ((node.get("split") or []) if given is None else numbers(given))]
    if not sizes:
        each = -(-length // count)
        sizes = [min(each, length - i * each) for i in range(count)]
    ends = np.cumsum([0, *sizes]).tolist()
    if min(sizes) < 1 or ends[-1] != length or len(sizes) != count:
        raise s.fail(node, f"expected {count} lengths that add up to {length}, got {sizes}")
    return [op.take(s.builder, node.name, x, axis, *pair) for pair in zip(ends, ends[1:])]


def _slice(s: Scope, node: Operator, xs: list[Value | None]) -> Tensor:
    x = s.tensor(node, xs[0])
    constants = [x, *(None if v is None else s.constant(node, v, "its bounds") for v in xs[1:])]
    for axis, start, end, step in slices(constants, node.attributes):
        if (axis % x.rank) == x.axes[0] and (start, step) == (0, 1) and end >= s.batch:
            continue
        at = s.axis(node, axis, x)
        length = op.known(s.builder, node.name, x, at)
        begin, stop, by = slice(start, end, step).indices(length)
        if (begin, stop, by) != (0, length, 1):
            x = op.take(s.builder, node.name, x, at, begin, None if stop < 0 else stop, by)
    return x


def _gather(s: Scope, node: Operator, xs: list[Value | None]) -> Tensor:
    """An embedding, or one entry of an axis, which then falls away."""
    if not isinstance(xs[0], Tensor):
        if int(node.get("axis", 0)) != 0 or not isinstance(xs[1], Tensor) or not is_tokens(s, xs[1]):
            raise s.fail(node, "expected rows of a table picked by token numbers")
        return embedding(s, node, xs[0], xs[1])
    x, index = xs[0], s.constant(node, xs[1], "the index")
    axis = s.axis(node, int(node.get("axis", 0)), x)
    if index.size != 1:
        if index.ndim != 1 or index.size == 0 or (np.diff(index) != 1).any():
            shown = index.ravel()[:8].tolist()
            raise s.fail(node, f"expected one index or a row of neighbours, got {shown}")
        return op.take(s.builder, node.name, x, axis, int(index[0]), int(index[-1]) + 1)
    position = x.position(axis)
    number = int(index.ravel()[0])
    if index.ndim:
        length = op.known(s.builder, node.name, x, axis)
        return op.take(s.builder, node.name, x, axis, number % length, number % length + 1)
    layer = s.builder.make(node.name, Slice, parts=(*[(None, None, None)] * (position - 1), number))
    left = [a for a in range(x.rank) if a != axis]
    return s.builder.add(node.name, layer, x, axes=tuple(left.index(a) for a in x.axes if a != axis))


def _expand(s: Scope, node: Operator, xs: list[Value | None]) -> Tensor:
    x, shape = s.tensor(node, xs[0]), numbers(s.constant(node, xs[1], "the shape"))
    wide = [1] * (x.rank - len(shape)) + shape
    if len(shape) > x.rank or any(n not in (1, m) for n, m in zip(wide, s.lengths(node, x))):
        raise s.fail(node, f"repeating {x.shape} to {shape} is not read")
    return x


def _pad(s: Scope, node: Operator, xs: list[Value | None]) -> Tensor:
    x = s.tensor(node, xs[0])
    value = s.optional(node, xs, 2, "the value")
    number = float(node.get("value", 0.0)) if value is None else float(value.ravel()[0])
    if node.get("mode", "constant") != "constant" or number != 0:
        raise s.fail(
            node, f"padding other than with zeros is not read (mode {node.get('mode', 'constant')}, value {number})"
        )
    given = s.optional(node, xs, 1, "the pads")
    pads = [int(n) for n in (node.get("pads", []) if given is None else numbers(given))]
    axes = axes_of(xs, {}, 3) or list(range(x.rank))
    if len(pads) != 2 * len(axes):
        raise s.fail(node, f"expected pads before and after {len(axes)} axes, got {pads}")
    pairs = [(0, 0)] * x.rank
    for axis, pair in zip(axes, zip(pads[: len(axes)], pads[len(axes) :])):
        pairs[axis % x.rank] = pair
    if any(map(any, pairs[:2])):
        raise s.fail(node, f"padding of samples or channels is not read, got {pairs}")
    return op.zero_pad(s.builder, node.name, x, pairs[2:])


def _resize(s: Scope, node: Operator, xs: list[Value | None]) -> Tensor:
    """Whole factors: nearest neighbour, or linear with half-pixel or asymmetric positions."""
    x, old = s.tensor(node, xs[0]), node.kind == "Upsample"
    scales = s.optional(node, xs, 1 if old or len(xs) == 2 else 2, "the scales")
    sizes = s.optional(node, xs, 3, "the sizes")
    if scales is not None and scales.size:
        factors = numbers(scales)
    elif sizes is not None and sizes.size == x.rank:
        factors = [n / m for n, m in zip(numbers(sizes), s.lengths(node, x))]
    else:
        factors = list(node.get("scales", []))
    mode = node.get("mode", "nearest")
    where = node.get("coordinate_transformation_mode", "asymmetric" if old or node.opset < 11 else "half_pixel")
    rounding = node.get("nearest_mode", "floor" if old or node.opset < 11 else "round_prefer_floor")
    nearest = (where, rounding) in {("asymmetric", "floor"), ("half_pixel", "round_prefer_floor")}
    readable = (
        nearest
        if mode == "nearest"
        else mode == "linear" and where in ("half_pixel", "pytorch_half_pixel", "asymmetric")
    )
    whole = len(factors) == x.rank and all(f == round(f) and f >= 1 for f in factors) and factors[:2] == [1, 1]
    if not readable or not whole or node.get("axes") is not None:
        raise s.fail(
            node, f"mode {mode}, {where}, {rounding} with factors {factors} is not read; whole factors of pictures are"
        )
    return op.upsample(s.builder, node.name, x, [int(f) for f in factors[2:]], mode == "linear", where != "asymmetric")


def _depth_to_space(s: Scope, node: Operator, xs: list[Value | None]) -> Tensor:
    mode, r = node.get("mode", "DCR"), int(node.get("blocksize", 1))
    return op.depth_to_space(s.builder, node.name, s.tensor(node, xs[0]), r, depth_first=mode == "DCR")


SHAPES: dict[str, Reader] = {
    "Identity": _same,
    "Cast": _cast,
    "Dropout": _dropout,
    "Shape": _shape,
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Transpose": _transpose,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Concat": _concat,
    "Split": _split,
    "Slice": _slice,
    "Gather": _gather,
    "Expand": _expand,
    "Pad": _pad,
    "Resize": _resize,
    "Upsample": _resize,
    "DepthToSpace": _depth_to_space,
}
