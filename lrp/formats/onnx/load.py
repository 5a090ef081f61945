"""ONNX models: the graph is read node by node into layers; nothing in it is executed, and no library is needed.

A value of the graph is a constant (numpy) or a `Tensor`. Operations on constants alone are computed here
(constant_folding.py); operations on tensors become layers (operators.py, shapes.py, elementwise.py, recurrent.py). The
length of the batch, where the model leaves it open, is carried through the arithmetic of shapes as the number BATCH, a
prime that no other length is a multiple of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.errors import LoadError, LrpError
from lrp.formats.build import Builder, Tensor
from lrp.formats.container import quoted
from lrp.formats.onnx.constant_folding import FOLDED, Budget, fold
from lrp.formats.onnx.elementwise import ELEMENTWISE
from lrp.formats.onnx.operators import OPERATORS
from lrp.formats.onnx.reader_context import BATCH, Operator, Scope, Value
from lrp.formats.onnx.recurrent import RECURRENT
from lrp.formats.onnx.shapes import SHAPES
from lrp.formats.onnx.tensors import Constants
from lrp.graph import Metadata, Network
from lrp.layers import Shape

READERS = OPERATORS | SHAPES | ELEMENTWISE | RECURRENT
TOKEN_TYPES, INPUT_TYPES = {6, 7}, {1, 6, 7, 10, 11}  # TensorProto.data_type: integers; and floats beside them
# AttributeProto.type
INT_LIKE, TENSOR, GRAPHS = {1, 2, 3, 6, 7, 8}, 4, {5, 10}


def read(model: Mapping[str, Any], arrays: Sequence[Array], name: str, folder: str, dtype: str = "float64") -> Network:
    """The network of a parsed model; LoadError names what cannot be read exactly.

    Parameters
    ----------
    model, arrays : the model's message, as `lrp.formats.container.read_model` gives it
    name : str
        What errors call the file.
    folder : str
        Where weights in files beside the model are looked for.
    dtype : "float64", "float32" or "exact"
    """
    graph = model["graph"]
    if not graph["nodes"] or not graph["outputs"]:
        raise LoadError(f"{name} is no ONNX model: it holds no graph with nodes and outputs")
    if model["functions"]:
        raise LoadError(f"{name} defines functions of its own, which are not read; export it with functions inlined")
    if graph["sparse"]:
        raise LoadError(f"{name}: models with sparse weights are not read")
    opset = max((version for domain, version in model["opsets"] if domain in ("", "ai.onnx")), default=1)
    return _Reader(name, graph, opset, Constants(name, arrays, folder)).network(READERS, dtype)


class _Reader:
    """One model."""

    def __init__(self, name: str, graph: Mapping[str, Any], opset: int, constants: Constants) -> None:
        self.name, self.graph, self.opset, self.constants = name, graph, opset, constants

    def network(self, table: Mapping[str, Any], dtype: str) -> Network:
        """The network of the graph's outputs."""
        graph, builder = self.graph, Builder(self.name)
        values: dict[str, Value | None] = {one["name"]: self.constants.of(one) for one in graph["initializers"]}
        batch = self._inputs(builder, values)
        scope = Scope(builder, batch)
        consumed = {name for node in graph["nodes"] for name in node["inputs"]} | set(graph["outputs"])
        nodes = [self._operator(node, consumed) for node in graph["nodes"]]
        budget = Budget(self.constants.entries)
        for entry, node in zip(graph["nodes"], nodes):
            missing = [name for name in entry["inputs"] if name and name not in values]
            if missing:
                raise scope.fail(node, f"its input {quoted(missing[0])} is no value of the graph before it")
            xs = [values[name] if name else None for name in entry["inputs"]]
            for name, result in zip(entry["outputs"], self._computed(scope, node, xs, table, budget)):
                values[name] = result
        ends: dict[str, Tensor] = {}
        for name in graph["outputs"]:
            end = values.get(name)
            if not isinstance(end, Tensor):
                raise LoadError(f"{self.name}: its output {quoted(name)} does not depend on the input")
            ends[name] = end
        try:
            return builder.network(ends, Metadata(), dtype)
        except KeyError:  # a comparison, which has no node of its own
            raise LoadError(f"{self.name}: an output is a comparison; only computed numbers are read") from None

    def _computed(
        self, scope: Scope, node: Operator, xs: list[Value | None], table: Mapping[str, Any], budget: Budget
    ) -> Sequence[Value]:
        """The outputs of one node; whatever fails in it is a LoadError that names the node."""
        constants = [x for x in xs if not isinstance(x, Tensor)]

        def fail(reason: str) -> LoadError:
            return scope.fail(node, reason)

        try:
            with np.errstate(all="ignore"):
                if len(constants) == len(xs) and node.kind in FOLDED:
                    return fold(node.kind, constants, node.attributes, fail, budget)
                if node.kind not in table:
                    raise fail(f"operators of type {quoted(node.kind)} are not read")
                operands = [x if x is None or isinstance(x, Tensor) else _without_batch(x, scope.batch) for x in xs]
                sizes = [x.size for x in operands if x is not None and not isinstance(x, Tensor)]
                if max(sizes, default=0) > budget.largest:
                    raise fail(f"a constant of {max(sizes)} entries is larger than the model's own weights justify")
                budget.take(0, sum(sizes), fail)
                result = table[node.kind](scope, node, operands)
        except LrpError:
            raise
        except Exception as error:  # numpy raises ValueError, TypeError, IndexError, RuntimeError, MemoryError ...
            shown = quoted(f"{type(error).__name__}: {str(error)[:150]}")
            raise fail(f"its inputs or attributes are not valid ({shown})") from None
        return result if isinstance(result, list) else [result]

    def _inputs(self, builder: Builder, values: dict[str, Value | None]) -> int:
        """Place the inputs; returns the number that represents the batch's length in shapes."""
        batches = set()
        for one in self.graph["inputs"]:
            if one["name"] in values:
                continue  # older files list their weights among the inputs
            name, dims = one["name"], one["dims"]
            if not one["type"] or len(dims) < 2:
                raise LoadError(
                    f"{self.name}: expected input {quoted(name)} to be a batch of arrays, got shape {quoted(dims)}"
                )
            if one["type"] not in INPUT_TYPES:
                raise LoadError(f"{self.name}: expected input {quoted(name)} to hold floats, or token numbers")
            shape: Shape = tuple(dims[1:])
            values[name] = builder.input(name, shape, one["type"] in TOKEN_TYPES)
            batches.add(dims[0] or BATCH)
        if len(batches) != 1:
            raise LoadError(f"{self.name}: expected inputs with one length of the batch, got {quoted(sorted(batches))}")
        return batches.pop()

    def _operator(self, entry: Mapping[str, Any], consumed: set[str]) -> Operator:
        """A node with its attributes as Python values."""
        kind, outputs = entry["kind"], entry["outputs"]
        name = (entry["name"] or (outputs[0] if outputs else kind)).strip("/") or kind
        if entry["domain"] not in ("", "ai.onnx"):
            raise LoadError(
                f"{self.name}: node {quoted(name)} is of the domain {quoted(entry['domain'])}; only ONNX's own is read"
            )
        attributes: dict[str, Any] = {}
        for one in entry["attributes"]:
            if one["type"] in GRAPHS:
                raise LoadError(f"{self.name}: node {quoted(name)} ({quoted(kind)}) holds a graph of its own; not read")
            if one["value"] is None or one["type"] not in INT_LIKE | {TENSOR}:
                raise LoadError(f"{self.name}: node {quoted(name)}: its attribute {quoted(one['name'])} is not read")
            attributes[one["name"]] = self.constants.of(one["value"]) if one["type"] == TENSOR else one["value"]
        used = tuple(bool(output) and output in consumed for output in outputs)
        return Operator(kind, name, attributes, tuple(outputs), used, self.opset)


def _without_batch(values: Array, batch: int) -> Array:
    """A constant that repeats its numbers for each sample of the batch, with length 1 there."""
    repeated = tuple(
        slice(0, 1) if length == batch and stride == 0 else slice(None)
        for length, stride in zip(values.shape, values.strides)
    )
    return values[repeated]
