"""Where in a Keras file each layer's arrays are: the three layouts, recognised by their content.

    Keras 1 to 3, .h5       /[model_weights/]<layer>/<weight name>, the order in attributes (names may have slashes)
    Keras 0 and 1.0         /layer_<k>/param_<i>, no names
    Keras 3, .weights.h5    /layers/<class name and counter>/vars/<i>, models inside models likewise

Each layout answers one question: layer and variable -> path of a dataset.
"""

from __future__ import annotations

import re

from lrp.errors import LoadError
from lrp.formats.container import Reader, parts_of, quoted
from lrp.formats.keras.config import Model, Spec
from lrp.formats.keras.variables import SYNONYMS, Variable, Writer, leaves, variables

# A layer's path -> variable -> path of a dataset; or what is wrong with the layer's entry, reported when it is needed.
Places = dict[tuple[str, ...], dict[str, str] | LoadError]


def locate(file: Reader, model: Model, writer: Writer, whole: bool) -> Places:
    """The places of all arrays of the model; `whole`: the file holds the architecture too, so that names must agree."""
    if file.kind("/model_weights") == "group":
        return _legacy(file, "/model_weights", model, writer, True)
    if has_names(file, "/"):
        return _legacy(file, "/", model, writer, whole)
    if file.attribute("/", "nb_layers") is not None:
        return _numbered(file, model)
    for base in ("layers", "_layer_checkpoint_dependencies"):
        if file.kind(f"/{base}") == "group":
            places: Places = {}
            _by_class(file, "", model, places)
            return places
    raise LoadError(f"{file.name}: expected the weights of a Keras model, found none")


def has_names(file: Reader, root: str) -> bool:
    """Whether the root lists its layers in an attribute."""
    return file.attribute(root, "layer_names") is not None or file.attribute(root, "layer_names0") is not None


def name_list(file: Reader, path: str, name: str) -> tuple[str, ...]:
    """A list of names, which long lists have in attributes name0, name1, ... instead."""
    whole = file.attribute(path, name)
    pieces = [whole]
    if whole is None:
        pieces = []
        while len(pieces) < 10_000 and (piece := file.attribute(path, f"{name}{len(pieces)}")) is not None:
            pieces.append(piece)
        if not pieces:
            raise LoadError(f"{file.name}: {quoted(path)} has no list of {name}")
    names: list[str] = []
    for piece in pieces:
        if not isinstance(piece, tuple) or not all(isinstance(entry, str) for entry in piece):
            raise LoadError(f"{file.name}: expected a list of names in {name} of {quoted(path)}, got {quoted(piece)}")
        names.extend(map(str, piece))
    if len(set(names)) < len(names):
        raise LoadError(f"{file.name}: {name} of {quoted(path)} holds a name twice")
    for entry in names:
        parts_of(f"/{entry}")
    return tuple(names)


def joined(root: str, *names: str) -> str:
    """A path below a root that may be "/"."""
    return "/".join([root.rstrip("/"), *names])


def _legacy(file: Reader, root: str, model: Model, writer: Writer, whole: bool) -> Places:
    """The layout by names. Weights alone may be of a model whose layers are called otherwise: then the order counts."""
    listed = name_list(file, root, "layer_names")
    owners = [spec for spec in model.layers if any(variables(leaf) for leaf in leaves(spec))]
    if all(spec.name in listed for spec in owners):
        groups = {spec.name: spec.name for spec in owners}
    else:
        filled = [name for name in listed if name_list(file, joined(root, name), "weight_names")]
        if whole or len(filled) != len(owners):
            missing = ", ".join(quoted(spec.name) for spec in owners if spec.name not in listed)
            raise LoadError(f"{file.name}: expected weights for the layers {missing}, found none under these names")
        groups = {spec.name: name for spec, name in zip(owners, filled)}
    places: Places = {}
    for spec in owners:
        group = joined(root, groups[spec.name])
        try:
            names = name_list(file, group, "weight_names")
            for path, chosen in _assign(file, spec, names, writer).items():
                places[path] = {variable: joined(group, name) for variable, name in chosen.items()}
        except LoadError as error:
            places.update({leaf.path: error for leaf in leaves(spec)})
    return places


