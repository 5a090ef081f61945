"""A graph as a table, one row per node: shapes, weights, multiply-adds, settings."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

from lrp.graph.graph import Graph
from lrp.layers import GRU, LSTM, Conv, ConvTranspose, Dense, Layer, MatMul, MultiHeadAttention, Shape, SimpleRNN
from lrp.rules import Rule
from lrp.tables import columns, html_table, shape_text, shortened

HEAD = ("node", "layer", "output", "weights", "multiply-adds", "from", "settings")
NUMBERS = (3, 4)  # the columns that hold numbers


@dataclass(frozen=True)
class NodeRow:
    """One node. shape: of one sample's output, None for a free length; multiply_adds: None where it depends on one."""

    name: str
    kind: str
    shape: Shape
    parameters: int
    multiply_adds: int | None


def node_rows(graph: Graph) -> list[NodeRow]:
    """One row for each node, in order."""
    rows = []
    for node in graph.nodes.values():
        shape, inputs = graph.shapes[node.name], [graph.shapes[name] for name in node.inputs]
        count = sum(array.size for array in node.layer.weights().values())
        rows.append(
            NodeRow(node.name, type(node.layer).__name__, shape, count, multiply_adds(node.layer, inputs, shape))
        )
    return rows


def summary_text(graph: Graph, rules: Mapping[str, Rule] = {}) -> str:
    """The table as text; with rules, a last column that holds them."""
    return columns(_cells(graph, rules), NUMBERS)


def summary_html(graph: Graph, dtype: str) -> str:
    """The table as HTML, below a line with the size."""
    return f"<p>Network: {html.escape(size_text(graph, dtype))}</p>{html_table(_cells(graph, {}), NUMBERS)}"


def size_text(graph: Graph, dtype: str) -> str:
    """The number of nodes and weights, and the dtype."""
    return f"{len(graph.nodes)} nodes, {weight_count(graph):,} weights, {dtype}"


def weight_count(graph: Graph) -> int:
    """The number of stored numbers; an array that several nodes share counts once."""
    stored = {id(w): w.size for node in graph.nodes.values() for w in node.layer.weights().values()}
    return sum(stored.values())


def multiply_adds(layer: Layer, inputs: list[Shape], shape: Shape) -> int | None:
    """Multiply-adds of one sample in the layers that multiply by weights or by each other; 0 for all others."""
    count = COUNTS.get(type(layer))
    if count is None:
        return 0
    lengths = [n for one in (*inputs, shape) for n in one]
    return None if None in lengths else count(layer, inputs, shape)


MOST_NAMES = 4  # inputs of a node that the table names


def _cells(graph: Graph, rules: Mapping[str, Rule]) -> list[list[str]]:
    """The cells of the table, its head first."""
    rows = [[*HEAD, *["rule"] * bool(rules)]]
    for row in node_rows(graph):
        node = graph.nodes[row.name]
        cells = [shortened(row.name), row.kind, shape_text(row.shape)]
        cells += [_count(row.parameters), _count(row.multiply_adds)]
        cells += [_names(node.inputs), _settings(node.layer)]
        rows.append(cells + ([rules[node.name].text() if node.name in rules else ""] if rules else []))
    return rows


def _names(names: tuple[str, ...]) -> str:
    """The nodes' inputs; of many the first ones and the number of all."""
    shown = ", ".join(map(shortened, names[:MOST_NAMES]))
    return shown if len(names) <= MOST_NAMES else f"{shown} ... {len(names)} in all"


def _count(number: int | None) -> str:
    """A cell with a count: empty for 0, "any" for one that depends on the length of the input."""
    return "any" if number is None else f"{number:,}" if number else ""


def _settings(layer: Layer) -> str:
    """The layer's settings, and the shapes of its arrays; the length of a vector is the number of channels."""
    shapes = [f"{name} {shape_text(weight.shape)}" for name, weight in layer.weights().items() if weight.ndim > 1]
    return " ".join(shapes + [f"{name}={value}" for name, value in layer.settings().items() if value is not None])


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
