"""Keras' activations: names, serialised functions and layers, each in the meaning of the version that wrote it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lrp.formats.container import quoted
from lrp.formats.keras import fields
from lrp.formats.keras.build import Builder, Translator, Value
from lrp.formats.keras.config import Call, Spec
from lrp.formats.keras.fields import refuse
from lrp.formats.keras.variables import Writer
from lrp.layers import ELU, GELU, Layer, LeakyReLU, Linear, PReLU, ReLU, Sigmoid, SiLU, Softmax, Softplus, Tanh
from lrp.layers import activations as more

BY_NAME: dict[str, Callable[[], Layer]] = {
    "linear": Linear,
    "relu": ReLU,
    "relu6": lambda: ReLU(6.0),
    "leaky_relu": lambda: LeakyReLU(0.2),
    "elu": ELU,
    "selu": more.SELU,
    "celu": more.CELU,
    "gelu": GELU,
    "softplus": Softplus,
    "softsign": more.Softsign,
    "tanh": Tanh,
    "sigmoid": Sigmoid,
    "exponential": more.Exponential,
    "silu": SiLU,
    "swish": SiLU,
    "mish": more.Mish,
    "softmax": Softmax,
    "hard_tanh": more.HardTanh,
    "hard_silu": more.HardSiLU,
    "hard_swish": more.HardSiLU,
    "hard_shrink": more.HardShrink,
    "soft_shrink": more.SoftShrink,
    "tanh_shrink": more.TanhShrink,
    "log_sigmoid": more.LogSigmoid,
    "squareplus": more.Squareplus,
    "sparse_plus": more.SparsePlus,
    "sparse_sigmoid": lambda: more.HardSigmoid(0.5),
}
# Arguments that a serialised activation may carry, with the class that takes them under our name.
WITH_SETTINGS: dict[str, tuple[Callable[..., Layer], dict[str, str]]] = {
    "relu": (
        more.ThresholdReLU,
        {"alpha": "slope_below", "negative_slope": "slope_below", "max_value": "maximum", "threshold": "threshold"},
    ),
    "leaky_relu": (LeakyReLU, {"negative_slope": "alpha", "alpha": "alpha"}),
    "elu": (ELU, {"alpha": "alpha"}),
    "celu": (more.CELU, {"alpha": "alpha"}),
    "gelu": (GELU, {"approximate": "approximate", "single": "single"}),
}
HARD_SIGMOID = {1: 0.2, 2: 0.2, 3: 1 / 6}  # by generation of Keras


def activation(spec: Spec, writer: Writer, found: Any, stated: dict[str, Any] | None = None) -> Layer:
    """The layer of an activation: a name, or an object whose class or function has one. LoadError for anything else."""
    settings: dict[str, Any] = dict(stated or {})
    name = found
    if isinstance(found, dict):
        name, settings = _unwrapped(spec, found)
    if name is None:
        return Linear()
    if name == "gelu" and writer.backend == "tensorflow":
        settings = {"single": True, **settings}
    if name == "hard_sigmoid":
        return more.HardSigmoid(HARD_SIGMOID[writer.generation])
    if not isinstance(name, str) or name not in BY_NAME:
        refuse(spec, f"the activation {quoted(found)} is not read; expected one of {', '.join(sorted(BY_NAME))}")
    if not settings:
        return BY_NAME[name]()
    make, names = WITH_SETTINGS.get(name, (BY_NAME[name], {}))
    if name == "softmax" and set(settings) == {"axis"} and fields.is_integer(settings["axis"]):
        return Softmax(settings["axis"])
    unknown = sorted(set(settings) - set(names))
    if unknown or not all(isinstance(v, (int, float)) or v is None for v in settings.values()):
        refuse(spec, f"the activation {name} has the unknown settings {quoted(settings)}")
    return make(**{names[key]: number for key, number in settings.items() if number is not None})


CLASSES = {"ReLU": "relu", "LeakyReLU": "leaky_relu", "ELU": "elu", "Softmax": "softmax", "Activation": "linear"}


def _unwrapped(spec: Spec, found: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The name and settings in a serialised activation; what is registered by a user is refused."""
    kind, config = found.get("class_name"), found.get("config")
    module = found.get("module")
    known = module is None or (isinstance(module, str) and (module + ".").startswith("keras."))
    if not known or found.get("registered_name") not in (None, kind, config):
        refuse(spec, f"the activation {quoted(found)} is a custom function; it is never imported")
    if kind == "function":
        return config, {}
    if kind not in CLASSES or not isinstance(config, dict):
        refuse(spec, f"the activation {quoted(found)} is not read")
    if kind == "Activation":
        return config.get("activation"), {}
    kept = {k: v for k, v in config.items() if k not in ("name", "trainable", "dtype")}
    return CLASSES[kind], kept


