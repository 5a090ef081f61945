"""ONNX models: the graph and its constants as plain data, read from the wire format without a library.

These are the fields that are read; all others are skipped:

    ModelProto      graph 7, opset_import 8, functions 25     OperatorSetId   domain 1, version 2
    GraphProto      node 1, initializer 5, input 11, output 12, sparse_initializer 15
    NodeProto       input 1, output 2, name 3, op_type 4, attribute 5, domain 7
    AttributeProto  name 1, f 2, i 3, s 4, t 5, floats 7, ints 8, strings 9, type 20
    TensorProto     dims 1, data_type 2, float_data 4, int32_data 5, int64_data 7, name 8, raw_data 9, double_data 10,
                    external_data 13 (key 1, value 2), data_location 14
    ValueInfoProto  name 1, type 2;  TypeProto: tensor_type 1 (elem_type 1, shape 2);  shape: dim 1 (dim_value 1)
"""

import struct
from typing import Any

import numpy as np

from lrp.formats.container.reader import Array, quoted
from lrp.formats.container.wire import BYTES, FIXED32, FIXED64, VARINT, MessageError, WireReader, packed_varints, signed

MOST_NODES = 50_000
MOST_TENSORS = 100_000
MOST_ATTRIBUTES = 1000  # of one node
LONGEST_TEXT = 1 << 16
VARINT_BYTES = 4 << 20  # of all tensors that are stored as packed varints together
# TensorProto.data_type -> how raw_data is stored; bfloat16 is widened
RAW = {1: "<f4", 2: "u1", 3: "i1", 5: "<i2", 6: "<i4", 7: "<i8", 9: "?", 10: "<f2", 11: "<f8", 16: "<u2"}
BFLOAT16 = 16
FIELDS_OF_NUMBERS = {4: "<f4", 10: "<f8"}
WIRES = {4: FIXED32, 5: VARINT, 7: VARINT, 9: BYTES, 10: FIXED64}  # of a number that is a field of its own
EXTERNAL = 1
FLOAT, INT, STRING, TENSOR, FLOATS, INTS, STRINGS = 1, 2, 3, 4, 6, 7, 8  # AttributeProto.type


