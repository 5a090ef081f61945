"""The order of a Keras model's calls, and the tensors that they refer to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lrp.errors import LoadError
from lrp.formats.container import quoted
from lrp.formats.keras.config import Call, Model, Ref, Spec
from lrp.formats.keras.fields import refuse
from lrp.formats.keras.variables import Writer


@dataclass(frozen=True)
class Lookup:
    """The arguments, nested as before, with a tensor instead of each reference."""

    done: dict[Ref, Any]
    shift: dict[str, int]

    def __call__(self, argument: Any) -> Any:
        if isinstance(argument, Ref):
            ref = Ref(argument.source, argument.node - self.shift.get(argument.source, 0), argument.tensor)
            if ref not in self.done:
                raise LoadError(
                    f"output {argument.tensor} of call {argument.node} of the layer {quoted(argument.source)} does not"
                    " exist"
                )
            return self.done[ref]
        if isinstance(argument, (list, tuple)):
            return [self(a) for a in argument]
        return {k: self(v) for k, v in argument.items()} if isinstance(argument, dict) else argument


def in_order(model: Model, shift: dict[str, int]) -> Iterable[tuple[Spec, int, Call]]:
    """The calls so that each comes after those it needs; LoadError for a cycle or a tensor that no call makes."""
    names = {spec.name: spec for spec in model.layers}
    calls = {(s.name, k): (s, k, c) for s in model.layers for k, c in enumerate(s.calls or (Call(),))}
    needs: dict[tuple[str, int], set[tuple[str, int]]] = {}
    for key, (spec, _, call) in calls.items():
        needs[key] = set()
        for ref in call.refs():
            source = (ref.source, ref.node - shift.get(ref.source, 0))
            if ref.source not in names or source not in calls:
                refuse(spec, f"it takes call {ref.node} of the layer {quoted(ref.source)}, which does not exist")
            needs[key].add(source)
    followers: dict[tuple[str, int], list[tuple[str, int]]] = {key: [] for key in calls}
    for key, sources in needs.items():
        for source in sources:
            followers[source].append(key)
    missing = {key: len(sources) for key, sources in needs.items()}
    waiting = [key for key in calls if not missing[key]]
    for key in waiting:  # grows while it is walked
        for follower in followers[key]:
            missing[follower] -= 1
            if missing[follower] == 0:
                waiting.append(follower)
    if len(waiting) < len(calls):
        stuck = ", ".join(quoted(key[0]) for key in calls if missing[key])
        raise LoadError(f"the layers {stuck[:200]} wait for one another: the graph has a cycle")
    return [calls[key] for key in waiting]


def offsets(model: Model, writer: Writer, of_outputs: bool = False) -> dict[str, int]:
    """By how much the node numbers of each layer that is itself a model are too large: 0 or 1.

    Keras counts the call that built a model as its call 0, which is listed nowhere; versions differ in whether
    references count it. The largest number that occurs decides, else the habit of the writer.
    """
    used: dict[str, set[int]] = {}
    inner = [ref for spec in model.layers for call in spec.calls for ref in call.refs()]
    groups = [list(model.outputs)] if of_outputs else [inner]
    if writer.generation < 3:
        groups = [inner + list(model.outputs)]
    for ref in groups[0]:
        used.setdefault(ref.source, set()).add(ref.node)
    result = {}
    for spec in model.layers:
        if spec.model is None:
            continue
        numbers, calls = used.get(spec.name, set()), len(spec.calls)
        if 0 in numbers or model.sequential:
            result[spec.name] = 0
        elif calls in numbers:
            result[spec.name] = 1
        else:
            functional = not spec.model.sequential
            result[spec.name] = int(functional and of_outputs) if writer.generation == 3 else 1
    return result
