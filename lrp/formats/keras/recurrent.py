"""Keras' recurrent layers, their wrappers, and attention."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.formats.container import quoted
from lrp.formats.keras import fields
from lrp.formats.keras.activations import HARD_SIGMOID, single
from lrp.formats.keras.build import UNSURE, Builder, Translator, Value, flat
from lrp.formats.keras.config import Call, Spec
from lrp.formats.keras.convolution import axes_of
from lrp.formats.keras.fields import refuse
from lrp.layers import Add, Average, Concat, Layer, Multiply
from lrp.layers.recurrent import ACTIVATIONS, GRU, LSTM, Recurrent, SimpleRNN
from lrp.layers.shape import Slice

GATED = {"LSTM": "sigmoid", "GRU": "sigmoid"}


def _function(b: Builder, spec: Spec, key: str, default: str) -> str:
    """The name of an activation inside a cell."""
    found = spec.config.get(key, default)
    if isinstance(found, dict) and found.get("class_name") == "function":
        found = found.get("config")
    if found == "hard_sigmoid" and HARD_SIGMOID[b.writer.generation] != 0.2:
        return "hard_sigmoid_6"
    if found is None:
        return "linear"
    if not isinstance(found, str) or found not in ACTIVATIONS or found == "hard_sigmoid_6":
        refuse(spec, f"{key}: the activation {quoted(found)} is not read inside a cell")
    return found


def _arrays(b: Builder, spec: Spec, inputs: int, units: int, blocks: int, bias_shape: Any) -> tuple[Array, Array, Any]:
    """Kernel, recurrent kernel and bias in the order of Keras 2, from each version's own."""
    if spec.config.get("arrays"):  # Keras 1
        return _keras_1_arrays(b, spec, inputs, units, blocks)
    kernel = b.array(spec, "kernel", (inputs, blocks * units))
    recurrent = b.array(spec, "recurrent_kernel", (units, blocks * units))
    if spec.kind.startswith("CuDNN"):
        return _cudnn_arrays(b, spec, kernel, recurrent, units, blocks)
    bias = b.array(spec, "bias", bias_shape) if fields.flag(spec, "use_bias", True) else None
    return kernel, recurrent, bias


def _keras_1_arrays(b: Builder, spec: Spec, inputs: int, units: int, blocks: int) -> tuple[Array, Array, Any]:
    """Three arrays a gate, or three in all: Keras 1 lists the gates of an LSTM as i c f o, we as i f c o."""
    names = spec.config["arrays"]
    if len(names) == 3:
        kernel = b.array(spec, "W", (inputs, blocks * units))
        recurrent, bias = b.array(spec, "U", (units, blocks * units)), b.array(spec, "b", (blocks * units,))
        return kernel, recurrent, bias
    gates = {"LSTM": "ifco", "GRU": "zrh"}[spec.config["cell"]]
    return (
        np.concatenate([b.array(spec, f"W_{g}", (inputs, units)) for g in gates], axis=1),
        np.concatenate([b.array(spec, f"U_{g}", (units, units)) for g in gates], axis=1),
        np.concatenate([b.array(spec, f"b_{g}", (units,)) for g in gates]),
    )


def _cudnn_arrays(
    b: Builder, spec: Spec, kernel: Array, recurrent: Array, units: int, blocks: int
) -> tuple[Array, Array, Any]:
    """CuDNN reads each gate's block as a matrix of the transposed shape, and has every bias twice: beside the input
    and beside the state. An LSTM needs only their sum.
    """
    inputs = len(kernel)
    blocks_x = [part.reshape(units, inputs).T for part in np.split(kernel, blocks, axis=1)]
    blocks_h = [part.T for part in np.split(recurrent, blocks, axis=1)]
    kernel, recurrent = np.concatenate(blocks_x, axis=1), np.concatenate(blocks_h, axis=1)
    bias = b.array(spec, "bias", (2 * blocks * units,)).reshape(2, blocks * units)
    return kernel, recurrent, bias if blocks == 3 else bias.sum(axis=0)


def _settings(b: Builder, spec: Spec, cell: str) -> dict[str, Any]:
    """The settings of a cell beside its arrays."""
    old = b.writer.generation < 3 and not b.writer.tensorflow_keras
    cudnn = spec.kind.startswith("CuDNN")
    settings: dict[str, Any] = {"activation": "tanh" if cudnn else _function(b, spec, "activation", "tanh")}
    if cell in GATED:
        gate = "hard_sigmoid" if old else "sigmoid"
        settings["recurrent_activation"] = "sigmoid" if cudnn else _function(b, spec, "recurrent_activation", gate)
    if cell == "GRU":
        settings["reset_after"] = cudnn or fields.flag(spec, "reset_after", not old)
    if fields.flag(spec, "time_major"):
        refuse(spec, "time_major is not read")
    return settings


CELLS: dict[str, type[Recurrent]] = {"SimpleRNN": SimpleRNN, "LSTM": LSTM, "GRU": GRU}