class OnnxParser:
    """Parses one model; `arrays` collects the constants, which the plain data names by their index."""

    def __init__(self, wire: WireReader) -> None:
        self._wire = wire
        self._varint_bytes = VARINT_BYTES
        self.arrays: list[Array] = []

    def model(self, data: memoryview) -> dict[str, Any]:
        """{"opsets": [(domain, version)], "functions": bool, "graph": ...} of a ModelProto."""
        graphs: list[memoryview] = []
        opsets: list[tuple[str, int]] = []
        functions = False
        for number, _, value in self._wire.fields(data):
            if isinstance(value, int):
                continue
            if number == 7:
                graphs.append(value)
            elif number == 8 and len(opsets) < 1000:
                opsets.append(self._opset(value))
            functions = functions or number == 25
        if len(graphs) != 1:
            raise MessageError(f"it has {len(graphs)} graphs, expected one")
        return {"opsets": opsets, "functions": functions, "graph": self._graph(graphs[0])}

    def _opset(self, data: memoryview) -> tuple[str, int]:
        domain, version = "", 0
        for number, _, value in self._wire.fields(data):
            if number == 1 and not isinstance(value, int):
                domain = _text(value)
            elif number == 2 and isinstance(value, int):
                version = signed(value)
        return domain, version

    def _graph(self, data: memoryview) -> dict[str, Any]:
        graph: dict[str, Any] = {"nodes": [], "initializers": [], "inputs": [], "outputs": [], "sparse": False}
        for number, _, value in self._wire.fields(data):
            if isinstance(value, int):
                continue
            if number == 1:
                graph["nodes"].append(self._node(value))
                if len(graph["nodes"]) > MOST_NODES:
                    raise MessageError(f"it has more than {MOST_NODES} nodes")
            elif number == 5:
                graph["initializers"].append(self._tensor(value))
                if len(graph["initializers"]) > MOST_TENSORS:
                    raise MessageError(f"it has more than {MOST_TENSORS} constants")
            elif number == 11:
                graph["inputs"].append(self._input(value))
                if len(graph["inputs"]) > MOST_TENSORS:
                    raise MessageError(f"it has more than {MOST_TENSORS} inputs")
            elif number == 12:
                graph["outputs"].append(self._input(value)["name"])
                if len(graph["outputs"]) > MOST_TENSORS:
                    raise MessageError(f"it has more than {MOST_TENSORS} outputs")
            graph["sparse"] = graph["sparse"] or number == 15
        return graph

    def _input(self, data: memoryview) -> dict[str, Any]:
        """{"name", "type", "dims"} of a ValueInfoProto; the type is 0 where it is no tensor."""
        name, kind = "", 0
        dims: list[int | None] = []
        for number, _, value in self._wire.fields(data):
            if number == 1 and not isinstance(value, int):
                name = _text(value)
            elif number == 2 and not isinstance(value, int):
                kind, dims = _input_type(self._wire, value)
        return {"name": name, "type": kind, "dims": dims}

    def _node(self, data: memoryview) -> dict[str, Any]:
        node: dict[str, Any] = {"inputs": [], "outputs": [], "name": "", "kind": "", "domain": "", "attributes": []}
        for number, _, value in self._wire.fields(data):
            if isinstance(value, int):
                continue
            if number in (1, 2):
                node["inputs" if number == 1 else "outputs"].append(_text(value))
            elif number in (3, 4, 7):
                node[{3: "name", 4: "kind", 7: "domain"}[number]] = _text(value)
            elif number == 5:
                node["attributes"].append(self._attribute(value))
                if len(node["attributes"]) > MOST_ATTRIBUTES:
                    raise MessageError(f"node {quoted(node['name'])} has more than {MOST_ATTRIBUTES} attributes")
        return node

    def _attribute(self, data: memoryview) -> dict[str, Any]:
        """{"name", "type", "value"}; the value is None for a type that is not read (a graph, for instance)."""
        name, kind = "", 0
        one: Any = None
        many: list[Any] = []
        for number, wire, value in self._wire.fields(data):
            if isinstance(value, int):
                if number == 20:
                    kind = value
                elif number == 3:
                    one = signed(value)
                elif number == 8:
                    many.append(signed(value))
            elif number == 1:
                name = _text(value)
            elif number == 2 and wire == FIXED32:
                (one,) = struct.unpack("<f", value)
            elif number == 4:
                one = _text(value)
            elif number == 5:
                one = self._tensor(value)
            elif number == 7 and len(value) % 4 == 0:
                many += np.frombuffer(value, "<f4").tolist()
            elif number == 8:
                many += packed_varints(self._bounded(value)).view(np.int64).tolist()
            elif number == 9:
                many.append(_text(value))
        default = {FLOAT: 0.0, INT: 0, STRING: ""}.get(kind)  # a value that equals the default may be left out
        types: dict[int, type] = {FLOAT: float, INT: int, STRING: str, TENSOR: dict}
        if kind in types:
            found = default if one is None else one
            return {"name": name, "type": kind, "value": found if isinstance(found, types[kind]) else None}
        return {"name": name, "type": kind, "value": many if kind in (FLOATS, INTS, STRINGS) else None}

    def _bounded(self, value: memoryview) -> memoryview:
        """Packed varints, within what all of them may have together: they are decoded number by number."""
        self._varint_bytes -= len(value)
        if self._varint_bytes < 0:
            raise MessageError(f"it stores more than {VARINT_BYTES} bytes of whole numbers one by one, not as raw data")
        return value

    def _tensor(self, data: memoryview) -> dict[str, Any]:
        """{"name", "type", "dims", "array": index or None, "external": {key: value}} of a TensorProto."""
        tensor: dict[str, Any] = {"name": "", "type": 0, "dims": [], "array": None, "external": None}
        pieces: list[tuple[int, int, int | memoryview]] = []
        places, external = {}, False
        for number, wire, value in self._wire.fields(data):
            if number == 1:
                tensor["dims"] += [signed(value)] if isinstance(value, int) else self._dims(value)
            elif number == 2 and isinstance(value, int):
                tensor["type"] = value
            elif number == 8 and not isinstance(value, int):
                tensor["name"] = _text(value)
            elif number in (4, 5, 7, 9, 10) and (wire == BYTES or wire == WIRES[number]):
                pieces.append((number, wire, value))
            elif number == 13 and not isinstance(value, int):
                pair = {n: _text(v) for n, _, v in self._wire.fields(value) if not isinstance(v, int)}
                places[pair.get(1, "")] = pair.get(2, "")
            elif number == 14:
                external = value == EXTERNAL
        if len(tensor["dims"]) > 32:
            raise MessageError(f"constant {quoted(tensor['name'])} has {len(tensor['dims'])} axes")
        if external:
            tensor["external"] = places
        elif tensor["type"] in RAW:
            tensor["array"] = len(self.arrays)
            self.arrays.append(self._values(tensor, pieces))
        return tensor

    def _dims(self, value: memoryview) -> list[int]:
        return [int(n) for n in packed_varints(self._bounded(value)).view(np.int64)[:64]]

    def _values(self, tensor: dict[str, Any], pieces: "list[tuple[int, int, int | memoryview]]") -> Array:
        """The numbers of a constant in their shape; they must fill it exactly."""
        fields = {number for number, _, _ in pieces}
        if len(fields) > 1:
            raise MessageError(f"constant {quoted(tensor['name'])} has numbers in the fields {sorted(fields)}")
        field = min(fields, default=9)
        chunks = [value for _, wire, value in pieces if not isinstance(value, int)]
        if field in (5, 7):
            return self._whole(tensor, field, pieces)
        content = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        if field in FIELDS_OF_NUMBERS and {4: 1, 10: 11}[field] != tensor["type"]:
            raise MessageError(f"constant {quoted(tensor['name'])} has numbers of another type than it declares")
        return shaped(tensor, content, FIELDS_OF_NUMBERS.get(field, RAW[tensor["type"]]))

    def _whole(self, tensor: dict[str, Any], field: int, pieces: "list[tuple[int, int, int | memoryview]]") -> Array:
        """Numbers stored as varints: int64_data, or int32_data for all small types."""
        parts = [
            np.array([signed(one)]) if isinstance(one, int) else packed_varints(self._bounded(one)).view(np.int64)
            for _, _, one in pieces
        ]
        numbers = np.concatenate(parts) if parts else np.zeros(0, np.int64)
        if tensor["type"] in (1, 11) or field == 7 and tensor["type"] != 7:
            raise MessageError(f"constant {quoted(tensor['name'])} has numbers of another type than it declares")
        stored = np.dtype("<u2" if tensor["type"] == 10 else RAW[tensor["type"]])  # float16 as its 16 bits
        return shaped(tensor, memoryview(numbers.astype(stored).tobytes()), RAW[tensor["type"]])


