"""What a model file holds, for people: format, version, layers, parameters, multiply-adds, what cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

from lrp.errors import LoadError
from lrp.formats.container import LIMITS, Limits
from lrp.formats.load import recognized
from lrp.formats.model_file import Options, Path
from lrp.graph import Network
from lrp.layers import GRU, LSTM, Conv, ConvTranspose, Dense, Layer, MatMul, MultiHeadAttention, Shape, SimpleRNN


@dataclass(frozen=True)
class Row:
    """One node. shape: of one sample's output, None for a free length; multiply_adds: None where it depends on one."""

    name: str
    kind: str
    shape: Shape
    parameters: int
    multiply_adds: int | None


@dataclass(frozen=True)
class Description:
    """A file. source: who wrote it, if the file states it. refused: (where, why) for what cannot be read; then no rows.

    network: the network itself, None if it is refused.
    """

    format: str
    source: str
    rows: tuple[Row, ...]
    parameters: int
    multiply_adds: int | None
    refused: tuple[tuple[str, str], ...]
    network: Network | None = None


def describe(
    path: Path,
    trusted: bool = False,
    architecture: Path | None = None,
    backend: str | None = None,
    limits: Limits = LIMITS,
    dtype: str = "float64",
) -> Description:
    """What a file holds; the arguments are those of load(). LoadError if it is of no known format."""
    with recognized(path, Options(dtype, trusted, architecture, backend, limits)) as found:
        refused = found.refused()
        if refused:
            return Description(found.format, "", (), 0, None, tuple(refused))
        try:
            network = found.read()
        except LoadError as error:
            return Description(found.format, "", (), 0, None, (("file", str(error)),))
    rows = tuple(rows_of(network))
    source = str(network.metadata.extra.get("source", ""))
    adds = [row.multiply_adds for row in rows]
    total = None if None in adds else sum(n for n in adds if n is not None)
    return Description(found.format, source, rows, parameters(network), total, (), network)


def parameters(network: Network) -> int:
    """The number of stored numbers; an array that several nodes share counts once."""
    layers = {id(node.layer): node.layer for node in network.nodes.values()}
    arrays = {id(array): array.size for layer in layers.values() for array in layer.weights().values()}
    return sum(arrays.values())


def rows_of(network: Network) -> list[Row]:
    """One row for each node, in order."""
    rows = []
    for node in network.nodes.values():
        shape, inputs = network.shapes[node.name], [network.shapes[name] for name in node.inputs]
        count = sum(array.size for array in node.layer.weights().values())
        rows.append(Row(node.name, type(node.layer).__name__, shape, count, multiply_adds(node.layer, inputs, shape)))
    return rows


def multiply_adds(layer: Layer, inputs: list[Shape], shape: Shape) -> int | None:
    """Multiply-adds of one sample in the layers that multiply by weights or by each other; 0 for all others."""
    count = COUNTS.get(type(layer))
    if count is None:
        return 0
    lengths = [n for one in (*inputs, shape) for n in one]
    return None if None in lengths else count(layer, inputs, shape)


def _attention(layer: Any, inputs: list[Any], shape: Any) -> int:
    query, value, key = (one[0] for one in inputs[:3])
    kernels = ((layer.query_kernel, query), (layer.value_kernel, value), (layer.key_kernel, key))
    projections = sum(kernel.size * steps for kernel, steps in (*kernels, (layer.output_kernel, query)))
    heads, size = layer.query_kernel.shape[1:]
    return int(projections + heads * query * value * (size + layer.value_kernel.shape[2]))


def _steps(layer: Any, inputs: list[Any], shape: Any) -> int:
    return int(inputs[0][0] * (layer.kernel.size + layer.recurrent.size))


COUNTS: dict[type[Layer], Callable[[Any, list[Any], Any], int]] = {
    Dense: lambda layer, inputs, shape: prod(shape[:-1]) * layer.weight.size,
    Conv: lambda layer, inputs, shape: prod(shape[:-1]) * layer.weight.size,
    ConvTranspose: lambda layer, inputs, shape: prod(inputs[0][:-1]) * layer.weight.size,
    MatMul: lambda layer, inputs, shape: prod(shape) * inputs[0][-1],
    SimpleRNN: _steps,
    LSTM: _steps,
    GRU: _steps,
    MultiHeadAttention: _attention,
}
