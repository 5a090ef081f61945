"""A long evaluation cut into small independent units, whose results do not depend on where they are computed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.errors import LrpError, ShapeError
from lrp.evaluation.batch import EvaluationBatch, Settings, explained
from lrp.evaluation.measurement import Curve, Measurement
from lrp.evaluation.metrics import METRICS
from lrp.graph import Network
from lrp.methods import Method, parse


@dataclass(frozen=True)
class Unit:
    """One method on the pictures start .. stop - 1."""

    method: str
    start: int
    stop: int

    def __str__(self) -> str:
        return f"{self.method}, pictures {self.start} to {self.stop - 1}"


@dataclass(frozen=True)
class Plan:
    """Which methods and metrics, on how many pictures; `chunk` pictures make a unit.

    Results depend on the chunk in their last bits, because matrix products round differently for another batch size.
    The chunk is therefore part of the plan; the number of processes is not.

    Examples
    --------
    >>> Plan(("random",), ("complexity",), pictures=5, chunk=2).units()[-1]
    Unit(method='random', start=4, stop=5)
    """

    methods: tuple[str, ...]
    metrics: tuple[str, ...]
    pictures: int
    chunk: int = 10
    settings: Settings = field(default_factory=Settings)

    def units(self) -> list[Unit]:
        """All units in order: the first pictures of every method come first, so that an incompatible method fails
        early.
        """
        starts = range(0, self.pictures, self.chunk)
        return [Unit(m, start, min(start + self.chunk, self.pictures)) for start in starts for m in self.methods]

    def to_json(self) -> str:
        """The plan as text, with sorted keys."""
        return json.dumps(asdict(self), sort_keys=True)


@dataclass(frozen=True, eq=False)
class Problem:
    """What all units share: the network, the pictures (n, ...), and for some metrics targets (n,) and masks."""

    plan: Plan
    network: Network
    x: Array
    target: Array | None = None
    masks: Array | None = None
    methods: dict[str, Method] = field(init=False)  # by text; the files that they name are read once

    def __post_init__(self) -> None:
        object.__setattr__(self, "methods", {text: parse(text) for text in self.plan.methods})
        for name in ("target", "masks"):
            value = getattr(self, name)
            if value is not None and len(value) != len(self.x):
                raise ShapeError(f"{name}: expected one for each of {len(self.x)} pictures, got {len(value)}")

    def fingerprint(self) -> str:
        """A hash of everything that the results depend on: plan, weights, pictures, arrays among the methods'
        settings.
        """
        found = hashlib.sha256(self.plan.to_json().encode())
        for node in self.network.nodes.values():
            found.update(f"{node.name} {type(node.layer).__name__} {node.inputs} {node.layer.settings()}".encode())
            for name, weight in sorted(node.layer.weights().items()):
                _hash(found, name, weight)
        for text, method in self.methods.items():
            for name, array in sorted(_arrays(method.settings).items()):
                _hash(found, f"{text} {name}", array)
        for name in ("x", "target", "masks"):
            if (value := getattr(self, name)) is not None:
                _hash(found, name, np.asarray(value))
        return found.hexdigest()

    def compute(self, unit: Unit) -> dict[str, Array]:
        """The unit's arrays: "<metric>/numbers/<name>" (k,) and "<metric>/curves/<name>" (k, places)."""
        plan, rows = self.plan, slice(unit.start, unit.stop)
        target = None if self.target is None else [int(t) for t in self.target[rows]]
        masks = None if self.masks is None else self.masks[rows]
        method = self.methods[unit.method]
        try:
            found = explained(self.network, self.x[rows], method, target, plan.settings, unit.start)
            batch = EvaluationBatch(
                self.network,
                self.x[rows],
                found,
                method,
                plan.settings,
                unit.start,
                masks,
                [int(t) for t in found.target],
                self.x,
            )
            return {
                key: value
                for metric in plan.metrics
                for key, value in arrays_of(metric, METRICS[metric](batch)).items()
            }
        except LrpError as error:
            text, name = str(error), unit.method.partition(":")[0]
            raise type(error)(text if text.startswith(f"{name}: ") else f"{unit.method}: {text}") from None