def shaped(tensor: dict[str, Any], content: "bytes | memoryview", dtype: str) -> Array:
    """Raw bytes as an array in the tensor's shape; bfloat16 is widened to float32."""
    values = np.frombuffer(content, np.dtype(dtype)) if len(content) % np.dtype(dtype).itemsize == 0 else None
    count = 1
    for length in tensor["dims"]:
        count *= length
    if values is None or min(tensor["dims"], default=0) < 0 or values.size != count:
        raise MessageError(
            f"constant {quoted(tensor['name'])} has {len(content)} bytes, which do not fill its shape "
            f"{quoted(tensor['dims'])}"
        )
    if tensor["type"] == BFLOAT16:
        values = (values.astype(np.uint32) << 16).view(np.float32)
    return values.reshape(tensor["dims"])


def _input_type(wire: WireReader, data: memoryview) -> tuple[int, list[int | None]]:
    """(elem_type, dims) of a TypeProto that is a tensor; (0, []) for other types."""
    kind = 0
    dims: list[int | None] = []
    for tensor in wire.chunks(data, 1):
        for number, _, value in wire.fields(tensor):
            if number == 1 and isinstance(value, int):
                kind = value
            elif number == 2 and not isinstance(value, int):
                for dim in wire.chunks(value, 1):
                    lengths = [signed(v) for n, _, v in wire.fields(dim) if n == 1 and isinstance(v, int)]
                    dims.append(lengths[-1] if lengths and lengths[-1] > 0 else None)
    return kind, dims


def _text(value: memoryview) -> str:
    """A name or an attribute's text."""
    if len(value) > LONGEST_TEXT:
        raise MessageError(f"a text in it has {len(value)} bytes; the limit is {LONGEST_TEXT}")
    return bytes(value).decode("utf-8", "replace")