def _cell_of(spec: Spec) -> str:
    return spec.kind.removeprefix("Keras1").removeprefix("CuDNN")


def run_cell(
    b: Builder, spec: Spec, x: Value, name: str, mask: Any, states: list[Value], zero_masked: bool
) -> list[Value]:
    """One direction: the output, and the final states where the layer returns them, each as a node of its own."""
    cell = _cell_of(spec)
    kind, units = CELLS[cell], fields.integer(spec, "units")
    if mask == UNSURE:
        refuse(spec, "its mask went through layers whose treatment of masks differs between versions")
    if len(x.shape) != 2 or x.shape[1] is None:
        refuse(spec, f"expected steps and features, got {x.shape} a sample")
    settings, inputs = _settings(b, spec, cell), x.shape[1]
    bias_shape = (2, 3 * units) if settings.get("reset_after") else (kind.blocks * units,)
    sequence, reverse = fields.flag(spec, "return_sequences"), fields.flag(spec, "go_backwards")
    if states and len(states) != kind.state_count:
        refuse(spec, f"expected {kind.state_count} first states, got {len(states)}")

    def make(output: str) -> Layer:
        kernel, recurrent, bias = _arrays(b, spec, inputs, units, kind.blocks, bias_shape)
        return kind(
            kernel,
            recurrent,
            bias,
            output=output,
            reverse=reverse,
            masked=mask is not None,
            initial=bool(states),
            zero_masked=zero_masked,
            **settings,
        )

    nodes = [b.native(spec, x), *([mask] if mask is not None else []), *(b.native(spec, s) for s in states)]
    parts = ["sequence" if sequence else "last"]
    if fields.flag(spec, "return_state"):
        parts += ["state", "cell"][: kind.state_count]
    result = []
    for part in parts:
        where = name if part == parts[0] else f"{name}/{part}"
        layer = b.once(spec, f"{part} {mask is not None} {bool(states)} {zero_masked}", partial(make, part))
        node = b.add(spec, where, layer, *nodes)
        result.append(b.new(node, mask=mask if part == "sequence" else None))
    return result


def _arguments(spec: Spec, call: Call) -> tuple[Value, Any, list[Value]]:
    """The sequence, its mask, and the first states, from wherever a version puts them."""
    tensors = [x for x in flat(call.args) if isinstance(x, Value)]
    if not tensors:
        refuse(spec, "expected an input, got none")
    states = tensors[1:] + [x for x in flat(call.kwargs.get("initial_state")) if isinstance(x, Value)]
    given = call.kwargs.get("mask")
    mask = given.node if isinstance(given, Value) else tensors[0].mask
    return tensors[0], mask, states


def _recurrent(b: Builder, spec: Spec, call: Call, name: str) -> list[Value]:
    x, mask, states = _arguments(spec, call)
    return run_cell(b, spec, x, name, mask, states, fields.flag(spec, "zero_output_for_mask"))


MERGES: dict[str, Any] = {"concat": Concat, "sum": Add, "ave": Average, "mul": Multiply}


def _bidirectional(b: Builder, spec: Spec, call: Call, name: str) -> list[Value]:
    x, mask, states = _arguments(spec, call)
    forward, backward = spec.inner
    for one in spec.inner:
        if _cell_of(one) not in CELLS:
            refuse(spec, f"it wraps {quoted(one.kind)}, which is not read there")
    half = len(states) // 2
    sequence = fields.flag(forward, "return_sequences")
    zero = sequence and (b.writer.tensorflow_keras or b.writer.generation == 3)
    ahead = run_cell(b, forward, x, f"{name}/{forward.name}", mask, states[:half], zero)
    behind = run_cell(b, backward, x, f"{name}/{backward.name}", mask, states[half:], zero)
    if sequence:
        node = b.add(spec, f"{name}/{backward.name}/reversed", Slice(((None, None, -1),)), b.native(spec, behind[0]))
        behind[0] = b.new(node, mask=behind[0].mask)
    mode = spec.config.get("merge_mode", "concat")
    if mode is None:
        return [ahead[0], behind[0], *ahead[1:], *behind[1:]]
    if not isinstance(mode, str) or mode not in MERGES:
        refuse(spec, f"merge_mode: expected one of {', '.join(MERGES)} or null, got {quoted(mode)}")
    node = b.add(spec, name, MERGES[mode](), b.native(spec, ahead[0]), b.native(spec, behind[0]))
    return [b.new(node, mask=mask if sequence else None), *ahead[1:], *behind[1:]]


# Layers that do the same at every step when they are given all steps at once, as they work on the last axis or on each
# entry; an axis they name moves by one.
EVERYWHERE = {"Dense", "Activation", "ReLU", "LeakyReLU", "ELU", "ThresholdedReLU", "Softmax", "Dropout", "Embedding"}
LAST_AXIS = {"BatchNormalization", "LayerNormalization"}


