"""ONNX models (extra `onnx`): the graph is read node by node into layers, nothing is executed.

A value of the graph is a constant (numpy) or a `Tensor`. Operations on constants alone are computed here (onnx_fold);
operations on tensors become layers (onnx_operators, onnx_shapes). The length of the batch, where the model leaves it
open, is carried through the arithmetic of shapes as the number BATCH, a prime that no other length is a multiple of.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping, Sequence
from typing import Any

from lrp.arrays import Array
from lrp.errors import LoadError, LrpError, MissingExtraError
from lrp.formats.build import Builder, Tensor
from lrp.formats.container import BYTES, VARINT, Damaged, fields, open_binary, show
from lrp.formats.onnx.constant_folding import FOLDED, fold
from lrp.formats.onnx.elementwise import ELEMENTWISE
from lrp.formats.onnx.operators import OPERATORS
from lrp.formats.onnx.reader_context import BATCH, Operator, Scope, Value
from lrp.formats.onnx.recurrent import RECURRENT
from lrp.formats.onnx.shapes import SHAPES
from lrp.formats.onnx.tensors import constant_of, external_bytes
from lrp.graph import Metadata, Network
from lrp.layers import Shape

READERS = OPERATORS | SHAPES | ELEMENTWISE | RECURRENT
LARGEST = 2 << 30
MOST_NODES = 50_000


def is_onnx(path: str | os.PathLike[str]) -> bool:
    """Whether the file is a row of fields as a ModelProto has them: a version and a graph, told without the library."""
    try:
        with open_binary(path) as stream:
            found = {(number, wire) for number, wire, _ in fields(memoryview(stream.read(LARGEST)))}
    except Damaged:
        return False
    return (7, BYTES) in found and (1, VARINT) in found


def read(path: str | os.PathLike[str], dtype: str = "float64") -> Network:
    """The network of a model.onnx; LoadError names what cannot be read exactly."""
    name = show(os.fspath(path))
    try:
        onnx = importlib.import_module("onnx")
    except ImportError:
        raise MissingExtraError(
            "reading ONNX needs the package onnx; install this package with its extra `onnx`"
        ) from None
    with open_binary(path) as stream:
        if stream.seek(0, 2) > LARGEST:
            raise LoadError(f"{name} is larger than the limit of {LARGEST} bytes")
        stream.seek(0)
        content = stream.read()
    model = onnx.ModelProto()
    try:
        model.ParseFromString(content)
    except Exception as error:  # protobuf's DecodeError, whose class depends on its implementation
        raise LoadError(f"{name} is no ONNX model, or it is damaged ({show(str(error))})") from None
    if not model.graph.node or not model.graph.output:
        raise LoadError(f"{name} is no ONNX model: it holds no graph with nodes and outputs")
    if model.functions:
        raise LoadError(f"{name} defines functions of its own, which are not read; export it with functions inlined")
    try:
        return _Reader(name, onnx, model, os.path.dirname(os.path.abspath(path))).network(READERS, dtype)
    except LrpError:
        raise
    except (ValueError, TypeError, IndexError, KeyError, OverflowError, ArithmeticError) as error:
        raise LoadError(f"{name}: the model is not valid ({show(f'{type(error).__name__}: {error}')})") from None


class _Reader:
    """One model."""

    def __init__(self, name: str, onnx: Any, model: Any, folder: str) -> None:
        self.name, self.onnx, self.graph, self.folder = name, onnx, model.graph, folder
        self.opset = max((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), default=1)
        self.files: dict[str, bytes] = {}

    def _array(self, tensor: Any) -> Array:
        return constant_of(self.onnx, tensor, self.name, lambda place: external_bytes(self.folder, place, self.files))

    def network(self, table: Mapping[str, Any], dtype: str) -> Network:
        """The network of the graph's outputs."""
        if len(self.graph.node) > MOST_NODES or self.graph.sparse_initializer:
            raise LoadError(f"{self.name}: models with sparse weights or more than {MOST_NODES} nodes are not read")
        builder = Builder(self.name)
        values: dict[str, Value | None] = {one.name: self._array(one) for one in self.graph.initializer}
        batch = self._inputs(builder, values)
        scope = Scope(builder, batch)
        consumed = {name for node in self.graph.node for name in node.input} | {one.name for one in self.graph.output}
        for proto in self.graph.node:
            node = self._operator(proto, consumed)
            missing = [name for name in proto.input if name and name not in values]
            if missing:
                raise scope.fail(node, f"its input {show(missing[0])} is no value of the graph before it")
            xs = [values[name] if name else None for name in proto.input]
            results = self._computed(scope, node, xs, table)
            for name, result in zip(proto.output, results):
                values[name] = result
        ends: dict[str, Tensor] = {}
        for one in self.graph.output:
            end = values.get(one.name)
            if not isinstance(end, Tensor):
                raise LoadError(f"{self.name}: its output {show(one.name)} does not depend on the input")
            ends[one.name] = end
        return builder.network(ends, Metadata(), dtype)

    def _computed(
        self, scope: Scope, node: Operator, xs: list[Value | None], table: Mapping[str, Any]
    ) -> Sequence[Value]:
        """The outputs of one node."""
        constants = [x for x in xs if not isinstance(x, Tensor)]
        if len(constants) == len(xs) and node.kind in FOLDED:
            return fold(node.kind, constants, node.attributes, lambda reason: scope.fail(node, reason))
        if node.kind not in table:
            raise scope.fail(node, f"operators of type {show(node.kind)} are not read")
        result = table[node.kind](scope, node, xs)
        return result if isinstance(result, list) else [result]

    def _inputs(self, builder: Builder, values: dict[str, Value | None]) -> int:
        """Place the inputs; the number that stands for the batch in shapes."""
        batches = set()
        for one in self.graph.input:
            if one.name in values:
                continue  # older files list their weights among the inputs
            kind = one.type.tensor_type
            dims = [d.dim_value if d.HasField("dim_value") and d.dim_value > 0 else None for d in kind.shape.dim]
            if not one.type.HasField("tensor_type") or len(dims) < 2:
                raise LoadError(
                    f"{self.name}: expected input {show(one.name)} to be a batch of arrays, got shape {dims}"
                )
            types = self.onnx.TensorProto
            if kind.elem_type not in (types.FLOAT, types.DOUBLE, types.FLOAT16, types.INT64, types.INT32):
                raise LoadError(f"{self.name}: expected input {show(one.name)} to hold floats, or token numbers")
            shape: Shape = tuple(dims[1:])
            values[one.name] = builder.input(one.name, shape, kind.elem_type in (types.INT64, types.INT32))
            batches.add(dims[0] or BATCH)
        if len(batches) != 1:
            raise LoadError(f"{self.name}: expected inputs with one length of the batch, got {sorted(batches)}")
        return batches.pop()

    def _operator(self, proto: Any, consumed: set[str]) -> Operator:
        """A node with its attributes as Python values."""
        name = (proto.name or (proto.output[0] if proto.output else proto.op_type)).strip("/") or proto.op_type
        if proto.domain not in ("", "ai.onnx"):
            raise LoadError(
                f"{self.name}: node {show(name)} is of the domain {show(proto.domain)}; only ONNX's own is read"
            )
        attributes: dict[str, Any] = {}
        for one in proto.attribute:
            kinds = self.onnx.AttributeProto
            if one.type in (kinds.GRAPH, kinds.GRAPHS):
                raise LoadError(f"{self.name}: node {show(name)} ({proto.op_type}) holds a graph of its own; not read")
            if one.type == kinds.TENSOR:
                attributes[one.name] = self._array(one.t)
            elif one.type == kinds.STRING:
                attributes[one.name] = one.s.decode("utf-8", "replace")
            elif one.type in (kinds.INT, kinds.FLOAT, kinds.INTS, kinds.FLOATS):
                value = self.onnx.helper.get_attribute_value(one)
                attributes[one.name] = list(value) if one.type in (kinds.INTS, kinds.FLOATS) else value
            elif one.type == kinds.STRINGS:
                attributes[one.name] = [text.decode("utf-8", "replace") for text in one.strings]
            else:
                raise LoadError(f"{self.name}: node {show(name)}: its attribute {show(one.name)} is not read")
        used = tuple(bool(output) and output in consumed for output in proto.output)
        return Operator(proto.op_type, name, attributes, tuple(proto.output), used, self.opset)
