"""The arguments that several commands share: the model, the input, the targets."""

from __future__ import annotations

import argparse
import contextlib
import math
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from lrp.arrays import FLOATS, Array
from lrp.cli.output_files import stored_format
from lrp.cli.text_input import SUFFIXES, TextInput, is_text
from lrp.errors import InputError, LoadError
from lrp.formats import PICTURES, load
from lrp.formats.container import read_numpy
from lrp.graph import PRESETS, PROFILES, STARTS, Network
from lrp.views import progress, read_input

ReadInput = Callable[[str, Network, bool], Any]
PYTORCH = (".pt", ".pth", ".ckpt")
WRITTEN_BY = {
    "lrp-dataset": "the explanations of a data set (lrp explain --save)",
    "lrp-relevance": "a relevance file of `lrp explain --save`",
    "lrp-vectors": "the golden vectors of `lrp vectors write`",
    "lrp-arrays": "a file of arrays (results of `lrp evaluate`, patterns)",
}


def add_model(parser: argparse.ArgumentParser) -> None:
    """MODEL --architecture --dtype --trusted"""
    parser.add_argument("model", metavar="MODEL", help="a file with a network")
    parser.add_argument("--architecture", metavar="FILE", help="the graph of a file of weights alone: prototxt or JSON")
    parser.add_argument("--dtype", choices=FLOATS, default="float64", help="the arithmetic (default: %(default)s)")
    parser.add_argument(
        "--trusted", action="store_true", help="a file of your own: read it without the protection of a child process"
    )


def add_explained(parser: argparse.ArgumentParser, several: bool = False) -> None:
    """INPUT --target --composite --start --output --fit; several: INPUT may be repeated."""
    kinds = ", ".join([*READERS, *SUFFIXES])
    more = "; or a data set: several files, folders, patterns, HDF5" if several else ""
    parser.add_argument(
        "input", metavar="INPUT", nargs="+" if several else None, help=f"what to explain, one of {kinds}{more}"
    )
    parser.add_argument(
        "--target",
        action="append",
        metavar="T",
        help="the output to explain, by number or class name (default: the largest); several with commas, or repeated",
    )
    parser.add_argument(
        "--composite",
        default="epsilon",
        metavar="C",
        help=f"which rule at which layer: {', '.join(PRESETS)}; or lines such as 'conv*=gamma:0.25 *=epsilon'",
    )
    parser.add_argument(
        "--start",
        type=_start,
        metavar="S",
        help=f"the relevance at the output: {', '.join(STARTS)} or a number (default: the profile's, mostly logit)",
    )
    parser.add_argument(
        "--profile",
        default="paper",
        metavar="P",
        help=f"whose conventions: {', '.join(PROFILES)} (default: %(default)s, the published equations)",
    )
    parser.add_argument("--output", metavar="NODE", help="which output, where the network has several")
    parser.add_argument("--encoding", default="utf-8", help="how a text's bytes are read (default: %(default)s)")
    parser.add_argument("--fit", action="store_true", help="resize and convert a picture to what the model takes")


def _start(text: str) -> str | float:
    """A finite number, or a word for the engine to check."""
    try:
        float(text)
    except ValueError:
        return text
    return finite(text)


def finite(text: str) -> float:
    """The number that a text spells; an argument error for NaN and infinity."""
    value = float(text)
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"expected a finite number, got {text}")
    return value


def network(arguments: argparse.Namespace) -> Network:
    """The network of MODEL; for files of known kinds that are not read, LoadError names the remedy."""
    try:
        return load(arguments.model, arguments.dtype, arguments.trusted, arguments.architecture)
    except LoadError:
        refuse_other_files(arguments.model)
        raise


