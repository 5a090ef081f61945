"""The graph in a Keras configuration, of Keras 1 to 3, as plain data: layers, their calls, their tensors.

    Sequential: {"class_name": "Sequential", "config": [layers] or {"layers": [layers]}}
    Functional: {"class_name": "Model" or "Functional", "config": {"layers", "input_layers", "output_layers"}}

where a functional layer lists one inbound node for each of its calls:

    Keras 1     [[source, node, tensor], ...]
    Keras 2     [[source, node, tensor, keyword arguments], ...]; tensors may hide in the keyword arguments
    Keras 3     {"args": [...], "kwargs": {...}} with tensors as {"class_name": "__keras_tensor__", ...}

What it does not do: look at what a layer computes, import or execute anything that a name in the file says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lrp.errors import LoadError
from lrp.formats.container import quoted

MODELS = {"Sequential", "Model", "Functional"}
DEEPEST = 40  # models inside models
WRAPPERS = {"Bidirectional", "TimeDistributed"}


@dataclass(frozen=True)
class Ref:
    """A tensor: what the `node`-th call of the layer `source` gave, its `tensor`-th output."""

    source: str
    node: int
    tensor: int


@dataclass(frozen=True)
class Call:
    """One call of a layer: positional and keyword arguments, tensors in them as Ref, lists kept as lists."""

    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)

    def refs(self) -> list[Ref]:
        """All tensors among the arguments, in order."""
        return list(_refs([list(self.args), self.kwargs]))


@dataclass(frozen=True)
class Spec:
    """One layer: its class, its name, its settings, the names of the models around it, and its calls."""

    kind: str
    name: str
    config: dict[str, Any]
    scope: tuple[str, ...]
    calls: tuple[Call, ...] = ()
    trainable: bool = True
    model: Model | None = None  # where the layer is itself a model
    inner: tuple[Spec, ...] = ()  # where the layer is a wrapper: what it wraps

    @property
    def path(self) -> tuple[str, ...]:
        """The name that no other layer of the file has."""
        return (*self.scope, self.name)


@dataclass(frozen=True)
class Model:
    """A graph of layers. inputs: the input layers in the model's order; outputs: tensors, in order."""

    name: str
    sequential: bool
    layers: tuple[Spec, ...]
    inputs: tuple[str, ...]
    outputs: tuple[Ref, ...]
    input_shape: Any = None  # of a Sequential without an input layer, where it is known
    names: tuple[str, ...] = ()  # of the outputs, where the file gives them as a dict


def parse_model(data: Any, scope: tuple[str, ...] = ()) -> Model:
    """The model in {"class_name", "config"}; LoadError where it is none, or a class of models that has no graph."""
    kind, config = class_and_config(data, "the model")
    if kind not in MODELS:
        raise LoadError(
            f"the model is of class {quoted(kind)}; expected Sequential, Model or Functional (a subclass of Model"
            " stores no graph)"
        )
    if len(scope) > DEEPEST:
        raise LoadError(f"models are nested more than {DEEPEST} deep; it is refused")
    return _sequential(config, scope) if kind == "Sequential" else _functional(config, scope)


def class_and_config(data: Any, what: str) -> tuple[str, Any]:
    """The class name and the settings of anything that Keras serialises."""
    if not isinstance(data, dict) or not isinstance(data.get("class_name"), str) or "config" not in data:
        raise LoadError(f"{what}: expected an object with class_name and config, got {quoted(data)}")
    return data["class_name"], data["config"]


def _listed(config: Any, key: str, what: str) -> list[Any]:
    value = config.get(key) if isinstance(config, dict) else None
    if not isinstance(value, list):
        raise LoadError(f"{what}: expected a list under {key!r}, got {quoted(value)}")
    return value


