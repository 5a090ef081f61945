"""Keras' layers with several inputs."""

from __future__ import annotations

from typing import Any

from lrp.formats.container import quoted
from lrp.formats.keras import fields
from lrp.formats.keras.basic import values
from lrp.formats.keras.build import UNSURE, Builder, Translator, Value
from lrp.formats.keras.config import Call, Spec
from lrp.formats.keras.fields import refuse
from lrp.layers import Add, Average, Concat, Layer, Multiply
from lrp.layers.attention import Dot
from lrp.layers.merging import Maximum, Minimum, Subtract

KINDS: dict[str, type[Layer]] = {
    "Add": Add,
    "Subtract": Subtract,
    "Multiply": Multiply,
    "Average": Average,
    "Maximum": Maximum,
    "Minimum": Minimum,
}


def joined_mask(xs: list[Value]) -> str | None:
    """The mask of a merge: that of all inputs. How versions join different ones differs."""
    masks = {x.mask for x in xs}
    return masks.pop() if len(masks) == 1 else UNSURE


def together(b: Builder, spec: Spec, xs: list[Value]) -> tuple[list[str], bool]:
    """The nodes of tensors in one layout, and whether it is the moved one: where any of them has only that."""
    same_rank = len({x.rank for x in xs}) == 1
    moved = same_rank and all(x.moved is not None for x in xs) and any(x.node is None for x in xs)
    return [b.moved(spec, x) if moved else b.native(spec, x) for x in xs], moved


def merged(b: Builder, spec: Spec, xs: list[Value], name: str, layer: Layer) -> Value:
    """An entry-by-entry merge; inputs with fewer axes get axes of length 1 behind the samples, as Keras gives them."""
    if not xs:
        refuse(spec, "expected inputs, got none")
    most = max(x.rank for x in xs)
    if any(x.rank < most for x in xs):
        refuse(spec, f"expected inputs with equally many axes, got {[x.shape for x in xs]}")
    nodes, moved = together(b, spec, xs)
    return b.new(b.add(spec, name, layer, *nodes), moved, joined_mask(xs))


def _merge(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    return merged(b, spec, values(call), name, b.once(spec, "", KINDS[spec.kind]))


def concatenated(b: Builder, spec: Spec, xs: list[Value], name: str, axis: int) -> Value:
    """Tensors side by side along an axis of Keras' order, counted from the samples."""
    if not xs or len({x.rank for x in xs}) != 1 or not -xs[0].rank < axis < xs[0].rank or axis % xs[0].rank == 0:
        refuse(spec, f"axis: expected one axis of inputs with equally many, got {axis} of {[x.shape for x in xs]}")
    rank, axis = xs[0].rank, axis % xs[0].rank
    nodes, moved = together(b, spec, xs)
    where = (rank - 1 if axis == 1 else axis - 1) if moved else axis
    mask = joined_mask(xs) if axis == rank - 1 and rank > 2 else UNSURE if any(x.mask for x in xs) else None
    layer = Concat(-1 if where == rank - 1 else where)
    return b.new(b.add(spec, name, b.once(spec, f"{where}", lambda: layer), *nodes), moved, mask)


def _concatenate(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    axis = fields.integer(spec, "axis", -1, low=-8, high=8)
    return concatenated(b, spec, values(call), name, axis)


def _dot(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    xs = values(call)
    found: Any = fields.value(spec, "axes")
    axes = found if isinstance(found, list) else [found, found]
    if len(xs) != 2 or len(axes) != 2 or not all(map(fields.is_integer, axes)):
        refuse(spec, f"axes: expected one axis for each of two inputs, got {quoted(found)}")
    ranks = [x.rank for x in xs]
    if any(not -rank < axis < rank or axis % rank == 0 for axis, rank in zip(axes, ranks)):
        refuse(spec, f"axes: expected axes of the samples, got {quoted(found)}")
    if fields.flag(spec, "normalize"):
        refuse(spec, "normalize (the cosine) is not read")
    first, second = (axis % rank for axis, rank in zip(axes, ranks))
    return b.new(b.add(spec, name, Dot(first, second), *(b.native(spec, x) for x in xs)))


TABLE: dict[str, Translator] = {
    **{kind: _merge for kind in KINDS},
    "Concatenate": _concatenate,
    "Dot": _dot,
}
