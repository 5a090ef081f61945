"""lrp convert: any file that `lrp.load` reads, rewritten in the native format, with what its own format cannot say."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Any

import numpy as np

from lrp.cli.arguments import finite
from lrp.cli.report import columns, size
from lrp.errors import InputError, LoadError
from lrp.formats import load, save
from lrp.formats.container import check_target, read_bytes
from lrp.graph import ORDERS, Metadata, Network, Preprocessing

LIST_BYTES = 16 << 20  # of the file with the names of classes


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("convert", help="rewrite a model as native HDF5, with classes and preprocessing")
    parser.add_argument("source", metavar="SOURCE", help="a file with a network")
    parser.add_argument("target", metavar="TARGET.h5", help="the native file to write")
    parser.add_argument("--trusted", action="store_true", help="read a file of your own without a child process")
    parser.add_argument("--architecture", metavar="FILE", help="the graph of a file of weights alone: prototxt or JSON")
    parser.add_argument("--classes", metavar="FILE", help="a text file with the classes' names, one a line")
    parser.add_argument(
        "--mean", help="what is subtracted from a pixel (0 to 255): one number, or one a channel: a,b,c"
    )
    parser.add_argument("--scale", help="what the difference is divided by: one number, or one a channel")
    parser.add_argument("--channels", choices=ORDERS, help="the order of the network's channels")
    parser.add_argument(
        "--range", nargs=2, type=finite, metavar=("LOW", "HIGH"), help="the range of the network's own input"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Load, add what was said, save."""
    check_target(arguments.target)
    network = load(arguments.source, trusted=arguments.trusted, architecture=arguments.architecture)
    metadata = _metadata(network.metadata, arguments)
    network = Network(network.nodes.values(), network.outputs, metadata, network.dtype)
    storage = {name: "float32" for name in network.nodes if _single(network, name)}
    save(network, arguments.target, storage)
    print(columns([["model", f"{arguments.target} ({size(network)})"], ["classes", str(len(metadata.classes))]]))
    return 0


def _metadata(metadata: Metadata, arguments: argparse.Namespace) -> Metadata:
    """What the file says, and over it what the command line says."""
    if arguments.classes is not None:
        metadata = replace(metadata, classes=_lines(arguments.classes))
    given = {"mean": arguments.mean, "scale": arguments.scale}
    fields: dict[str, Any] = {key: _numbers(text, key) for key, text in given.items() if text is not None}
    if arguments.channels is not None:
        fields["channels"] = arguments.channels
    if fields:
        metadata = replace(metadata, preprocessing=replace(metadata.preprocessing or Preprocessing(), **fields))
    if arguments.range is not None:
        metadata = replace(metadata, input_range=tuple(arguments.range))
    return metadata


def _lines(path: str) -> tuple[str, ...]:
    """The lines of a text file."""
    try:
        text = read_bytes(path, LIST_BYTES, path).decode("utf-8")
    except (LoadError, UnicodeError) as error:
        reason = str(error) if isinstance(error, LoadError) else "not UTF-8"
        raise LoadError(
            f"{path}: expected a text file with one name a line, got none that can be read ({reason})"
        ) from None
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _numbers(text: str, option: str) -> tuple[float, ...]:
    """Numbers apart by commas."""
    try:
        values = tuple(float(piece) for piece in text.split(","))
    except ValueError:
        values = (np.nan,)
    if not np.isfinite(values).all():
        raise InputError(f"--{option}: expected numbers apart by commas, got {text!r}")
    return values


def _single(network: Network, name: str) -> bool:
    """Whether float32 holds every weight of the node exactly, so that half the bytes lose nothing."""
    weights = network.nodes[name].layer.weights().values()
    return all(w.dtype == np.float64 and np.array_equal(w.astype(np.float32), w) for w in weights)