def parse_layer(data: Any, scope: tuple[str, ...], calls: tuple[Call, ...] = ()) -> Spec:
    """One layer entry; a model or a wrapped layer inside it comes along."""
    kind, config = class_and_config(data, "a layer")
    settings = config if isinstance(config, dict) else {}
    module = data.get("module")
    _require_own(kind, module, data.get("registered_name"))
    kind = "GroupedQueryAttention" if kind == "GroupQueryAttention" else kind  # its class, and the name it goes by
    if isinstance(module, str) and ".ops." in module:
        kind = f"ops.{kind}"  # Keras 3 has the layer Add, which takes a list, and the operation Add, which takes two
    name = data.get("name", settings.get("name"))
    if kind in MODELS and not isinstance(name, str):
        name = "model"  # Keras up to 2.2.2 gives a nested Sequential no name but that of its entry
    if not isinstance(name, str) or not name:
        raise LoadError(f"a layer of class {quoted(kind)} has no name")
    trainable = settings.get("trainable", True) is not False
    model = parse_model({"class_name": kind, "config": config}, (*scope, name)) if kind in MODELS else None
    inner: tuple[Spec, ...] = ()
    if kind in WRAPPERS:
        inner = _wrapped(kind, settings, (*scope, name))
    return Spec(kind, name, settings, scope, calls, trainable, model, inner)


def _require_own(kind: str, module: Any, registered: Any) -> None:
    """Refuse what is not Keras' own: its class name would say nothing about what it does."""
    home = module.split(".")[0] if isinstance(module, str) else None
    if home not in (None, "keras", "tf_keras", "tensorflow") or registered not in (None, kind):
        raise LoadError(
            f"a layer of class {quoted(kind)}, registered as {quoted(registered)} in the module {quoted(module)}, is"
            " not Keras' own; nothing is ever imported, replace it by layers of Keras"
        )


def _wrapped(kind: str, settings: dict[str, Any], scope: tuple[str, ...]) -> tuple[Spec, ...]:
    """The layer inside a wrapper; a Bidirectional one has two, whose names say which way they run."""
    layer = parse_layer(settings.get("layer"), scope)
    if kind == "TimeDistributed":
        return (layer,)
    config = {**layer.config, "name": f"forward_{layer.name}"}
    forward = Spec(layer.kind, f"forward_{layer.name}", config, scope, (), layer.trainable)
    given = settings.get("backward_layer")
    back = parse_layer(given, scope) if isinstance(given, dict) else layer
    name = back.name if isinstance(given, dict) else f"backward_{layer.name}"
    reverse = (
        back.config.get("go_backwards") is True if isinstance(given, dict) else not layer.config.get("go_backwards")
    )
    return forward, Spec(back.kind, name, {**back.config, "go_backwards": reverse}, scope, (), back.trainable)


def _sequential(config: Any, scope: tuple[str, ...]) -> Model:
    """A chain: each layer is called once, on what the one before it gave."""
    entries = config if isinstance(config, list) else _listed(config, "layers", "a Sequential model")
    name = config.get("name", "sequential") if isinstance(config, dict) else "sequential"
    specs: list[Spec] = []
    before: Ref | None = None
    for entry in entries:
        spec = parse_layer(entry, scope, (Call((before,)),) if before else (Call(),))
        specs.append(spec)
        before = Ref(spec.name, 0, 0)
    _require_names(specs)
    if not specs or before is None:
        raise LoadError(f"the Sequential model {quoted(name)} has no layers")
    shape = config.get("build_input_shape") if isinstance(config, dict) else None
    first = specs[0]
    if first.kind != "InputLayer":
        shape = first.config.get("batch_input_shape", first.config.get("batch_shape", shape))
    inputs = (first.name,) if first.kind == "InputLayer" else ()
    return Model(str(name), True, tuple(specs), inputs, (before,), shape)


def _functional(config: Any, scope: tuple[str, ...]) -> Model:
    entries = _listed(config, "layers", "a functional model")
    names = {str(e.get("name", "")) for e in entries if isinstance(e, dict)}
    specs = [
        parse_layer(entry, scope, tuple(_call(c, names) for c in _listed(entry, "inbound_nodes", "a layer")))
        for entry in entries
    ]
    _require_names(specs)
    inputs, _ = _tensors(config.get("input_layers"), "input_layers")
    outputs, keys = _tensors(config.get("output_layers"), "output_layers")
    return Model(
        str(config.get("name", "model")), False, tuple(specs), tuple(r.source for r in inputs), outputs, None, keys
    )


