"""Keras files of every generation: which one it is, its architecture, its weights -> a Network.

    .h5           architecture (attribute model_config) and weights, or weights alone
    .keras        a zip of config.json and model.weights.h5
    .weights.h5   weights alone: the architecture comes as JSON (to_json() of the model)

See docs/formats.md for what is read and what is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from lrp.errors import LoadError
from lrp.formats.container import Reader, quoted
from lrp.formats.keras import activations as keras_activations
from lrp.formats.keras import attention as keras_attention
from lrp.formats.keras import basic as keras_basic
from lrp.formats.keras import convolution as keras_conv
from lrp.formats.keras import fields
from lrp.formats.keras import merging as keras_merge
from lrp.formats.keras import normalization as keras_norm
from lrp.formats.keras import operations as keras_ops
from lrp.formats.keras import recurrent as keras_recurrent
from lrp.formats.keras import spatial as keras_spatial
from lrp.formats.keras.build import Builder, Translator, Value, why_not
from lrp.formats.keras.config import Model, Spec, parse_model
from lrp.formats.keras.keras1 import flat_description, modern, split_merge
from lrp.formats.keras.variables import Writer, variables
from lrp.formats.keras.weights import has_names, joined, locate, name_list
from lrp.graph import Metadata, Network
from lrp.layers import Input

TABLE: dict[str, Translator] = {
    **keras_activations.TABLE,
    **keras_attention.TABLE,
    **keras_basic.TABLE,
    **keras_conv.TABLE,
    **keras_merge.TABLE,
    **keras_norm.TABLE,
    **keras_ops.TABLE,
    **keras_recurrent.TABLE,
    **keras_spatial.TABLE,
}
ORIGIN = ("keras_version", "backend")
BACKENDS = ("tensorflow", "theano", "jax", "torch", "cntk", "mxnet", "numpy", "openvino")


def is_complete(file: Reader) -> bool:
    """Whether the file is a model with its architecture."""
    return file.attribute("/", "model_config") is not None


def is_weights_only(file: Reader) -> bool:
    """Whether the file holds weights of a Keras model and no architecture."""
    numbered = file.attribute("/", "nb_layers") is not None
    if numbered or has_names(file, "/") or file.kind("/_layer_checkpoint_dependencies") == "group":
        return True
    return any(file.kind(f"/layers/{name}/vars") == "group" for name in file.children("/layers")[:8])


@dataclass(frozen=True)
class Source:
    """An opened file with its configuration.

    origin: keras_version and backend as the file states them. backend: as the caller states it. complete: the
    configuration comes from the same file as the weights, so that names must agree.
    """

    file: Reader
    config: dict[str, Any]
    origin: dict[str, Any]
    backend: str | None = None
    complete: bool = True

    def refused(self) -> list[tuple[str, str]]:
        """The layers of classes that are not read: (layer, why)."""
        model, writer = prepare(self.file, self.config, self.origin, self.backend)
        known = {*TABLE, "InputLayer"}
        found, waiting = [], [model]
        while waiting:
            for spec in waiting.pop().layers:
                if spec.model is not None:
                    waiting.append(spec.model)
                elif spec.kind not in known and not (writer.generation == 3 and f"ops.{spec.kind}" in TABLE):
                    found.append(("/".join(spec.path), f"the class {spec.kind}, {why_not(spec.kind)}"))
        return found


def complete(file: Reader, backend: str | None) -> Source:
    """A file with model_config and model_weights."""
    config = file.json_attribute("/", "model_config")
    if config is None:
        raise LoadError(f"{file.name}: expected an attribute model_config, found none")
    origin = {key: file.attribute("/", key) for key in ORIGIN}
    for key in origin:
        if origin[key] is None:
            origin[key] = file.attribute("/model_weights", key)
    return Source(file, config, origin, backend)


def weights_only(file: Reader, config: dict[str, Any], backend: str | None) -> Source:
    """A file of weights, with the architecture as the model's to_json() gave it."""
    origin = {key: config.get(key) for key in ORIGIN}
    for key in origin:
        if origin[key] is None:
            origin[key] = file.attribute("/", key)
    return Source(file, config, origin, backend, complete=False)


def read(source: Source, dtype: str) -> Network:
    """The network of a configuration and a file that has its weights."""
    name = source.file.name
    try:
        return _read(source, dtype)
    except RecursionError:
        raise LoadError(f"{name}: its models or lists are nested too deep") from None
    except LoadError as error:
        if str(error).startswith(name):
            raise
        raise LoadError(f"{name}: {error}") from None


def _read(source: Source, dtype: str) -> Network:
    file = source.file
    model, writer = prepare(file, source.config, source.origin, source.backend)
    builder = Builder(file, writer, locate(file, model, writer, source.complete), TABLE)
    inputs = _inputs(builder, model)
    outputs = builder.run(model, inputs, "")
    metadata = Metadata(extra={"source": writer.text})
    return builder.network(inputs, outputs, metadata, dtype)


def prepare(file: Reader, data: dict[str, Any], origin: dict[str, Any], backend: str | None) -> tuple[Model, Writer]:
    """The model in the words of Keras 2 and 3, and who wrote it."""
    if "class_name" not in data and "layers" in data:
        data = flat_description(data)
        origin = {**origin, "keras_version": origin.get("keras_version") or "0.3.3"}
    model = parse_model(data)
    writer = _writer(file, model, data, origin, backend)
    if writer.generation == 1:
        model = modern(split_merge(model), writer)
    return model, writer


