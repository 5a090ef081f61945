"""lrp info: what is in a model's file, node by node."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.cli import arguments as common
from lrp.cli.report import columns, shape_text, size
from lrp.formats import Description, describe
from lrp.graph import Metadata, composites
from lrp.layers import Layer

MANY = 12  # classes that are listed before the rest is counted
REFUSED = 1


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "info",
        help="show a model: nodes, shapes, settings, classes, preprocessing",
        epilog="exit code: 0; 1 for a model that is recognised but cannot be loaded, with the reasons; 2 for a file"
        " that is no model (other commands end with 2 in both cases)",
    )
    common.add_model(parser)
    parser.add_argument("--composite", metavar="C", help="also show which rule a composite gives to each node")
    parser.add_argument("--architecture", metavar="FILE", help="the graph of a file of weights alone: prototxt or JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the model; where it cannot be read, what is refused and where, with exit code 1."""
    found = describe(arguments.model, arguments.trusted, arguments.architecture, dtype=arguments.dtype)
    if found.network is None:
        print(columns([["model", arguments.model], ["format", found.format]]))
        print("\nnot read\n" + columns([list(one) for one in found.refused]))
        return REFUSED
    network = found.network
    rules = {} if arguments.composite is None else composites.parse(arguments.composite).assign(network)
    facts = [["model", f"{arguments.model} ({size(network)})"], ["format", found.format], *_work(found)]
    print(columns([*facts, *_facts(network.metadata)]))
    rows = [["node", "layer", "output", "weights", "multiply-adds", "from", "settings", *["rule"] * bool(rules)]]
    for row in found.rows:
        node = network.nodes[row.name]
        cells = [row.name, row.kind, shape_text(row.shape), _count(row.parameters), _count(row.multiply_adds)]
        cells += [", ".join(node.inputs), _settings(node.layer)]
        rows.append(cells + ([rules[node.name].text() if node.name in rules else ""] if rules else []))
    print("\n" + columns(rows, numbers=(3, 4)))
    return 0


def _work(found: Description) -> list[list[str]]:
    """The multiply-adds of one sample."""
    adds = "depend on the length of the input" if found.multiply_adds is None else f"{found.multiply_adds:,}"
    return [["adds", f"{adds} (multiply-adds of one sample)"]]


def _count(number: int | None) -> str:
    """A number of a column: nothing for 0, and a word for one that depends on the input's length."""
    return "any" if number is None else f"{number:,}" if number else ""


def _facts(metadata: Metadata) -> list[list[str]]:
    """What the file says beside the arithmetic."""
    facts = []
    if metadata.classes:
        more = f" ... {len(metadata.classes)} in all" if len(metadata.classes) > MANY else ""
        facts.append(["classes", ", ".join(metadata.classes[:MANY]) + more])
    if metadata.preprocessing is not None:
        p = metadata.preprocessing
        facts.append(
            ["input", f"(pixel - {_numbers(p.mean)}) / {_numbers(p.scale)}, pixels 0 to 255, channels {p.channels}"]
        )
    bounds = metadata.bounds()
    facts.append(["range", "unknown" if bounds is None else f"{_numbers(bounds[0])} to {_numbers(bounds[1])}"])
    return facts + [[name, str(value)[:100]] for name, value in metadata.extra.items()]


def _numbers(values: Any) -> str:
    """One number, or one a channel."""
    flat = np.atleast_1d(np.asarray(values, dtype=np.float64)).ravel()
    shown = ", ".join(f"{value:g}" for value in flat[:3])
    return shown if flat.size == 1 else f"({shown}{', ...' if flat.size > 3 else ''})"


def _settings(layer: Layer) -> str:
    """The layer's settings, and the shapes of its arrays."""
    arrays = [
        f"{name} {shape_text(weight.shape)}" for name, weight in layer.weights().items() if _worth_showing(weight)
    ]
    settings = [f"{name}={value}" for name, value in layer.settings().items() if value is not None]
    return " ".join(arrays + settings)


def _worth_showing(weight: Array) -> bool:
    """Vectors have the length of the output's channels; only the others tell something."""
    return weight.ndim > 1
