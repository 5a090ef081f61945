"""Keras' convolutions: kernels of every version turned into ours, padding as the writer's backend had it.

TensorFlow's "same" pads the odd entry after; Theano's pads half a kernel on both sides and cuts the output off at the
end, so that the two differ for even kernels and for strides. Theano also turns its kernels around.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.formats.keras import fields
from lrp.formats.keras.activations import activate, single
from lrp.formats.keras.basic import as_bias, reject_quantized
from lrp.formats.keras.build import UNSURE, Builder, Translator, Value, back
from lrp.formats.keras.config import Call, Spec
from lrp.formats.keras.fields import refuse
from lrp.layers import Conv, Shape, ZeroPad
from lrp.layers.convolution import ConvTranspose
from lrp.layers.shape import Crop

FORMATS = ("channels_first", "channels_last")


def axes_of(spec: Spec) -> int:
    """The number of spatial axes in a class name such as Conv2D."""
    found = re.search(r"([123])D", spec.kind)
    return int(found.group(1)) if found else 0


def is_first(b: Builder, spec: Spec, x: Value) -> bool:
    """Whether the layer has its channels first; and that its input has the axes it needs."""
    axes = axes_of(spec)
    if len(x.shape) != axes + 1:
        refuse(spec, f"expected an input of {axes} spatial axes and channels, got {x.shape} a sample")
    return fields.choice(spec, "data_format", FORMATS, "channels_last") == FORMATS[0]


def lengths(x: Value, first: bool) -> Shape:
    """x's shape with the channels last."""
    return back(x.shape) if first else x.shape


def channels(spec: Spec, x: Value, first: bool, held: int) -> int:
    """The number of input channels; where the model does not say, what the kernel says."""
    count = lengths(x, first)[-1]
    return held if count is None else count


def stored_kernel(b: Builder, spec: Spec, name: str, shape: tuple[int, ...], flipped: bool = True) -> Array:
    """A kernel (*kernel, in, out) from the order in which the file has it; `flipped`: Theano turns it around."""
    if spec.config.get("kernel_front"):  # a layer at each step of a sequence: its windows have length 1 there
        plain = replace(spec, config={**spec.config, "kernel_front": 0})
        return stored_kernel(b, plain, name, shape[1:], flipped)[None]
    order, axes = spec.config.get("kernel_order", "last"), len(shape) - 2
    if order == "first":  # Keras 1, channels first: (out, in, *kernel)
        kernel = np.moveaxis(b.array(spec, name, (shape[-1], shape[-2], *shape[:-2])), (0, 1), (-1, -2))
    elif (
        order == "flat"
    ):  # Keras 1, one axis as the first of two: (length, 1, in, out), before 1.1 (out, in, length, 1)
        if b.held_shape(spec, name) == (shape[2], shape[1], shape[0], 1):
            kernel = b.array(spec, name)[..., 0].transpose(2, 1, 0)
        else:
            kernel = b.array(spec, name, (shape[0], 1, shape[1], shape[2]))[:, 0]
    else:
        kernel = b.array(spec, name, shape)
    return kernel[(slice(None, None, -1),) * axes] if flipped and b.writer.theano else kernel