def activate(b: Builder, spec: Spec, x: Value, name: str, found: Any) -> Value:
    """The activation inside another layer, as a node of its own behind it; nothing for a linear one."""
    layer = b.once(spec, f"activation {found}", lambda: activation(spec, b.writer, found))
    if isinstance(layer, Linear):
        return x
    return activation_node(b, spec, x, f"{name}/{_short(layer)}", layer)


def _short(layer: Layer) -> str:
    return type(layer).__name__.lower()


def activation_node(b: Builder, spec: Spec, x: Value, name: str, layer: Layer) -> Value:
    """An activation on x; a softmax keeps to its axis of Keras' order."""
    if not isinstance(layer, Softmax):
        return b.each(spec, x, name, layer)
    axis = layer.axis % x.rank
    if axis == 0:
        refuse(spec, "a softmax over the samples is not read")
    if x.node is None and axis == 1:
        return b.apply(spec, x, name, Softmax(-1), True, x.mask)
    node = b.add(spec, name, Softmax(-1 if axis == x.rank - 1 else axis), b.native(spec, x))
    return b.new(node, mask=x.mask)


def single(spec: Spec, call: Call) -> Value:
    """The one tensor that a layer takes."""
    found = list(call.args)
    while len(found) == 1 and isinstance(found[0], list):
        found = found[0]
    if len(found) != 1 or not isinstance(found[0], Value):
        refuse(spec, f"expected one input, got {len(found)}")
    return found[0]


def _activation(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    layer = b.once(spec, "", lambda: activation(spec, b.writer, fields.value(spec, "activation")))
    return activation_node(b, spec, single(spec, call), name, layer)


def _relu(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    maximum = spec.config.get("max_value")
    slope, threshold = fields.number(spec, "negative_slope", 0.0), fields.number(spec, "threshold", 0.0)
    most = None if maximum is None else fields.number(spec, "max_value")
    plain = slope == 0 and threshold == 0
    layer = b.once(spec, "", lambda: ReLU(most) if plain else more.ThresholdReLU(most, slope, threshold))
    return b.each(spec, single(spec, call), name, layer)


def _leaky(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    key = "negative_slope" if "negative_slope" in spec.config else "alpha"
    alpha = fields.number(spec, key, 0.3)
    if b.writer.backend == "tensorflow":  # where the slope of this operation is a number in single precision
        alpha = float(np.float32(alpha))
    layer = b.once(spec, "", lambda: LeakyReLU(alpha))
    return b.each(spec, single(spec, call), name, layer)


def _elu(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    return b.each(spec, single(spec, call), name, b.once(spec, "", lambda: ELU(fields.number(spec, "alpha", 1.0))))


def _thresholded(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    layer = b.once(spec, "", lambda: more.Threshold(fields.number(spec, "theta", 1.0)))
    return b.each(spec, single(spec, call), name, layer)


def _softmax(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    if any(isinstance(v, Value) for v in call.kwargs.values()):
        refuse(spec, "a softmax with a mask is not read")
    axis = spec.config.get("axis", -1)
    axes = axis if isinstance(axis, list) else [axis]
    if len(axes) != 1 or not fields.is_integer(axes[0]):
        refuse(spec, f"axis: expected one whole number, got {quoted(axis)}")
    x = single(spec, call)
    if not -x.rank < axes[0] < x.rank:
        refuse(spec, f"axis: expected an axis of {x.rank}, got {axes[0]}")
    return activation_node(b, spec, x, name, b.once(spec, "", lambda: Softmax(axes[0])))


def _prelu(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    x = single(spec, call)
    shared = spec.config.get("shared_axes") or []
    shared = shared if isinstance(shared, list) else [shared]
    if not all(fields.is_integer(a) and 1 <= a < x.rank for a in shared):
        refuse(spec, f"shared_axes: expected axes from 1 to {x.rank - 1}, got {quoted(shared)}")
    lengths = [1 if axis in shared else n for axis, n in enumerate(x.shape, start=1)]
    held = b.held_shape(spec, "alpha")
    if len(held) != len(lengths) or any(n not in (None, m) for n, m in zip(lengths, held)):
        refuse(spec, f"alpha has shape {held}; expected {tuple(lengths)}")
    return b.new(
        b.add(spec, name, b.once(spec, "", lambda: PReLU(b.array(spec, "alpha"))), b.native(spec, x)), mask=x.mask
    )


TABLE: dict[str, Translator] = {
    "Activation": _activation,
    "ReLU": _relu,
    "LeakyReLU": _leaky,
    "ELU": _elu,
    "ThresholdedReLU": _thresholded,
    "Softmax": _softmax,
    "PReLU": _prelu,
}
