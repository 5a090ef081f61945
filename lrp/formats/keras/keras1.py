"""Keras 0.3 and 1: their classes and arguments in the terms of Keras 2.

What does not exist there keeps a class of its own, Keras1<Name>. `kernel_order` is the order of a kernel's axes in the
file: "first" (out, in, *kernel), "last" (*kernel, in, out), "flat" for one axis stored as the first of two.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lrp.errors import LoadError
from lrp.formats.container import quoted
from lrp.formats.keras import fields
from lrp.formats.keras.config import Call, Model, Ref, Spec, parse_model
from lrp.formats.keras.fields import refuse
from lrp.formats.keras.variables import Writer

ORDERS = {"th": "channels_first", "tf": "channels_last"}
RENAMED = {
    "output_dim": "units",
    "nb_filter": "filters",
    "border_mode": "padding",
    "subsample": "strides",
    "bias": "use_bias",
    "atrous_rate": "dilation_rate",
    "inner_activation": "recurrent_activation",
    "p": "rate",
}
CLASSES = {
    "Convolution1D": "Conv1D",
    "Convolution2D": "Conv2D",
    "Convolution3D": "Conv3D",
    "AtrousConvolution1D": "Conv1D",
    "AtrousConvolution2D": "Conv2D",
    "Deconvolution2D": "Conv2DTranspose",
    "SeparableConvolution2D": "SeparableConv2D",
    "TimeDistributedDense": "Dense",
    "MaxoutDense": "Keras1MaxoutDense",
    "Highway": "Keras1Highway",
    "SimpleRNN": "Keras1SimpleRNN",
    "LSTM": "Keras1LSTM",
    "GRU": "Keras1GRU",
}
MERGES = {"sum": "Add", "mul": "Multiply", "concat": "Concatenate", "ave": "Average", "max": "Maximum", "dot": "Dot"}
# These do not save their dim_ordering in Keras 1; that of the others decides.
FORGETFUL = {f"{kind}{d}D" for kind in ("ZeroPadding", "Cropping", "UpSampling") for d in (2, 3)}


def modern(model: Model, writer: Writer) -> Model:
    """The model with every layer in the terms of Keras 2."""
    return _converted(model, writer, _order(model))


def _order(model: Model) -> str | None:
    """The dim_ordering that all layers which name one agree on; None where none does, "" where they differ."""
    found = set()
    waiting = [model]
    while waiting:
        for spec in waiting.pop().layers:
            if spec.model is not None:
                waiting.append(spec.model)
            for one in (spec, *spec.inner):
                if isinstance(one.config.get("dim_ordering"), str):
                    found.add(one.config["dim_ordering"])
    return None if not found else found.pop() if len(found) == 1 else ""


def _converted(model: Model, writer: Writer, order: str | None) -> Model:
    layers = []
    for spec in model.layers:
        if spec.model is not None:
            layers.append(replace(spec, model=_converted(spec.model, writer, order)))
        else:
            inner = tuple(layer_in_keras_2(one, writer, order) for one in spec.inner)
            layers.append(replace(layer_in_keras_2(spec, writer, order), inner=inner))
    return replace(model, layers=tuple(layers))


def layer_in_keras_2(spec: Spec, writer: Writer, order: str | None) -> Spec:
    """One layer."""
    config = {RENAMED.get(key, key): value for key, value in spec.config.items()}
    kind = CLASSES.get(spec.kind, spec.kind)
    given = config.pop("dim_ordering", None)
    if given is None and spec.kind in FORGETFUL:
        if order in (None, ""):
            refuse(spec, "it does not say whether channels come first, and neither do its neighbours")
        given = order
    if given is not None:
        if given not in ORDERS:
            refuse(spec, f"dim_ordering: expected 'th' or 'tf', got {quoted(given)}")
        config["data_format"] = ORDERS[given]
    if config.get("padding") == "half":
        config["padding"] = "same"
    convert = _BY_CLASS.get(spec.kind)
    if convert is not None:
        kind, config = convert(spec, config, writer)
    return replace(spec, kind=kind, config=config)


def _kernel_order(config: dict[str, Any]) -> str:
    return "first" if config.get("data_format") == "channels_first" else "last"


def _conv1d(spec: Spec, config: dict[str, Any], writer: Writer) -> tuple[str, dict[str, Any]]:
    size, stride = config.get("filter_length"), config.get("subsample_length", 1)
    rate = config.get("dilation_rate", 1)
    return "Conv1D", {**config, "kernel_size": size, "strides": stride, "dilation_rate": rate, "kernel_order": "flat"}


def _conv2d(spec: Spec, config: dict[str, Any], writer: Writer) -> tuple[str, dict[str, Any]]:
    size = [config.get("nb_row"), config.get("nb_col")]
    kind = CLASSES[spec.kind]
    if kind == "Conv2DTranspose" and writer.theano:
        refuse(spec, "transposed convolutions of Keras 1 on Theano are not read")
    return kind, {**config, "kernel_size": size, "kernel_order": _kernel_order(config)}


def _conv3d(spec: Spec, config: dict[str, Any], writer: Writer) -> tuple[str, dict[str, Any]]:
    size = [config.get(f"kernel_dim{k}") for k in (1, 2, 3)]
    return "Conv3D", {**config, "kernel_size": size, "kernel_order": _kernel_order(config)}


def _pool1d(spec: Spec, config: dict[str, Any], writer: Writer) -> tuple[str, dict[str, Any]]:
    stride = config.get("stride", config.get("strides"))
    return spec.kind, {**config, "pool_size": config.get("pool_length", 2), "strides": stride}


def _upsample1d(spec: Spec, config: dict[str, Any], writer: Writer) -> tuple[str, dict[str, Any]]:
    return spec.kind, {**config, "size": config.get("length", 2)}


def _recurrent(spec: Spec, config: dict[str, Any], writer: Writer) -> tuple[str, dict[str, Any]]:
    gates = {"LSTM": "icfo", "GRU": "zrh", "SimpleRNN": ""}[spec.kind]
    names: tuple[str, ...] = ("W", "U", "b")
    if gates and config.get("consume_less") != "gpu":
        names = tuple(f"{array}_{gate}" for gate in gates for array in ("W", "U", "b"))
    return CLASSES[spec.kind], {**config, "arrays": list(names), "cell": spec.kind, "reset_after": False}


def _maxout(spec: Spec, config: dict[str, Any], writer: Writer) -> tuple[str, dict[str, Any]]:
    biased = config.get("use_bias", True)
    return CLASSES[spec.kind], {**config, "arrays": ["W", "b"] if biased else ["W"]}


def _highway(spec: Spec, config: dict[str, Any], writer: Writer) -> tuple[str, dict[str, Any]]:
    biased = config.get("use_bias", True)
    return CLASSES[spec.kind], {**config, "arrays": ["W", "W_carry", *(("b", "b_carry") if biased else ())]}


def _embedding(spec: Spec, config: dict[str, Any], writer: Writer) -> tuple[str, dict[str, Any]]:
    return spec.kind, {**config, "output_dim": config.get("units")}


def _batchnorm(spec: Spec, config: dict[str, Any], writer: Writer) -> tuple[str, dict[str, Any]]:
    """Mode 0 only; the meaning of the fourth array changed twice."""
    if config.get("mode", 0) != 0:
        refuse(spec, f"mode {quoted(config.get('mode'))}: only mode 0, stored statistics of each feature, is read")
    meaning = None
    if writer.version <= (1, 0, 5) or (writer.version == (1, 0, 6) and writer.theano):
        meaning = "plain"
    elif writer.version == (1, 0, 7) and writer.theano:
        meaning = "with epsilon"
    elif writer.version < (1, 0, 8):
        refuse(spec, f"what {writer.text} stores as its deviation is not known for certain")
    return spec.kind, {**config, "deviation": meaning, "epsilon": config.get("epsilon", 1e-6 if meaning else 1e-3)}


def _merge(spec: Spec, config: dict[str, Any], writer: Writer) -> tuple[str, dict[str, Any]]:
    mode = config.get("mode")
    if config.get("mode_type", "raw") != "raw" or config.get("output_shape_type", "raw") not in ("raw", None):
        refuse(spec, "its mode is Python code, which is never executed")
    if not isinstance(mode, str) or mode not in MERGES:
        refuse(spec, f"mode: expected one of {', '.join(MERGES)}, got {quoted(mode)}")
    return MERGES[mode], {"axis": config.get("concat_axis", -1), "axes": config.get("dot_axes", -1)}


_BY_CLASS = {
    "Convolution1D": _conv1d,
    "AtrousConvolution1D": _conv1d,
    "Convolution2D": _conv2d,
    "AtrousConvolution2D": _conv2d,
    "Deconvolution2D": _conv2d,
    "SeparableConvolution2D": _conv2d,
    "Convolution3D": _conv3d,
    "MaxPooling1D": _pool1d,
    "AveragePooling1D": _pool1d,
    "UpSampling1D": _upsample1d,
    "SimpleRNN": _recurrent,
    "LSTM": _recurrent,
    "GRU": _recurrent,
    "MaxoutDense": _maxout,
    "Highway": _highway,
    "Embedding": _embedding,
    "BatchNormalization": _batchnorm,
    "Merge": _merge,
}


def flat_description(data: dict[str, Any]) -> dict[str, Any]:
    """A Sequential model of Keras 0.3, {"name": "Sequential", "layers": [{"name": class, ...}]}, in the later form."""
    layers = data.get("layers")
    if data.get("name") != "Sequential" or not isinstance(layers, list):
        raise LoadError(f"a model of Keras 0 of class {quoted(data.get('name'))} is not read; expected Sequential")
    entries: list[dict[str, Any]] = []
    for k, layer in enumerate(layers):
        if not isinstance(layer, dict) or not isinstance(layer.get("name"), str):
            raise LoadError(f"a layer: expected an object with a name, got {quoted(layer)}")
        config = {**layer, "name": layer.get("custom_name") or f"layer_{k}"}
        if len({str(e["config"]["name"]) for e in entries} | {str(config["name"])}) <= len(entries):
            config["name"] = f"{config['name']}_{k}"
        shape = layer.get("input_shape")
        if shape is None and fields.is_integer(layer.get("input_dim")) and k == 0:
            shape = [layer["input_dim"]]
        if isinstance(shape, list):
            config["batch_input_shape"] = [None, *shape]
        entries.append({"class_name": layer["name"], "config": config})
    return {"class_name": "Sequential", "config": entries}


def split_merge(model: Model) -> Model:
    """A Sequential that begins with a Merge of whole models: the same graph, its branches as layers of their own."""
    first = model.layers[0]
    if first.kind != "Merge" or not model.sequential:
        return model
    layers: list[Spec] = []
    ends: list[Ref] = []
    inputs: list[str] = []
    for k, data in enumerate(first.config.get("layers") or []):
        branch = parse_model(data) if isinstance(data, dict) else None
        if branch is None or not branch.sequential:
            refuse(first, f"expected Sequential models under layers, got {quoted(data)}")
        branch = split_merge(branch)
        if not branch.inputs:
            name = f"{branch.layers[0].name}_input"
            shape = {"batch_input_shape": branch.input_shape, "name": name}
            layers.append(Spec("InputLayer", name, shape, (), (Call(),)))
            chained = [replace(branch.layers[0], calls=(Call((Ref(name, 0, 0),)),)), *branch.layers[1:]]
            inputs.append(name)
        else:
            chained = list(branch.layers)
            inputs.extend(branch.inputs)
        layers.extend(one for one in chained if one.name not in {s.name for s in layers})
        ends.append(branch.outputs[0])
    merge = replace(first, calls=(Call((list(ends),)),))
    rest = [merge, *model.layers[1:]]
    return replace(model, sequential=False, layers=(*layers, *rest), inputs=tuple(inputs), input_shape=None)