def refuse_other_files(path: str) -> None:
    """Raise LoadError with a remedy where `path` is no model but something that people give in its place."""
    subject = f"{path}: expected a model file"
    suffix = os.path.splitext(path)[1].lower()
    if os.path.isdir(path):
        saved = os.path.exists(os.path.join(path, "saved_model.pb"))
        remedy = "load it in Keras and write model.save('model.keras')" if saved else "name the file in it"
        raise LoadError(f"{subject}, got a folder{' (a TensorFlow SavedModel)' * saved}; {remedy}")
    if not os.path.exists(path):
        return
    if suffix in PYTORCH:
        raise LoadError(
            f"{subject}, got a PyTorch file, which can run code when it is read; export it where the model is defined,"
            " torch.onnx.export(model.eval(), x, 'model.onnx') with an input x, and give model.onnx (it needs pip"
            " install 'lrp[onnx]')"
        )
    if suffix in READERS:
        raise LoadError(f"{subject}, got {suffix}, which is an input; the order is MODEL INPUT")
    kind = WRITTEN_BY.get(stored_format(path))
    if kind is not None:
        raise LoadError(f"{subject}, got {kind}; give the model that it was made with")


def progress_bar(
    arguments: argparse.Namespace, total: int, label: str
) -> AbstractContextManager[Callable[[str], None]]:
    """The progress bar over the nodes; with --quiet, none."""
    return contextlib.nullcontext(lambda name: None) if arguments.quiet else progress(total, label)


def targets(given: list[str] | None, classes: tuple[str, ...]) -> list[str | None]:
    """The targets in order; [None], the largest output, if none is given. A class name may contain commas."""
    if given is None:
        return [None]
    texts: list[str | None] = []
    for text in given:
        texts += [text] if text in classes else [part.strip() for part in text.split(",")]
    return texts


def read(path: str, model: Network, fit: bool = False, encoding: str = "utf-8") -> Any:
    """The network's input from a file: an array with the samples first, or a dict of them for several inputs."""
    if is_text(path):
        return TextInput(model, path, encoding).batch
    suffix = os.path.splitext(path)[1].lower()
    if os.path.isdir(path):
        raise LoadError(f"{path}: expected one input file, got a folder; name a file in it")
    if suffix not in READERS:
        kinds = ", ".join([*READERS, *SUFFIXES])
        raise LoadError(f"{path}: expected an input of the kind {kinds}, got {suffix or 'no suffix'!r}")
    return READERS[suffix](path, model, fit)


def _array(path: str, model: Network, fit: bool) -> Any:
    """One array of a .npy file, with or without the axis of the samples."""
    array = _numpy(path)
    if isinstance(array, dict):
        raise LoadError(f"{path}: expected one array, got an archive of several; name it .npz")
    if len(model.inputs) > 1:
        raise InputError(
            f"{path}: expected {len(model.inputs)} inputs, got one array; give an .npz with {', '.join(model.inputs)}"
        )
    return _batch(array, model, model.inputs[0])


def _archive(path: str, model: Network, fit: bool) -> Any:
    """Arrays by the names of the network's inputs."""
    archive = _numpy(path)
    if not isinstance(archive, dict):
        raise LoadError(f"{path}: expected an archive of arrays, got one array; name it .npy")
    if set(archive) != set(model.inputs):
        raise InputError(
            f"{path}: expected arrays with the names of the inputs, {', '.join(model.inputs)}, got {', '.join(archive)}"
        )
    return {name: _batch(archive[name], model, name) for name in model.inputs}


def _picture(path: str, model: Network, fit: bool) -> Any:
    """A picture, prepared as the model's metadata says."""
    return read_input(path, model, fit)


def _numpy(path: str) -> Array | dict[str, Array]:
    """The content of a NumPy file: one array, or several by name. Pickled objects are refused."""
    try:
        os.stat(path)
    except OSError as error:
        raise LoadError(f"{path}: expected a file that can be read, got none ({error.strerror or error})") from None
    return read_numpy(path)


def _batch(array: Array, model: Network, name: str) -> Array:
    """Add the axis of the samples to a single sample."""
    return array[np.newaxis] if array.ndim == len(model.shapes[name]) else array


READERS: dict[str, ReadInput] = {
    ".npy": _array,
    ".npz": _archive,
    **dict.fromkeys(PICTURES, _picture),
}