def padded(
    b: Builder, spec: Spec, x: Value, name: str, first: bool, window: tuple[tuple[int, ...], ...], mode: str
) -> Any:
    """The padding of windows (size, stride, dilation) over x in our terms, and what to cut off the output's end.

    Returns (padding, cut) with cut None or pairs for a Crop.
    """
    size, stride, dilation = window
    if mode == "valid":
        return "valid", None
    if not b.writer.theano:
        return "same", None
    pairs, cuts = [], []
    for n, k, s, d in zip(lengths(x, first), size, stride, dilation):
        extent = (k - 1) * d + 1
        half = extent // 2
        if n is None and (s > 1 or extent % 2 == 0):
            refuse(spec, "Theano's padding 'same' with strides or even kernels needs an input of known size")
        count = (n + 2 * half - extent) // s + 1 if n is not None else 0
        wanted = -(-n // s) if n is not None else 0
        pairs.append((half, half))
        cuts.append((0, count - wanted))
    return tuple(pairs), tuple(cuts) if any(after for _, after in cuts) else None


def cut(b: Builder, spec: Spec, node: str, name: str, pairs: Any) -> str:
    """A Crop behind a node, where there is something to cut."""
    return node if pairs is None else b.add(spec, f"{name}/crop", Crop(pairs), node)


def _window(spec: Spec, axes: int) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    size = fields.integers(spec, "kernel_size", axes)
    return size, fields.integers(spec, "strides", axes, 1), fields.integers(spec, "dilation_rate", axes, 1)


def conv_node(b: Builder, spec: Spec, x: Value, name: str, first: bool, part: str, make: Any, mode: str) -> Value:
    """A convolution on x; make(padding) gives the layer."""
    axes = axes_of(spec)
    node = b.moved(spec, x) if first else b.native(spec, x)
    window = _window(spec, axes)
    if mode == "causal":
        before = (window[0][0] - 1) * window[2][0]
        node, padding, end = b.add(spec, f"{name}/causal", ZeroPad(((before, 0),)), node), "valid", None
    else:
        padding, end = padded(b, spec, x, name, first, window, mode)
    made = b.once(spec, f"{part} {padding}", lambda: make(padding))
    node = b.add(spec, name, made, node)
    return b.new(cut(b, spec, node, name, end), first, UNSURE if x.mask else None)


def _modes(spec: Spec) -> str:
    axes = axes_of(spec)
    return fields.choice(spec, "padding", ("valid", "same", "causal") if axes == 1 else ("valid", "same"), "valid")


def _conv(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    x = single(spec, call)
    reject_quantized(b, spec)
    axes, first = axes_of(spec), is_first(b, spec, x)
    size, stride, dilation = _window(spec, axes)
    filters, groups = fields.integer(spec, "filters", high=1 << 31), fields.integer(spec, "groups", 1)
    place = {"first": 1, "flat": 2}.get(spec.config.get("kernel_order", "last"), -2)
    held = b.held_shape(spec, "kernel")
    if len(held) < 3:
        refuse(spec, f"kernel has shape {held}; expected spatial axes, inputs and outputs")
    inputs = channels(spec, x, first, held[place] * groups)
    if inputs % groups or filters % groups:
        refuse(spec, f"groups: expected a number that divides {inputs} inputs and {filters} filters, got {groups}")
    kernel_shape = (*size, inputs // groups, filters)

    def make(padding: Any) -> Conv:
        kernel = stored_kernel(b, spec, "kernel", kernel_shape)
        return Conv(kernel, as_bias(b, spec, filters), stride, padding, dilation, groups)

    y = conv_node(b, spec, x, name, first, "conv", make, _modes(spec))
    return activate(b, spec, y, name, spec.config.get("activation"))


def _depthwise_kernel(b: Builder, spec: Spec, inputs: int, size: tuple[int, ...]) -> tuple[Array, int]:
    """(*kernel, 1, in * multiplier): each input channel has its own kernels. Theano does not turn these around."""
    multiplier = fields.integer(spec, "depth_multiplier", 1)
    kernel = stored_kernel(b, spec, "depthwise_kernel", (*size, inputs, multiplier), flipped=False)
    return kernel.reshape(*size, 1, inputs * multiplier), multiplier


def _channel_count(b: Builder, spec: Spec, x: Value, first: bool) -> int:
    held = b.held_shape(spec, "depthwise_kernel")
    place = 1 if spec.config.get("kernel_order") == "first" else -2
    return channels(spec, x, first, held[place] if len(held) > 2 else 0)


def _depthwise(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    x = single(spec, call)
    reject_quantized(b, spec)
    axes, first = axes_of(spec), is_first(b, spec, x)
    inputs, (size, stride, dilation) = _channel_count(b, spec, x, first), _window(spec, axes)

    def make(padding: Any) -> Conv:
        kernel, multiplier = _depthwise_kernel(b, spec, inputs, size)
        return Conv(kernel, as_bias(b, spec, inputs * multiplier), stride, padding, dilation, inputs)

    y = conv_node(b, spec, x, name, first, "conv", make, _modes(spec))
    return activate(b, spec, y, name, spec.config.get("activation"))


def _separable(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    """A depthwise convolution, then one of size 1 over the channels, with nothing between."""
    x = single(spec, call)
    reject_quantized(b, spec)
    axes, first = axes_of(spec), is_first(b, spec, x)
    inputs, (size, stride, dilation) = _channel_count(b, spec, x, first), _window(spec, axes)
    filters, multiplier = fields.integer(spec, "filters", high=1 << 31), fields.integer(spec, "depth_multiplier", 1)

    def depthwise(padding: Any) -> Conv:
        return Conv(_depthwise_kernel(b, spec, inputs, size)[0], None, stride, padding, dilation, inputs)

    def pointwise() -> Conv:
        shape = (*(1,) * axes, inputs * multiplier, filters)
        return Conv(stored_kernel(b, spec, "pointwise_kernel", shape, flipped=False), as_bias(b, spec, filters))

    y = conv_node(b, spec, x, f"{name}/depthwise", first, "depthwise", depthwise, _modes(spec))
    y = b.apply(spec, y, name, b.once(spec, "pointwise", pointwise), first, y.mask)
    return activate(b, spec, y, name, spec.config.get("activation"))


def _transposed_length(n: int, k: int, s: int, extra: int | None, same: bool) -> int:
    """The output length of a transposed convolution, k the extent of its kernel."""
    if extra is None:
        return n * s if same else n * s + max(k - s, 0)
    return (n - 1) * s + k + extra - (2 * (k // 2) if same else 0)


def _transpose(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    x = single(spec, call)
    axes, first = axes_of(spec), is_first(b, spec, x)
    size, stride, dilation = _window(spec, axes)
    mode = fields.choice(spec, "padding", ("valid", "same"), "valid")
    filters, groups = fields.integer(spec, "filters", high=1 << 31), fields.integer(spec, "groups", 1)
    held = b.held_shape(spec, "kernel")
    inputs = channels(spec, x, first, held[-1])
    given = spec.config.get("output_padding")
    extra = [None] * axes if given is None else list(fields.integers(spec, "output_padding", axes, low=0))
    fixed = spec.config.get("output_shape")  # Keras 1 states the length instead
    if groups != 1:
        refuse(spec, "groups of a transposed convolution are not read")
    ends, more = [], []
    for a, (n, k, s, d) in enumerate(zip(lengths(x, first), size, stride, dilation)):
        extent = (k - 1) * d + 1
        # Lengths enter through the difference of output and (n - 1) s, which is the same for all n.
        length = 3 if n is None else n
        wanted = _transposed_length(length, extent, s, extra[a], mode == "same")
        if isinstance(fixed, list) and len(fixed) == axes + 2:
            stated = fixed[2 + a] if first else fixed[1 + a]
            wanted = stated if fields.is_integer(stated) else wanted
        before = 0
        if mode == "same":
            room = max((length - 1) * s + extent - wanted, 0)
            before = extent // 2 if b.writer.theano else room // 2
        after = (length - 1) * s + extent - before - wanted
        ends.append((before, max(after, 0)))
        more.append(max(-after, 0))

    def make() -> ConvTranspose:
        if spec.config.get("kernel_order") is None:
            kernel = stored_kernel(b, spec, "kernel", (*size, filters, inputs))
        else:  # Keras 1 stores it as a convolution's
            kernel = np.swapaxes(stored_kernel(b, spec, "kernel", (*size, inputs, filters)), -1, -2)
        return ConvTranspose(kernel, as_bias(b, spec, filters), stride, tuple(ends), tuple(more), dilation)

    y = b.apply(spec, x, name, b.once(spec, "", make), first)
    return activate(b, spec, y, name, spec.config.get("activation"))


TABLE: dict[str, Translator] = {
    **{f"Conv{d}D": _conv for d in (1, 2, 3)},
    **{f"Conv{d}DTranspose": _transpose for d in (1, 2, 3)},
    **{f"DepthwiseConv{d}D": _depthwise for d in (1, 2)},
    **{f"SeparableConv{d}D": _separable for d in (1, 2)},
}
