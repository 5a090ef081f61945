"""lrp convert: rewrite a file that `lrp.load` reads in the native format, with class names and preprocessing added."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from lrp.cli.arguments import finite, refuse_other_files
from lrp.cli.output_files import MODEL, add_force, check_output
from lrp.cli.report import columns, size
from lrp.errors import InputError, LoadError, SaveError
from lrp.formats import load, save
from lrp.formats.container import read_bytes
from lrp.graph import ORDERS, Metadata, Network, Preprocessing

FOREIGN = (".onnx", ".keras", ".pt", ".pth", ".caffemodel", ".mat", ".npz", ".npy", ".json", ".prototxt")
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
    add_force(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Load, add the metadata of the command line, save."""
    suffix = os.path.splitext(arguments.target)[1].lower()
    if suffix in FOREIGN:
        raise SaveError(
            f"{arguments.target}: expected a name for a native HDF5 file, such as model.h5, got {suffix}; this command"
            " writes no other format"
        )
    check_output(
        arguments.target, MODEL, (arguments.source, arguments.architecture, arguments.classes), arguments.force
    )
    try:
        network = load(arguments.source, trusted=arguments.trusted, architecture=arguments.architecture)
    except LoadError:
        refuse_other_files(arguments.source)
        raise
    metadata = _metadata(network, arguments)
    network = Network(network.nodes.values(), network.outputs, metadata, network.dtype)
    storage = {name: "float32" for name in network.nodes if _single(network, name)}
    save(network, arguments.target, storage)
    print(columns([["model", f"{arguments.target} ({size(network)})"], ["classes", str(len(metadata.classes))]]))
    return 0


def _metadata(network: Network, arguments: argparse.Namespace) -> Metadata:
    """The file's metadata, with what the command line gives in its place; InputError where that cannot be right."""
    metadata = network.metadata
    if arguments.classes is not None:
        metadata = replace(metadata, classes=_lines(arguments.classes))
        lengths = network.shapes[network.outputs[0]]
        outputs = None if None in lengths else prod(n or 0 for n in lengths)
        if outputs is not None and len(metadata.classes) != outputs:
            raise InputError(
                f"{arguments.classes}: expected one class for each of {outputs} outputs, got"
                f" {len(metadata.classes)}; write one name a line"
            )
    given = {"mean": arguments.mean, "scale": arguments.scale}
    fields: dict[str, Any] = {key: _numbers(text, key) for key, text in given.items() if text is not None}
    if arguments.channels is not None:
        fields["channels"] = arguments.channels
    if fields:
        count = _channel_count(network)
        default = Preprocessing(channels="gray" if count == 1 else "rgb")
        preprocessing = replace(metadata.preprocessing or default, **fields)
        wanted = 1 if preprocessing.channels == "gray" else 3
        if count is not None and count != wanted:
            raise InputError(
                f"--channels: expected an order of {count} channels, as the network's input has, got"
                f" {preprocessing.channels} ({wanted})"
            )
        metadata = replace(metadata, preprocessing=preprocessing)
    if arguments.range is not None:
        metadata = replace(metadata, input_range=tuple(arguments.range))
    return metadata


def _channel_count(network: Network) -> int | None:
    """The number of channels of the network's picture; None if its input is no picture, or leaves it open."""
    shape = network.shapes[network.inputs[0]]
    if len(network.inputs) != 1 or len(shape) != 3:
        return None
    return shape[0] if shape[0] in (1, 3) and shape[-1] not in (1, 3) else shape[-1]


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
    """The numbers of a text such as 104,117,123."""
    try:
        values = tuple(float(piece) for piece in text.split(","))
    except ValueError:
        values = (np.nan,)
    if not np.isfinite(values).all():
        raise InputError(f"--{option}: expected numbers with commas between them, got {text!r}")
    return values


def _single(network: Network, name: str) -> bool:
    """Whether every weight of the node is a float32 number, so that it can be stored as one without loss."""
    weights = network.nodes[name].layer.weights().values()
    return all(w.dtype == np.float64 and np.array_equal(w.astype(np.float32), w) for w in weights)
