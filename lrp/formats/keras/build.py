"""Building the network of a Keras model: tensors, their layout and masks, and the order of the calls.

Keras files of a channels-first model keep their arrays in that order. A tensor here has up to two nodes: one in Keras'
own order of axes, and one with axis 1 moved to the end, where our layers want the channels. A Permute goes between
them only where a layer needs the other one, so a chain of channels-first layers has one at its start.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

from lrp.arrays import Array
from lrp.errors import LoadError, LrpError
from lrp.formats.container import Reader, quoted
from lrp.formats.keras.calls import Lookup, in_order, offsets
from lrp.formats.keras.config import Call, Model, Ref, Spec
from lrp.formats.keras.fields import refuse
from lrp.formats.keras.variables import Writer
from lrp.formats.keras.weights import Places
from lrp.graph import Network, Node
from lrp.layers import Input, Layer, Linear, Permute, Shape

MOST_NODES = 10_000
MOST_ENTRIES = 1 << 28  # of one sample's activation at one node
UNSURE = "?"  # a mask that went through a layer whose treatment of masks differs between versions


@dataclass(eq=False)
class Value:
    """A tensor. shape: of one sample, in Keras' order; mask: the node that says which steps count; origin: the input
    whose entries these are, moved about at most (it may turn out to hold token numbers).
    """

    shape: Shape
    node: str | None = None
    moved: str | None = None
    mask: str | None = None
    origin: str | None = None

    @property
    def rank(self) -> int:
        """The number of axes, that of the samples included."""
        return len(self.shape) + 1


Translator = Callable[["Builder", Spec, Call, str], Any]


def front(shape: Shape) -> Shape:
    """The shape with its last axis first: from ours to channels-first."""
    return (shape[-1], *shape[:-1])


def back(shape: Shape) -> Shape:
    """The shape with its first axis last: from channels-first to ours."""
    return (*shape[1:], shape[0])


@dataclass(eq=False)
class Builder:
    """Collects nodes; the translators in the other files call its methods."""

    file: Reader
    writer: Writer
    places: Places
    table: dict[str, Translator]
    nodes: dict[str, Node] = field(default_factory=dict)
    shapes: dict[str, Shape] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    arrays: dict[tuple[tuple[str, ...], str], Array] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    layers: dict[tuple[tuple[str, ...], str], Layer] = field(default_factory=dict)

    def array(self, spec: Spec, name: str, shape: tuple[int, ...] | None = None) -> Array:
        """One of the layer's arrays, of the shape that its settings imply."""
        key = (spec.path, name)
        if key not in self.arrays:
            held = self.held_shape(spec, name)
            if shape is not None and held != shape:
                refuse(spec, f"{name} has shape {held} in the file; its settings imply {shape}")
            self.arrays[key] = self.file.array(self._place(spec, name), shape)
        return self.arrays[key]

    def _place(self, spec: Spec, name: str) -> str:
        found = self.places.get(spec.path, {})
        if isinstance(found, LoadError):
            raise found
        if name not in found:
            refuse(spec, f"the file holds no {name} for it")
        return found[name]

    def held_shape(self, spec: Spec, name: str) -> tuple[int, ...]:
        """The shape that the file declares for one of the layer's arrays."""
        return self.file.shape(self._place(spec, name))

    def has(self, spec: Spec, name: str) -> bool:
        """Whether the file holds the array."""
        found = self.places.get(spec.path, {})
        return not isinstance(found, LoadError) and name in found

    def once(self, spec: Spec, part: str, make: Callable[[], Layer]) -> Layer:
        """The layer object for a part of a Keras layer: the same one for all calls, so that weights are shared."""
        key = (spec.path, part)
        if key not in self.layers:
            try:
                self.layers[key] = make()
            except LoadError:
                raise
            except (LrpError, ValueError, TypeError, OverflowError) as error:
                refuse(spec, str(error))
        return self.layers[key]

    def add(self, spec: Spec, name: str, layer: Layer, *inputs: str) -> str:
        """Add a node and return its name, made unique; LoadError where the layer does not fit its inputs."""
        if len(self.nodes) >= MOST_NODES:
            raise LoadError(f"the model has more than {MOST_NODES} nodes; it is refused")
        unique, count = name, 1
        while unique in self.nodes:
            count += 1
            unique = f"{name}~{count}"
        try:
            shape = layer.output_shape(*(self.shapes[i] for i in inputs))
        except (LrpError, ValueError, TypeError, OverflowError) as error:
            refuse(spec, str(error))
        entries = prod(n for n in shape if n is not None)
        if entries > MOST_ENTRIES:
            refuse(spec, f"its output {shape} has {entries} entries a sample; the limit is {MOST_ENTRIES}")
        self.nodes[unique], self.shapes[unique] = Node(unique, layer, inputs), shape
        return unique

    def native(self, spec: Spec, x: Value) -> str:
        """The node of x in Keras' order of axes."""
        if x.node is None:
            if x.moved is None:
                raise LoadError("a tensor without a node")
            rank = len(x.shape)
            x.node = self.add(spec, f"{x.moved}/channels_first", Permute((rank, *range(1, rank))), x.moved)
        return x.node

    def moved(self, spec: Spec, x: Value) -> str:
        """The node of x with its axis 1 moved to the end."""
        if x.moved is None:
            node, rank = self.native(spec, x), len(x.shape)
            x.moved = self.add(spec, f"{node}/channels_last", Permute((*range(2, rank + 1), 1)), node)
        return x.moved

    def new(self, node: str, first: bool = False, mask: str | None = None) -> Value:
        """The tensor of a new node; `first`: its Keras order has the channels first."""
        shape = self.shapes[node]
        return Value(front(shape), None, node, mask) if first else Value(shape, node, None, mask)

    def apply(self, spec: Spec, x: Value, name: str, layer: Layer, first: bool, mask: str | None = None) -> Value:
        """A channels-last layer on x, whose Keras order has the channels first or last."""
        node = self.moved(spec, x) if first else self.native(spec, x)
        return self.new(self.add(spec, name, layer, node), first, mask)

    def each(self, spec: Spec, x: Value, name: str, layer: Layer) -> Value:
        """An elementwise layer on x, in the layout that x has; masks pass."""
        first = x.node is None
        result = self.apply(spec, x, name, layer, first, x.mask)
        return replace(result, shape=x.shape)

    def run(self, model: Model, given: list[Value], scope: str, depth: int = 0) -> list[Value]:
        """The outputs of a model on given inputs; every call of a layer is made once, after what it needs."""
        done: dict[Ref, Value] = {}
        if model.inputs:
            if len(model.inputs) != len(given):
                raise LoadError(f"model {quoted(model.name)}: expected {len(model.inputs)} inputs, got {len(given)}")
            for name, x in zip(model.inputs, given, strict=True):
                done[Ref(name, 0, 0)] = x
        refs = Lookup(done, offsets(model, self.writer))
        for spec, index, call in in_order(model, refs.shift):
            if spec.kind == "InputLayer" and Ref(spec.name, 0, 0) in done:
                continue
            first = Call((given[0],)) if model.sequential and not call.args and given else None
            resolved = first or Call(tuple(refs(a) for a in call.args), {k: refs(v) for k, v in call.kwargs.items()})
            name = f"{scope}{spec.name}" + (f"@{index + 1}" if index else "")
            results = self.call(spec, resolved, name, depth)
            for tensor, result in enumerate(results):
                done[Ref(spec.name, index, tensor)] = result
        refs = Lookup(done, offsets(model, self.writer, of_outputs=True))
        return [refs(ref) for ref in model.outputs]

    def call(self, spec: Spec, call: Call, name: str, depth: int = 0) -> list[Value]:
        """One call of one layer, be it a model."""
        if spec.model is not None:
            given = [x for x in flat(call.args) if isinstance(x, Value)]
            return self.run(spec.model, given, f"{name}/", depth + 1)
        kind = self.kind(spec, call)
        if kind not in self.table:
            raise LoadError(
                f"layer {quoted('/'.join(spec.path))} is of class {quoted(spec.kind)}, which is not read; "
                + why_not(spec.kind)
            )
        result = self.table[kind](self, spec, call, name)
        return list(result) if isinstance(result, (tuple, list)) else [result]

    def kind(self, spec: Spec, call: Call) -> str:
        """The key of the table. The .h5 files of Keras 3 do not say of an operation that it is none of the layers, but
        it is called otherwise: with two tensors, not with a list of them.
        """
        operation = f"ops.{spec.kind}"
        if self.writer.generation < 3 or operation not in self.table:
            return spec.kind
        as_layer = len(call.args) == 1 and "newshape" not in spec.config
        return spec.kind if spec.kind in self.table and as_layer else operation

    def network(self, inputs: list[Value], outputs: list[Value], metadata: Any, dtype: str) -> Network:
        """The finished network."""
        names: list[str] = []
        for k, x in enumerate(outputs):
            spec = Spec("Output", f"output_{k}", {}, ())
            node = self.native(spec, x)
            names.append(self.add(spec, f"{node}/again", Linear(), node) if node in names else node)
        for name in self.tokens:
            layer = self.nodes[name].layer
            self.nodes[name] = (
                Node(name, Input(self.shapes[name], tokens=True)) if isinstance(layer, Input) else self.nodes[name]
            )
        try:
            return Network(self.nodes.values(), names, metadata, dtype)
        except LrpError as error:
            raise LoadError(f"{self.file.name}: {error}") from None


def flat(argument: Any) -> list[Any]:
    """The leaves of nested lists, in order."""
    if isinstance(argument, (list, tuple)):
        return [leaf for item in argument for leaf in flat(item)]
    return [argument]


def why_not(kind: str) -> str:
    """What to say about a class that is not read."""
    if kind == "Lambda" or "lambda" in kind.lower():
        return "it holds code, which is never executed; replace it by layers and save the model again"
    return "see docs/formats.md for the layers that are; a custom layer has to be replaced by layers of Keras"
