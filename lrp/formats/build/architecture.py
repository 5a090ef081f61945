"""Our own JSON for files that hold weights and no graph: PyTorch state dicts, Chainer, plain MATLAB matrices.

    {"framework": "torch",
     "inputs": {"x": [3, 32, 32]},
     "layers": [{"name": "conv1", "type": "Conv2d", "stride": 2, "padding": 3},
                {"type": "ReLU"},
                {"name": "sum", "type": "Add", "inputs": ["relu1", "conv1"]}, ...],
     "outputs": ["fc"], "classes": ["cat", "dog"]}

A layer takes the one before it unless `input` or `inputs` names others; `weights` is where its arrays are in the file
(its name by default), so that two layers can share them. Types and settings are those of the framework; docs/formats.md
lists them. A setting that is not known is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from lrp.arrays import Array
from lrp.errors import LoadError
from lrp.formats.build.builder import Builder, Tensor
from lrp.formats.container import quoted
from lrp.graph import Metadata, Network
from lrp.layers import Shape

OWN = {"name", "type", "input", "inputs", "weights"}
MOST_LAYERS = 20_000


@dataclass(frozen=True)
class Entry:
    """One layer: its settings are read by type, and those that its reader did not read are refused."""

    name: str
    kind: str
    inputs: tuple[str, ...]
    weights: str
    settings: Mapping[str, Any]
    used: set[str]

    def fail(self, reason: str) -> LoadError:
        """The error to raise about this layer."""
        return LoadError(f"architecture: layer {quoted(self.name)} ({self.kind}): {reason}")

    def _get(self, name: str, default: Any) -> Any:
        self.used.add(name)
        value = self.settings.get(name, default)
        return default if value is None else value

    def flag(self, name: str, default: bool) -> bool:
        """true or false."""
        value = self._get(name, default)
        if not isinstance(value, bool):
            raise self.fail(f"expected {name} to be true or false, got {quoted(value)}")
        return value

    def integer(self, name: str, default: int | None = None) -> int:
        """A whole number."""
        value = self._get(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or abs(value) > 2**31:
            raise self.fail(f"expected {name} to be a whole number, got {quoted(value)}")
        return value

    def number(self, name: str, default: float | None = None) -> float:
        """A finite number."""
        value = self._get(name, default)
        if not isinstance(value, (int, float)) or isinstance(value, bool) or abs(value) > 1e300:
            raise self.fail(f"expected {name} to be a number, got {quoted(value)}")
        return float(value)

    def text(self, name: str, default: str | None = None) -> str:
        """A string."""
        value = self._get(name, default)
        if not isinstance(value, str):
            raise self.fail(f"expected {name} to be text, got {quoted(value)}")
        return value

    def given(self, name: str) -> bool:
        """Whether a setting is present and not null."""
        self.used.add(name)
        return self.settings.get(name) is not None

    def integers(self, name: str, default: Any = None) -> tuple[int, ...]:
        """Whole numbers in a list; one alone is a list of one."""
        value = self._get(name, default)
        values = value if isinstance(value, (list, tuple)) else [value]
        if not all(isinstance(v, int) and not isinstance(v, bool) and abs(v) <= 2**31 for v in values):
            raise self.fail(f"expected {name} to be whole numbers, got {quoted(value)}")
        return tuple(values)

    def spatial(self, name: str, axes: int, default: Any) -> tuple[int, ...]:
        """One whole number for each spatial axis; one alone is used for all."""
        values = self.integers(name, default)
        if len(values) not in (1, axes):
            raise self.fail(f"expected {name} to be one number or {axes}, got {quoted(values)}")
        return values * axes if len(values) == 1 else values

    def finish(self) -> None:
        """Refuse the settings that were not read."""
        unknown = sorted(set(self.settings) - self.used)
        if unknown:
            raise self.fail(f"expected the settings {', '.join(sorted(self.used))}, got {quoted(unknown[0])}")


class Weights(Protocol):
    """The arrays of a file. get() gives float64, or None if there is no such array."""

    def get(self, prefix: str, name: str) -> Array | None: ...

    def unused(self) -> str:
        """The name of an array in the file that was not read, or ""."""


@dataclass(frozen=True)
class Assembly:
    """What the reader of one entry is given: the network being built and the weights."""

    builder: Builder
    weights: Weights

    def need(self, entry: Entry, name: str, rank: int | None = None) -> Array:
        """An array that must be there."""
        values = self.weights.get(entry.weights, name)
        if values is None:
            raise entry.fail(f"expected an array {name!r} under {quoted(entry.weights)} in the file, found none")
        if rank is not None and values.ndim != rank:
            raise entry.fail(f"expected {name!r} to have {rank} axes, got shape {values.shape}")
        return values

    def may(self, entry: Entry, name: str) -> Array | None:
        """An array that may be there."""
        return self.weights.get(entry.weights, name)


EntryReader = Callable[[Assembly, Entry, list[Tensor]], Tensor]


@dataclass(frozen=True)
class Architecture:
    """A parsed description."""

    framework: str
    inputs: dict[str, Shape]
    tokens: frozenset[str]
    entries: tuple[Entry, ...]
    outputs: tuple[str, ...]
    classes: tuple[str, ...]


def required(architecture: Architecture | None, weights: str, remedy: str = "") -> Architecture:
    """The architecture; LoadError if there is none. weights: which file holds whose weights."""
    if architecture is None:
        raise LoadError(f"{weights} and no architecture; give one (the JSON of docs/formats.md){remedy}")
    return architecture


def parse_architecture(data: Mapping[str, Any], name: str = "architecture") -> Architecture:
    """The description in a JSON object; LoadError if it is not one."""
    known = {"framework", "inputs", "tokens", "layers", "outputs", "classes"}
    extra = sorted(set(data) - known)
    if extra or "layers" not in data or "inputs" not in data:
        raise LoadError(f"{name}: expected an object with {', '.join(sorted(known))}, got {quoted(sorted(data))}")
    inputs = {key: _shape(key, value) for key, value in _mapping(data["inputs"], "inputs").items()}
    entries: list[Entry] = []
    counts: dict[str, int] = {}
    before = next(iter(inputs), "")
    if not isinstance(data["layers"], list) or len(data["layers"]) > MOST_LAYERS:
        raise LoadError(f"{name}: expected layers to be a list of at most {MOST_LAYERS}")
    for item in data["layers"]:
        entries.append(_entry(item, before, counts))
        before = entries[-1].name
    names = [*inputs, *(entry.name for entry in entries)]
    if not inputs or not entries or len(set(names)) < len(names):
        raise LoadError(f"{name}: expected at least one input and one layer, with names that differ")
    outputs = tuple(_texts(data.get("outputs", [before]), "outputs"))
    return Architecture(
        str(data.get("framework", "")),
        inputs,
        frozenset(_texts(data.get("tokens", []), "tokens")),
        tuple(entries),
        outputs,
        tuple(_texts(data.get("classes", []), "classes")),
    )


def assemble(
    architecture: Architecture, weights: Weights, table: Mapping[str, EntryReader], name: str, dtype: str
) -> Network:
    """The network: each entry by the reader that the table has for its type."""
    builder = Builder(name)
    assembly = Assembly(builder, weights)
    values = {key: builder.input(key, shape, key in architecture.tokens) for key, shape in architecture.inputs.items()}
    for entry in architecture.entries:
        if entry.kind not in table:
            raise entry.fail(f"expected one of the types {', '.join(sorted(table))}")
        missing = [one for one in entry.inputs if one not in values]
        if missing:
            raise entry.fail(f"its input {quoted(missing[0])} is no layer before it")
        values[entry.name] = table[entry.kind](assembly, entry, [values[one] for one in entry.inputs])
        entry.finish()
    absent = [one for one in architecture.outputs if one not in values]
    if absent or not architecture.outputs:
        raise LoadError(f"architecture: expected outputs among the layers, got {quoted(architecture.outputs)}")
    left = weights.unused()
    if left:
        raise LoadError(f"{name}: the file holds {quoted(left)}, which no layer of the architecture uses")
    ends = {one: values[one] for one in architecture.outputs}
    return builder.network(ends, Metadata(classes=architecture.classes), dtype)


def _entry(item: Any, before: str, counts: dict[str, int]) -> Entry:
    """One layer of the list."""
    data = _mapping(item, "a layer")
    kind = data.get("type")
    if not isinstance(kind, str):
        raise LoadError(f"architecture: expected every layer to have a type, got {quoted(data)}")
    counts[kind] = counts.get(kind, 0) + 1
    name = data.get("name", f"{kind.lower()}{counts[kind]}")
    inputs = _texts(data["inputs"], "inputs") if "inputs" in data else [data.get("input", before)]
    if not all(isinstance(one, str) for one in (name, data.get("weights", ""), *inputs)) or not name or not inputs:
        raise LoadError(f"architecture: expected names as text in {quoted(data)}")
    settings = {key: value for key, value in data.items() if key not in OWN}
    return Entry(name, kind, tuple(inputs), data.get("weights", name), settings, set())


def _mapping(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise LoadError(f"architecture: expected {what} to be an object in braces, got {quoted(value)}")
    return value


def _texts(value: Any, what: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise LoadError(f"architecture: expected {what} to be a list of texts, got {quoted(value)}")
    return value


def _shape(name: str, value: Any) -> Shape:
    """One sample's shape, null for a free length."""
    if not isinstance(value, list) or not all(
        n is None or isinstance(n, int) and not isinstance(n, bool) and 0 < n < 2**31 for n in value
    ):
        raise LoadError(
            f"architecture: expected the shape of input {quoted(name)} as a list of lengths, got {quoted(value)}"
        )
    return tuple(value)
