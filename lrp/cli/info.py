"""lrp info: what is in a model's file, node by node."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from lrp.cli import arguments as common
from lrp.errors import LoadError
from lrp.formats import Description, describe
from lrp.graph import Metadata, size_text
from lrp.tables import columns

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
    table = network.summary(arguments.composite)
    size = size_text(network.graph, network.dtype)
    facts = [["model", f"{arguments.model} ({size})"], ["format", found.format], *_work(found)]
    print(columns([*facts, *_facts(network.metadata)]))
    print("\n" + table)
    return 0


def _work(found: Description) -> list[list[str]]:
    """The multiply-adds of one sample."""
    adds = "depend on the length of the input" if found.multiply_adds is None else f"{found.multiply_adds:,}"
    return [["adds", f"{adds} (multiply-adds of one sample)"]]


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