def _assign(file: Reader, spec: Spec, names: tuple[str, ...], writer: Writer) -> dict[tuple[str, ...], dict[str, str]]:
    """The weight names of one top-level layer to its variables, and to the layers inside it.

    A model inside a model is one entry that lists the arrays training changes before the others, whatever the order
    of its layers; so the layer's name within the weight's name decides, and the order only where names do not.
    """
    inside = [leaf for leaf in leaves(spec) if variables(leaf)]
    wanted = sum(len(variables(leaf)) for leaf in inside)
    if len(names) != wanted:
        raise LoadError(
            f"{file.name}: layer {quoted(spec.name)} ({spec.kind}): expected {wanted} weights, got {len(names)}: "
            + quoted(", ".join(names))
        )
    by_leaf = _by_layer_name(spec, inside, names) or _by_order(spec, inside, names, writer)
    return {leaf.path: _by_variable(file, leaf, by_leaf[leaf.path]) for leaf in inside}


def _by_layer_name(spec: Spec, inside: list[Spec], names: tuple[str, ...]) -> dict[tuple[str, ...], list[str]] | None:
    """The names sorted by the layer that they mention; None where that is not clear."""
    if len(inside) == 1:
        return {inside[0].path: list(names)}
    found: dict[tuple[str, ...], list[str]] = {leaf.path: [] for leaf in inside}
    for name in names:
        parts = name.split("/")
        scores = {leaf.path: _mentions(leaf, spec, parts) for leaf in inside}
        best = max(scores.values())
        winners = [path for path, score in scores.items() if score == best]
        if best == 0 or len(winners) > 1:
            return None
        found[winners[0]].append(name)
    complete = all(len(found[leaf.path]) == len(variables(leaf)) for leaf in inside)
    return found if complete else None


def _mentions(leaf: Spec, spec: Spec, parts: list[str]) -> int:
    """How much of the layer's path is in a weight's name; 0 unless the layer's own name does."""
    if leaf.name in parts:
        return 1000 * (1 + sum(name in parts for name in leaf.scope[len(spec.scope) :]))
    return len(leaf.name) if parts[0].startswith(f"{leaf.name}_") and len(parts) == 1 else 0


def _by_order(
    spec: Spec, inside: list[Spec], names: tuple[str, ...], writer: Writer
) -> dict[tuple[str, ...], list[str]]:
    """The names dealt out in the order in which Keras lists a model's arrays: trainable ones first."""
    frozen = {leaf.path for leaf in inside if not _is_trainable(leaf, spec)}
    plan = [(leaf, variable) for leaf in inside for variable in variables(leaf)]
    if not spec.trainable:
        early = plan if writer.tensorflow_keras or writer.generation == 3 else [p for p in plan if p[1].trainable]
    else:
        early = [p for p in plan if p[1].trainable and p[0].path not in frozen]
    first = {(leaf.path, variable.name) for leaf, variable in early}
    order = [*early, *(p for p in plan if (p[0].path, p[1].name) not in first)]
    found: dict[tuple[str, ...], list[str]] = {leaf.path: [] for leaf in inside}
    for (leaf, _), name in zip(order, names, strict=True):
        found[leaf.path].append(name)
    return found


def _is_trainable(leaf: Spec, top: Spec) -> bool:
    """Whether the layer and every model between it and the top-level entry may be trained."""
    spec, names = top, leaf.path[len(top.scope) + 1 :]
    flags = [top.trainable]
    for name in names:
        candidates = spec.model.layers if spec.model is not None else spec.inner
        spec = next(s for s in candidates if s.name == name)
        flags.append(spec.trainable)
    return all(flags)


def _by_variable(file: Reader, leaf: Spec, names: list[str]) -> dict[str, str]:
    """One layer's names to its variables: by what they say where all of them say it, else by their order."""
    wanted = variables(leaf)
    stated: dict[str, str] = {}
    for name in names:
        plain = re.sub(r":\d+$", "", name)
        fitting = [v.name for v in wanted if _says(plain, leaf.name, v.name)]
        if len(fitting) == 1:
            stated.setdefault(fitting[0], name)
    if len(stated) == len(wanted):
        return stated
    if (
        stated
        and leaf.kind in ("BatchNormalization", "LayerNormalization", "GroupNormalization")
        and len(stated) < len(wanted)
    ):
        raise LoadError(
            f"{file.name}: layer {quoted(leaf.name)}: its weights have confusing names: {quoted(', '.join(names))}"
        )
    return {variable.name: name for variable, name in zip(wanted, names, strict=True)}


