"""lrp info: what is in a model's file, node by node."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.cli import arguments as common
from lrp.cli.report import columns, shape_text, shortened, size
from lrp.errors import LoadError
from lrp.formats import Description, describe
from lrp.graph import Metadata, composites
from lrp.layers import Layer

LISTED = 12  # so many classes are listed; of more, the number is given
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
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the model; where it cannot be read, what is refused and where, with exit code 1."""
    try:
        found = describe(arguments.model, arguments.trusted, arguments.architecture, dtype=arguments.dtype)
    except LoadError:
        common.refuse_other_files(arguments.model)
        raise
    if found.network is None:
        common.refuse_other_files(arguments.model)
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
        cells = [
            shortened(row.name),
            row.kind,
            shape_text(row.shape),
            _count(row.parameters),
            _count(row.multiply_adds),
        ]
        cells += [", ".join(map(shortened, node.inputs)), _settings(node.layer)]
        rows.append(cells + ([rules[node.name].text() if node.name in rules else ""] if rules else []))
    print("\n" + columns(rows, numbers=(3, 4)))
    return 0


def _work(found: Description) -> list[list[str]]:
    """The multiply-adds of one sample."""
    adds = "depend on the length of the input" if found.multiply_adds is None else f"{found.multiply_adds:,}"
    return [["adds", f"{adds} (multiply-adds of one sample)"]]


def _count(number: int | None) -> str:
    """A cell with a count: empty for 0, "any" for one that depends on the length of the input."""
    return "any" if number is None else f"{number:,}" if number else ""


def _facts(metadata: Metadata) -> list[list[str]]:
    """The rows of classes, preprocessing, input range and notes."""
    facts = []
    if metadata.classes:
        more = f" ... {len(metadata.classes)} in all" if len(metadata.classes) > LISTED else ""
        facts.append(["classes", ", ".join(metadata.classes[:LISTED]) + more])
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
        f"{name} {shape_text(weight.shape)}" for name, weight in layer.weights().items() if _has_own_shape(weight)
    ]
    settings = [f"{name}={value}" for name, value in layer.settings().items() if value is not None]
    return " ".join(arrays + settings)


def _has_own_shape(weight: Array) -> bool:
    """Whether the shape says more than the output's number of channels, which is the length of every vector."""
    return weight.ndim > 1