def _time_distributed(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    x = single(spec, replace(call, kwargs={}))
    (inner,) = spec.inner
    return each_step(b, inner, x, name)


def each_step(b: Builder, inner: Spec, x: Value, name: str) -> Value:
    """A layer at every step of a sequence by itself."""
    if inner.model is not None:
        return _model_at_each_step(b, inner, x, name)
    axis = inner.config.get("axis", -1)
    axes = axis if isinstance(axis, list) else [axis]
    if inner.kind in EVERYWHERE or inner.kind.startswith("SpatialDropout"):
        if inner.kind == "Softmax" and axes != [-1]:
            refuse(inner, "a softmax at each step is read over the last axis only")
        return _first(
            b.table["Dropout" if inner.kind.startswith("Spatial") else inner.kind](b, inner, Call((x,)), name)
        )
    if inner.kind in LAST_AXIS:
        moved = [a + 1 if fields.is_integer(a) and a > 0 else a for a in axes]
        shifted = replace(inner, config={**inner.config, "axis": moved})
        return _first(b.table[inner.kind](b, shifted, Call((x,)), name))
    if inner.kind.startswith("Global") and x.rank == 3 + axes_of(inner) and None not in x.shape[1:-1]:
        size = [1, *x.shape[1:-1]]
        kind = f"{inner.kind.removeprefix('Global')[:-2]}{axes_of(inner) + 1}D"
        pool = replace(
            inner, kind=kind, config={**inner.config, "pool_size": size, "strides": size, "padding": "valid"}
        )
        x = _first(b.table[kind](b, pool, Call((x,)), f"{name}/windows"))
        inner = replace(inner, kind="Flatten")
    if inner.kind in ("Flatten", "Reshape"):
        target = [-1] if inner.kind == "Flatten" else fields.value(inner, "target_shape")
        if inner.config.get("data_format", "channels_last") != "channels_last" or not isinstance(target, list):
            refuse(inner, "it is not read at each step with channels first")
        entries = 1
        for n in x.shape[1:]:
            entries *= n or 0
        rest = 1
        for n in target:
            rest *= n if fields.is_integer(n) and n > 0 else 1
        known = [entries // rest if n in (-1, None) and rest else n for n in target]
        steps = -1 if x.shape[0] is None else x.shape[0]
        if not entries or not all(fields.is_integer(n) and n > 0 for n in known):
            refuse(inner, f"expected fixed lengths behind the steps, got {x.shape} a sample")
        moved_spec = replace(inner, kind="Reshape", config={**inner.config, "target_shape": [steps, *known]})
        return _first(b.table["Reshape"](b, moved_spec, Call((x,)), name))
    deeper = _deeper(inner)
    if deeper is None or "first" in str(inner.config.get("data_format")):
        refuse(inner, "it is not read at each step of a sequence (TimeDistributed)")
    return _first(b.table[deeper.kind](b, deeper, Call((x,)), name))


# A layer of d spatial axes at each step is one of d + 1 axes that does nothing along the first: its windows there have
# length 1, and nothing is added or cut off.
ONES = ("kernel_size", "strides", "dilation_rate", "pool_size", "size")
DEEPER = re.compile(r"(Conv|MaxPooling|AveragePooling|ZeroPadding|Cropping|UpSampling)([12])D")


def _deeper(inner: Spec) -> Spec | None:
    """The layer with one axis more in front, None where there is none."""
    found = DEEPER.fullmatch(inner.kind)
    if found is None or inner.config.get("padding") == "causal":
        return None
    axes, config = int(found[2]), dict(inner.config)
    for key in ONES:
        if config.get(key) is not None:
            config[key] = [1, *fields.integers(inner, key, axes)]
        elif key == "pool_size" and "Pooling" in inner.kind:
            config[key] = [1] + [2] * axes
    for key in ("padding", "cropping"):
        if key in config and not isinstance(config[key], str):
            config[key] = [[0, 0], *map(list, fields.pairs(inner, key, axes))]
    return replace(inner, kind=f"{found[1]}{axes + 1}D", config={**config, "kernel_front": 1})


def _model_at_each_step(b: Builder, inner: Spec, x: Value, name: str) -> Value:
    if inner.model is None or not inner.model.sequential:
        refuse(inner, "at each step of a sequence only a Sequential model is read")
    for spec in inner.model.layers:
        if spec.kind != "InputLayer":
            x = each_step(b, spec, x, f"{name}/{spec.name}")
    return x


def _first(result: Any) -> Value:
    value = result[0] if isinstance(result, (list, tuple)) else result
    if not isinstance(value, Value):
        raise TypeError("a translator gives values")
    return value


TABLE: dict[str, Translator] = {
    **{kind: _recurrent for kind in ("SimpleRNN", "LSTM", "GRU", "CuDNNLSTM", "CuDNNGRU")},
    **{f"Keras1{kind}": _recurrent for kind in ("SimpleRNN", "LSTM", "GRU")},
    "Bidirectional": _bidirectional,
    "TimeDistributed": _time_distributed,
}