def _says(name: str, layer: str, variable: str) -> bool:
    """Whether a weight's name, without its counter, ends in the variable."""
    endings = (variable, *SYNONYMS.get(variable, ()))
    return any(name == e or name.endswith(f"/{e}") or name in (f"{layer}_{e}", f"{layer}/{e}") for e in endings)


def _numbered(file: Reader, model: Model) -> Places:
    """The layout without names: the k-th layer of the model has the k-th group."""
    count = file.attribute("/", "nb_layers")
    specs = list(model.layers)
    if count != len(specs):
        specs = [spec for spec in specs if spec.kind != "InputLayer"]
    if count != len(specs):
        raise LoadError(f"{file.name}: expected weights for {len(model.layers)} layers, got {quoted(count)}")
    places: Places = {}
    for k, spec in enumerate(specs):
        inside = [leaf for leaf in leaves(spec) if variables(leaf)]
        wanted = sum(len(variables(leaf)) for leaf in inside)
        held = file.attribute(f"/layer_{k}", "nb_params")
        if held != wanted:
            raise LoadError(f"{file.name}: layer {quoted(spec.name)}: expected {wanted} weights, got {quoted(held)}")
        names = tuple(f"param_{i}" for i in range(wanted))
        for path, chosen in _by_order(spec, inside, names, Writer((1, 0, 0))).items():
            leaf = next(one for one in inside if one.path == path)
            rows = zip(variables(leaf), chosen, strict=True)
            places[path] = {variable.name: f"/layer_{k}/{name}" for variable, name in rows}
    return places


def snake_case(name: str) -> str:
    """A class name as the files of Keras 3 have it.

    >>> [snake_case(n) for n in ("Conv2D", "PReLU", "LSTM", "GlobalAveragePooling2D", "SeparableConv2D")]
    ['conv2d', 'p_re_lu', 'lstm', 'global_average_pooling2d', 'separable_conv2d']
    """
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def _by_class(file: Reader, root: str, model: Model, places: Places) -> None:
    """The layout by class names: every layer of the model counts, an operation and a chain's input layer do not."""
    base = next((b for b in ("layers", "_layer_checkpoint_dependencies") if file.kind(f"{root}/{b}") == "group"), None)
    counts: dict[str, int] = {}
    for spec in model.layers:
        if spec.kind.startswith("ops.") or (model.sequential and spec.kind == "InputLayer"):
            continue
        key = snake_case(spec.kind.removeprefix("Keras1"))
        number = counts.get(key, 0)
        counts[key] = number + 1
        if any(variables(leaf) for leaf in leaves(spec)):
            _by_place(file, f"{root}/{base}/{key}" + (f"_{number}" if number else ""), spec, places)


def _by_place(file: Reader, path: str, spec: Spec, places: Places) -> None:
    """One layer's arrays: its own, those of the objects inside it, or those of the layers it wraps."""
    if spec.model is not None:
        return _by_class(file, path, spec.model, places)
    if spec.inner:
        inner = ("layer",) if len(spec.inner) == 1 else ("forward_layer", "backward_layer")
        for name, one in zip(inner, spec.inner, strict=True):
            _by_place(file, f"{path}/{name}", one, places)
        return None
    stated = file.attribute(f"{path}/vars", "name")
    if stated is not None and stated != spec.name and spec.scope == ():
        raise LoadError(f"{file.name}: {quoted(path)} holds the layer {quoted(stated)}; expected {quoted(spec.name)}")
    found: dict[str, str] = {}
    counts: dict[str, int] = {}
    for variable in _stored(file, path, spec):
        place = variable.place
        if place and file.kind(f"{path}/{place}") == "" and file.kind(f"{path}/_{place}") == "group":
            place = f"_{place}"
        index = counts.get(place, 0)
        counts[place] = index + 1
        found[variable.name] = joined(path, *([place] if place else []), "vars", str(index))
    for place, count in counts.items():
        held = len(file.children(joined(path, *([place] if place else []), "vars")))
        if held != count:
            raise LoadError(
                f"{file.name}: layer {quoted(spec.name)} ({spec.kind}): expected {count} weights, got {held}"
            )
    places[spec.path] = found
    return None


def _stored(file: Reader, path: str, spec: Spec) -> list[Variable]:
    """The variables that this layout stores: a low-rank update is merged into its kernel before."""
    return [v for v in variables(spec) if not v.name.startswith("lora_")]