def arrays_of(metric: str, found: Measurement) -> dict[str, Array]:
    """A measurement as arrays, "<metric>/numbers/<name>", "/curves/", "/places/" and "/axes/".

    places: the x of a curve, or 0, 1, .. if x are names of layers. axes: labels and names, JSON as bytes.
    """
    result = {f"{metric}/numbers/{name}": np.asarray(v, dtype=np.float64) for name, v in found.numbers.items()}
    for name, curve in found.curves.items():
        result[f"{metric}/curves/{name}"] = np.asarray(curve.values, dtype=np.float64)
        named = isinstance(curve.x[0], str)
        places = range(len(curve.x)) if named else curve.x
        result[f"{metric}/places/{name}"] = np.asarray(places, dtype=np.float64)
        axes = {"x_label": curve.x_label, "y_label": curve.y_label, "names": list(curve.x) if named else None}
        result[f"{metric}/axes/{name}"] = np.frombuffer(json.dumps(axes).encode(), dtype=np.uint8)
    return result


def measurements(arrays: Mapping[str, Array], plan: Plan, axes: str) -> dict[str, dict[str, Measurement]]:
    """The inverse of `assembled`: metric -> method -> Measurement, from the arrays of a results file."""
    found: dict[str, dict[str, Measurement]] = {}
    stored_axes = json.loads(axes)
    for metric in plan.metrics:
        for index, method in enumerate(plan.methods):
            begin = f"{index}/{metric}/"
            numbers = _below(arrays, begin + "numbers/")
            values, places = _below(arrays, begin + "curves/"), _below(arrays, begin + "places/")
            curves = {name: _curve(v, places[name], stored_axes[f"{metric}/{name}"]) for name, v in values.items()}
            found.setdefault(metric, {})[method] = Measurement(metric, numbers, curves)
    return found


def _curve(values: Array, places: Array, axes: Mapping[str, Any]) -> Curve:
    """One curve, with its names and labels."""
    x = tuple(map(float, places)) if axes["names"] is None else tuple(axes["names"])
    return Curve(x, values, axes["x_label"], axes["y_label"])


def assembled(plan: Plan, results: Mapping[Unit, Mapping[str, Array]]) -> tuple[dict[str, Array], str]:
    """The arrays of all units, concatenated in the order of the pictures for each method; and the curves' axes as
    JSON.
    """
    arrays: dict[str, Array] = {}
    axes: dict[str, Any] = {}
    for index, method in enumerate(plan.methods):
        units = [unit for unit in plan.units() if unit.method == method]
        for name in results[units[0]]:
            parts = [results[unit][name] for unit in units]
            metric, kind, rest = name.split("/", 2)
            if kind == "axes":
                axes[f"{metric}/{rest}"] = json.loads(bytes(parts[0]))
            else:
                arrays[f"{index}/{name}"] = parts[0] if kind == "places" else np.concatenate(parts)
    return arrays, json.dumps(axes, sort_keys=True)


def _below(arrays: Mapping[str, Array], begin: str) -> dict[str, Array]:
    """The arrays whose names start with `begin`, by the rest of their names."""
    return {name.removeprefix(begin): value for name, value in arrays.items() if name.startswith(begin)}


def _arrays(settings: Mapping[str, Any]) -> dict[str, Array]:
    """The arrays among a method's settings: patterns by node, pictures to draw from."""
    found: dict[str, Array] = {}
    for key, value in settings.items():
        if isinstance(value, Mapping):
            found |= {f"{key}/{name}": array for name, array in value.items()}
        elif isinstance(value, np.ndarray):
            found[key] = value
    return found


def _hash(found: Any, name: str, value: Array) -> None:
    """Add an array to a hash: its name, dtype, shape and bytes."""
    found.update(f"{name} {value.dtype} {value.shape}".encode())
    found.update(np.ascontiguousarray(value).tobytes())
