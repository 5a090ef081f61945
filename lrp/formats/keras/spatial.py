"""Keras' pooling, padding, cropping and upsampling."""

from __future__ import annotations

from typing import Any

from lrp.formats.keras import fields
from lrp.formats.keras.activations import single
from lrp.formats.keras.build import UNSURE, Builder, Translator, Value
from lrp.formats.keras.config import Call, Spec
from lrp.formats.keras.convolution import axes_of, cut, is_first, padded
from lrp.formats.keras.fields import refuse
from lrp.layers import AvgPool, GlobalAvgPool, GlobalMaxPool, Layer, MaxPool, UpSample, ZeroPad
from lrp.layers.shape import Crop, Interpolate, MaskedMean

LARGEST_WINDOW = 1 << 20


def _pool(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    x = single(spec, call)
    axes, first = axes_of(spec), is_first(b, spec, x)
    size = fields.integers(spec, "pool_size", axes, 2)
    stride = fields.integers(spec, "strides", axes, size)
    mode = fields.choice(spec, "padding", ("valid", "same"), "valid")
    if mode == "same" and b.writer.backend == "torch" and not spec.kind.startswith("Max"):
        refuse(spec, "padding 'same' of an average: the torch backend of Keras treats it in a way of its own")
    entries = 1
    for k in size:
        entries *= k
    if entries > LARGEST_WINDOW:
        refuse(spec, f"pool_size: expected at most {LARGEST_WINDOW} entries, got {size}")
    padding, end = padded(b, spec, x, name, first, (size, stride, (1,) * axes), mode)
    make = MaxPool if spec.kind.startswith("Max") else AvgPool
    layer = b.once(spec, f"{padding}", lambda: make(size, stride, padding))
    node = b.add(spec, name, layer, b.moved(spec, x) if first else b.native(spec, x))
    return b.new(cut(b, spec, node, name, end), first, UNSURE if x.mask else None)


def _adaptive(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    """A number of windows instead of their size; read where the windows come out alike."""
    x = single(spec, call)
    axes, first = axes_of(spec), is_first(b, spec, x)
    counts = fields.integers(spec, "output_size", axes)
    lengths = x.shape[1:] if first else x.shape[:-1]
    if any(n is None or n % count for n, count in zip(lengths, counts)):
        refuse(spec, f"output_size: expected numbers that divide {lengths}, got {counts}")
    size = tuple(int(n or 0) // count for n, count in zip(lengths, counts))
    make = MaxPool if "Max" in spec.kind else AvgPool
    return b.apply(spec, x, name, b.once(spec, f"{size}", lambda: make(size, size)), first)


def _global(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    x = single(spec, call)
    first, keep = is_first(b, spec, x), fields.flag(spec, "keepdims")
    if "Average" in spec.kind and x.mask is not None and axes_of(spec) == 1:
        if x.mask == UNSURE or keep or first:
            refuse(spec, "the mean over a masked sequence is read only right behind the layers that pass a mask on")
        return b.new(b.add(spec, name, MaskedMean(), b.native(spec, x), x.mask))
    layer: Layer = GlobalMaxPool(keep) if "Max" in spec.kind else GlobalAvgPool(keep)
    node = b.add(spec, name, layer, b.moved(spec, x) if first else b.native(spec, x))
    return b.new(node, first and keep)


def _pad(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    x = single(spec, call)
    axes, first = axes_of(spec), is_first(b, spec, x)
    padding = fields.pairs(spec, "padding", axes, 1)
    return b.apply(spec, x, name, b.once(spec, "", lambda: ZeroPad(padding)), first, UNSURE if x.mask else None)


def _crop(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    x = single(spec, call)
    axes, first = axes_of(spec), is_first(b, spec, x)
    cropping = fields.pairs(spec, "cropping", axes, 1)
    return b.apply(spec, x, name, b.once(spec, "", lambda: Crop(cropping)), first, UNSURE if x.mask else None)


def _upsample(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    """Nearest neighbours, or bilinear: in Keras before 2.4 without half a pixel, in tf.keras with it."""
    x = single(spec, call)
    axes, first = axes_of(spec), is_first(b, spec, x)
    size = fields.integers(spec, "size", axes, 2, high=1 << 10)
    mode = fields.choice(spec, "interpolation", ("nearest", "bilinear"), "nearest")
    old = b.writer.generation < 3 and not b.writer.tensorflow_keras
    layer: Any = UpSample(size) if mode == "nearest" else Interpolate(size, half_pixel=not old, single=True)
    if mode == "bilinear" and b.writer.theano:
        refuse(spec, "Theano's bilinear upsampling is not read")
    return b.apply(spec, x, name, b.once(spec, "", lambda: layer), first, UNSURE if x.mask else None)


TABLE: dict[str, Translator] = {
    **{f"{kind}Pooling{d}D": _pool for kind in ("Max", "Average") for d in (1, 2, 3)},
    **{f"Adaptive{kind}Pooling{d}D": _adaptive for kind in ("Max", "Average") for d in (1, 2, 3)},
    **{f"Global{kind}Pooling{d}D": _global for kind in ("Max", "Average") for d in (1, 2, 3)},
    **{f"ZeroPadding{d}D": _pad for d in (1, 2, 3)},
    **{f"Cropping{d}D": _crop for d in (1, 2, 3)},
    **{f"UpSampling{d}D": _upsample for d in (1, 2, 3)},
}