def _writer(file: Reader, model: Model, data: dict[str, Any], origin: dict[str, Any], backend: str | None) -> Writer:
    """Who wrote the file, from what it says or else from how it looks."""
    if backend is not None and backend not in BACKENDS:
        raise LoadError(f"backend: expected one of {', '.join(BACKENDS)}, got {backend!r}")
    text = origin.get("keras_version")
    if text is None:
        text = _guessed_version(file, data)
    found = re.match(r"(\d{1,3})\.(\d{1,3})(?:\.(\d{1,3}))?", text) if isinstance(text, str) else None
    if found is None:
        raise LoadError(f"keras_version: expected a version such as 2.2.4, got {quoted(text)}")
    version = (int(found[1]), int(found[2]), int(found[3] or 0))
    if version[0] > 3:
        raise LoadError(f"it was written by Keras {quoted(text)}; versions 0.3 to 3 are read")
    tf_keras = version[0] == 2 and ("tf" in str(text) or version >= (2, 4, 0))
    name = backend or origin.get("backend")
    if not isinstance(name, str):
        name = "tensorflow" if version[0] >= 2 or _has_counters(file) else "theano"
    stated = backend is not None or isinstance(origin.get("backend"), str)
    return Writer(version, tf_keras, name == "theano", name, stated)


def _guessed_version(file: Reader, data: dict[str, Any]) -> str:
    """The version of a file that states none: by the marks that only one generation leaves."""
    text = str(data)
    if "__keras_tensor__" in text or "keras.src" in text or "DTypePolicy" in text or "'batch_shape'" in text:
        return "3.0.0"
    if "nb_filter" in text or "'output_dim': " in text and "'init': " in text or "border_mode" in text:
        return "1.2.2" if file.attribute("/", "nb_layers") is None else "1.0.5"
    return "2.4.0" if "Functional" in text or "'ragged'" in text else "2.2.4"


def _has_counters(file: Reader) -> bool:
    """Whether weight names end in :0, as TensorFlow's variables do and Theano's do not."""
    root = "/model_weights" if file.kind("/model_weights") == "group" else "/"
    if not has_names(file, root):
        return False
    for name in name_list(file, root, "layer_names"):
        for weight in name_list(file, joined(root, name), "weight_names"):
            return re.search(r":\d+$", weight) is not None
    return False


def _inputs(b: Builder, model: Model) -> list[Value]:
    """The inputs as nodes, in the model's order."""
    specs = {spec.name: spec for spec in model.layers}
    values = []
    if not model.inputs:
        spec = model.layers[0]
        shape = model.input_shape
        lengths = _without_batch(spec, shape) if shape is not None else _guessed_shape(b, model)
        values.append(_input(b, Spec("InputLayer", f"{spec.name}_input", {}, ()), f"{spec.name}_input", lengths))
    for name in model.inputs:
        if name not in specs:
            raise LoadError(f"the input {quoted(name)} is no layer of the model")
        spec = specs[name]
        shape = spec.config.get("batch_shape", spec.config.get("batch_input_shape"))
        if spec.kind != "InputLayer":  # Keras 2 may name the first layer of a nested chain
            refuse_input(spec)
        lengths = _without_batch(spec, shape) if shape is not None else _guessed_shape(b, model)
        if fields.flag(spec, "sparse") or fields.flag(spec, "ragged"):
            fields.refuse(spec, "sparse and ragged inputs are not read")
        values.append(_input(b, spec, name, lengths))
    return values


def refuse_input(spec: Spec) -> None:
    """An input that is another layer."""
    fields.refuse(spec, "expected an InputLayer among the inputs")


def _without_batch(spec: Spec, shape: Any) -> tuple[int | None, ...]:
    if not isinstance(shape, list) or not shape:
        fields.refuse(spec, f"input shape: expected a list of lengths, got {quoted(shape)}")
    return fields.shape(spec, shape[1:], "input shape")


def _input(b: Builder, spec: Spec, name: str, lengths: tuple[int | None, ...]) -> Value:
    node = b.add(spec, name, Input(lengths))
    return Value(lengths, node, origin=node)


def _guessed_shape(b: Builder, model: Model) -> tuple[int | None, ...]:
    """The input of a chain that stores no shape at all (Keras 2.2): what its first kernel takes, other lengths free."""
    for spec in model.layers:
        if spec.kind in ("InputLayer", "Dropout", "Activation", "GaussianNoise", "ZeroPadding2D", "ZeroPadding1D"):
            continue
        owned = variables(spec)
        if spec.kind == "Embedding":
            return (None,)
        if not owned or not b.has(spec, owned[0].name):
            break
        held = b.held_shape(spec, owned[0].name)
        if spec.kind == "Dense" and len(held) == 2:
            return (held[0],)
        if re.fullmatch(r"(Separable)?Conv[123]D", spec.kind) and len(held) > 2:
            groups = fields.integer(spec, "groups", 1)
            free = (None,) * (len(held) - 2)
            first = spec.config.get("data_format") == "channels_first"
            return (held[-2] * groups, *free) if first else (*free, held[-2] * groups)
        if spec.kind in ("LSTM", "GRU", "SimpleRNN") and len(held) == 2:
            return (None, held[0])
        break
    raise LoadError("the model stores no input shape, and its first layer does not imply one")
