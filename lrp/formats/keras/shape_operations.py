"""Operations that only move entries: slices, reshapes, transposes."""

from __future__ import annotations

from typing import Any

from lrp.formats.container import quoted
from lrp.formats.keras import fields
from lrp.formats.keras.basic import reshaped
from lrp.formats.keras.build import Builder, Value
from lrp.formats.keras.config import Spec
from lrp.formats.keras.fields import refuse
from lrp.layers import Permute
from lrp.layers.shape import Slice


def tensor(spec: Spec, args: list[Any], kwargs: dict[str, Any]) -> Value:
    """The one tensor of an operation."""
    found = [v for v in [*args, *kwargs.values()] if isinstance(v, Value)]
    if len(found) != 1:
        refuse(spec, f"expected one tensor, got {len(found)}")
    return found[0]


def setting(spec: Spec, args: list[Any], kwargs: dict[str, Any], key: str, place: int, default: Any = None) -> Any:
    """An argument that is no tensor: by name, by place, or among the settings."""
    if key in kwargs:
        return kwargs[key]
    if len(args) > place:
        return args[place]
    return spec.config.get(key, default)


def slice_of(b: Builder, spec: Spec, name: str, args: list[Any], kwargs: dict[str, Any]) -> Value:
    x = tensor(spec, args[:1], {k: v for k, v in kwargs.items() if k in ("x", "tensor")})
    key = setting(spec, args, kwargs, "slice_spec", 1, setting(spec, args, kwargs, "key", 1))
    key = key if isinstance(key, list) else [key]
    parts: list[Any] = [_part(spec, entry) for entry in key]
    if Ellipsis in parts:
        at = parts.index(Ellipsis)
        whole = [(None, None, None)] * (x.rank - len(parts) + 1)
        parts = parts[:at] + whole + parts[at + 1 :]
    if len(parts) > x.rank or not parts or parts[0] != (None, None, None):
        refuse(spec, f"expected a slice of the samples' axes, got {quoted(key)}")
    layer = b.once(spec, f"{parts}", lambda: Slice(tuple(parts[1:])))
    return b.new(b.add(spec, name, layer, b.native(spec, x)))


def _part(spec: Spec, entry: Any) -> Any:
    """One axis of an index: (start, stop, step), a whole number, or an ellipsis."""
    if fields.is_integer(entry):
        return entry
    if isinstance(entry, dict):
        if entry.get("class_name") == "__ellipsis__":
            return Ellipsis
        ends = entry.get("config") if entry.get("class_name") == "__slice__" else entry
        if isinstance(ends, dict) and set(ends) <= {"start", "stop", "step"}:
            part = tuple(ends.get(k) for k in ("start", "stop", "step"))
            if all(n is None or fields.is_integer(n) for n in part):
                return part
    refuse(spec, f"expected a slice or a whole number for each axis, got {quoted(entry)}")


def reshape(b: Builder, spec: Spec, name: str, args: list[Any], kwargs: dict[str, Any]) -> Value:
    x = tensor(spec, args[:1], {k: v for k, v in kwargs.items() if isinstance(v, Value)})
    target = setting(spec, args, kwargs, "newshape", 1, setting(spec, args, kwargs, "shape", 1))
    if not isinstance(target, list) or len(target) < 2 or target[0] not in (-1, None):
        refuse(spec, f"expected a shape whose first length, of the samples, is free, got {quoted(target)}")
    if not all(n is None or fields.is_integer(n) for n in target):
        refuse(spec, f"expected whole numbers, got {quoted(target)}")
    return reshaped(b, spec, x, name, target[1:])


def transpose(b: Builder, spec: Spec, name: str, args: list[Any], kwargs: dict[str, Any]) -> Value:
    x = tensor(spec, args[:1], {k: v for k, v in kwargs.items() if isinstance(v, Value)})
    axes = setting(spec, args, kwargs, "axes", 1, setting(spec, args, kwargs, "perm", 1))
    if not isinstance(axes, list) or not all(map(fields.is_integer, axes)) or axes[:1] != [0]:
        refuse(spec, f"expected an order of axes with the samples first, got {quoted(axes)}")
    return b.new(b.add(spec, name, b.once(spec, f"{axes}", lambda: Permute(tuple(axes[1:]))), b.native(spec, x)))


def _lengths(spec: Spec, x: Value, axis: Any, expand: bool) -> list[Any]:
    if not fields.is_integer(axis) or not -x.rank - expand <= axis < x.rank + expand:
        refuse(spec, f"axis: expected one axis, got {quoted(axis)}")
    axis = axis % (x.rank + expand)
    shape = list(x.shape)
    if axis == 0:
        refuse(spec, "axis: the axis of the samples stays")
    if expand:
        shape.insert(axis - 1, 1)
    elif shape.pop(axis - 1) != 1:
        refuse(spec, f"expected an axis of length 1, got {x.shape} a sample")
    if shape.count(None) > 1:
        refuse(spec, f"expected at most one free length, got {x.shape} a sample")
    return shape


def expand(b: Builder, spec: Spec, name: str, args: list[Any], kwargs: dict[str, Any]) -> Value:
    x = tensor(spec, args[:1], {k: v for k, v in kwargs.items() if isinstance(v, Value)})
    return reshaped(b, spec, x, name, _lengths(spec, x, setting(spec, args, kwargs, "axis", 1), True))


def squeeze(b: Builder, spec: Spec, name: str, args: list[Any], kwargs: dict[str, Any]) -> Value:
    x = tensor(spec, args[:1], {k: v for k, v in kwargs.items() if isinstance(v, Value)})
    return reshaped(b, spec, x, name, _lengths(spec, x, setting(spec, args, kwargs, "axis", 1), False))
