"""lrp convert: rewrite a file that `lrp.load` reads in the native format, with class names and preprocessing added."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from lrp.cli.arguments import finite, refuse_other_files
from lrp.cli.output_files import MODEL, add_force, check_output
from lrp.errors import InputError, LoadError, SaveError
from lrp.formats import load, save
from lrp.formats.container import read_bytes, read_json_list
from lrp.graph import NAMED, ORDERS, Metadata, Network, Preprocessing, named_preprocessing, size_text
from lrp.tables import columns

FOREIGN = (".onnx", ".keras", ".pt", ".pth", ".caffemodel", ".mat", ".npz", ".npy", ".json", ".prototxt")
LIST_BYTES = 16 << 20  # of the file with the names of classes


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("convert", help="rewrite a model as native HDF5, with classes and preprocessing")
    parser.add_argument("source", metavar="SOURCE", help="a file with a network")
    parser.add_argument("target", metavar="TARGET.h5", help="the native file to write")
    parser.add_argument("--trusted", action="store_true", help="read a file of your own without a child process")
    parser.add_argument("--architecture", metavar="FILE", help="the graph of a file of weights alone: prototxt or JSON")
    parser.add_argument(
        "--classes", metavar="FILE", help="the classes' names: a text file with one per line, or a JSON list or object"
    )
    parser.add_argument(
        "--preprocess", metavar="NAME", help=f"how a picture becomes the input, by name: {', '.join(NAMED)}"
    )
    parser.add_argument("--mean", help="what is subtracted from a pixel: one number, or one per channel: a,b,c")
    parser.add_argument("--scale", help="what the difference is divided by: one number, or one per channel")
    parser.add_argument(
        "--pixels",
        choices=("0..255", "0..1"),
        default="0..255",
        help="the range of the pixels that --mean and --scale are stated for (default: %(default)s; torchvision: 0..1)",
    )
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
    if metadata.preprocessing is not None and metadata.preprocessing.doubt():
        print(f"lrp convert: warning: {metadata.preprocessing.doubt()}", file=sys.stderr)
    network = Network(network.nodes.values(), network.outputs, metadata, network.dtype)
    storage = {name: "float32" for name in network.nodes if _single(network, name)}
    save(network, arguments.target, storage)
    print(
        columns(
            [
                ["model", f"{arguments.target} ({size_text(network.graph, network.dtype)})"],
                ["classes", str(len(metadata.classes))],
            ]
        )
    )
    return 0


def _metadata(network: Network, arguments: argparse.Namespace) -> Metadata:
    """The file's metadata, with what the command line gives instead; InputError where that cannot be right."""
    metadata = network.metadata
    if arguments.classes is not None:
        metadata = replace(metadata, classes=class_names(arguments.classes))
        lengths = network.shapes[network.outputs[0]]
        outputs = None if None in lengths else prod(n or 0 for n in lengths)
        if outputs is not None and len(metadata.classes) != outputs:
            raise InputError(
                f"{arguments.classes}: expected one class for each of {outputs} outputs, got"
                f" {len(metadata.classes)}; write one name per line"
            )
    preprocessing = _preprocessing(metadata.preprocessing, _channel_count(network), arguments)
    if preprocessing is not None:
        metadata = replace(metadata, preprocessing=preprocessing)
    if arguments.range is not None:
        metadata = replace(metadata, input_range=tuple(arguments.range))
    return metadata


def _preprocessing(
    stored: Preprocessing | None, count: int | None, arguments: argparse.Namespace
) -> Preprocessing | None:
    """What the file stores, changed as the command line says; None if neither states a preprocessing."""
    factor = 255.0 if arguments.pixels == "0..1" else 1.0
    given = {"mean": arguments.mean, "scale": arguments.scale}
    fields: dict[str, Any] = {
        key: tuple(factor * number for number in _numbers(text, key)) for key, text in given.items() if text is not None
    }
    if arguments.preprocess is not None and fields:
        raise InputError("--preprocess: expected a name or --mean and --scale, got both; leave one out")
    if arguments.channels is not None:
        fields["channels"] = arguments.channels
    order = fields.get("channels", "gray" if count == 1 else "rgb")
    if arguments.preprocess is not None:
        made = named_preprocessing(arguments.preprocess, order)
    elif fields:
        made = replace(stored or Preprocessing(channels=order), **fields)
    else:
        return stored
    wanted = 1 if made.channels == "gray" else 3
    if count is not None and count != wanted:
        raise InputError(
            f"--channels: expected an order of {count} channels, as the network's input has, got {made.channels}"
            f" ({wanted})"
        )
    return made


def _channel_count(network: Network) -> int | None:
    """The number of channels of the network's picture; None if its input is no picture, or leaves it open."""
    shape = network.shapes[network.inputs[0]]
    if len(network.inputs) != 1 or len(shape) != 3:
        return None
    return shape[0] if shape[0] in (1, 3) and shape[-1] not in (1, 3) else shape[-1]


def class_names(path: str) -> tuple[str, ...]:
    """The names in a text file with one per line, or in JSON: a list, or an object from output number to name."""
    if path.lower().endswith(".json"):
        return _names_of_json(read_json_list(path), path)
    try:
        text = read_bytes(path, LIST_BYTES, path).decode("utf-8")
    except (LoadError, UnicodeError) as error:
        reason = str(error) if isinstance(error, LoadError) else "not UTF-8"
        raise LoadError(
            f"{path}: expected a text file with one name per line, got none that can be read ({reason})"
        ) from None
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _names_of_json(value: Any, path: str) -> tuple[str, ...]:
    """["cat", "dog"], {"0": "cat", "1": "dog"}, or {"0": ["n0001", "cat"], ...}, whose last entries are the names."""
    if isinstance(value, dict):
        wanted = [str(number) for number in range(len(value))]
        if set(value) != set(wanted):
            raise LoadError(f"{path}: expected an object with the keys 0 to {len(value) - 1}, got other keys")
        value = [value[key] for key in wanted]
    names = [entry[-1] if isinstance(entry, list) and entry else entry for entry in value]
    if not all(isinstance(name, str) for name in names):
        raise LoadError(f"{path}: expected names of classes, got other values; write a list of texts")
    return tuple(names)


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