def _require_names(specs: list[Spec]) -> None:
    names = [spec.name for spec in specs]
    if len(set(names)) < len(names):
        double = next(name for name in names if names.count(name) > 1)
        raise LoadError(f"two layers are called {quoted(double)}; expected names that differ")


def _tensors(data: Any, what: str) -> tuple[tuple[Ref, ...], tuple[str, ...]]:
    """The tensors of input_layers or output_layers: one triple, a list of them, or a dict by name."""
    names: tuple[str, ...] = ()
    if isinstance(data, dict):
        names, data = tuple(map(str, data)), list(data.values())
    if _is_triple(data):
        data = [data]
    if not isinstance(data, list) or not data or not all(_is_triple(entry) for entry in data):
        raise LoadError(f"{what}: expected [layer, node, tensor] triples, got {quoted(data)}")
    return tuple(_ref(entry) for entry in data), names


def _is_triple(value: Any) -> bool:
    return isinstance(value, list) and len(value) in (3, 4) and isinstance(value[0], str) and _is_index(value[1])


def _is_index(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _ref(triple: Any) -> Ref:
    source, node, tensor = triple[:3]
    if not (isinstance(source, str) and _is_index(node) and _is_index(tensor) and node >= 0 and 0 <= tensor < 64):
        raise LoadError(f"expected [layer, node, tensor] with indices that are not negative, got {quoted(triple)}")
    return Ref(source, node, tensor)


def _call(data: Any, names: set[str]) -> Call:
    """One inbound node in any of the three forms."""
    if isinstance(data, dict):
        args, kwargs = data.get("args", []), data.get("kwargs", {})
        if not isinstance(args, list) or not isinstance(kwargs, dict):
            raise LoadError(f"a call: expected args and kwargs, got {quoted(data)}")
        return Call(tuple(_keras_3(a) for a in args), {k: _keras_3(v) for k, v in kwargs.items()})
    if not isinstance(data, list) or not data:
        raise LoadError(f"a call: expected a list of tensors, got {quoted(data)}")
    triples = [data] if isinstance(data[0], str) else data
    kwargs = {}
    args = []
    for triple in triples:
        if not isinstance(triple, list) or not 3 <= len(triple) <= 4:
            raise LoadError(f"a call: expected [layer, node, tensor], got {quoted(triple)}")
        args.append(triple[2] if triple[0] == "_CONSTANT_VALUE" else _ref(triple))
        if len(triple) == 4 and isinstance(triple[3], dict):
            kwargs.update({key: _keras_2(value, names) for key, value in triple[3].items()})
    return Call(tuple(args) if len(args) == 1 else (args,), kwargs)


def _keras_2(value: Any, names: set[str]) -> Any:
    """A keyword argument of a Keras 2 call, where a triple that begins with a layer's name is a tensor."""
    if _is_triple(value) and value[0] in names:
        return _ref(value)
    return [_keras_2(v, names) for v in value] if isinstance(value, list) else value


def _keras_3(value: Any) -> Any:
    """An argument of a Keras 3 call."""
    if isinstance(value, list):
        return [_keras_3(v) for v in value]
    if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        history = value.get("config", {}).get("keras_history") if isinstance(value.get("config"), dict) else None
        return _ref(history if isinstance(history, list) and len(history) == 3 else [None, 0, 0])
    if isinstance(value, dict) and value.get("class_name") in ("__tuple__", "__slice__", "slice"):
        return value
    return {k: _keras_3(v) for k, v in value.items()} if isinstance(value, dict) else value


def _refs(value: Any) -> Iterator[Ref]:
    if isinstance(value, Ref):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _refs(item)
    elif isinstance(value, dict):
        yield from _refs(list(value.values()))
