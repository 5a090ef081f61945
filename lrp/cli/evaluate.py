"""lrp evaluate: compare the heatmaps of several methods by measures; a run of hours may be interrupted."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lrp.arrays import Array, check_finite
from lrp.cli import arguments as common
from lrp.cli.output_files import PICTURE, RESULTS, add_force, check_output, marked_png
from lrp.cli.progress import Bar
from lrp.errors import InputError, LoadError, SettingError
from lrp.evaluation import METRICS, Settings, check_masks, input_layout, metric_name, plot, table
from lrp.evaluation.campaign import JOURNAL, Plan, Problem
from lrp.evaluation.campaign import run as run_evaluation
from lrp.formats.container import read_numpy, write_bytes
from lrp.formats.results import load_arrays
from lrp.graph import Network, target_numbers
from lrp.methods import METHODS, logit_node, parse, single_input, split

PICTURES = (".png", ".jpg", ".jpeg")


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("evaluate", help="measure and compare the heatmaps of several methods on a data set")
    common.add_model(parser)
    parser.add_argument(
        "data",
        metavar="DATA",
        help="pictures as the network takes them: .npy; .npz or an .h5 of arrays with x and, if wanted, target (n,) and"
        " masks (n, h, w); or a picture file, or a folder of them",
    )
    parser.add_argument(
        "--methods",
        nargs="+",
        required=True,
        metavar="M",
        help=f"methods, with blanks or commas between: {', '.join(METHODS)}; settings follow a colon, such as"
        " lrp:epsilon-plus sensitivity:inf integrated_gradients:steps=100",
    )
    parser.add_argument(
        "--metric",
        action="append",
        metavar="NAME",
        help=f"{', '.join(METRICS)} (default: aopc); repeated or with commas",
    )
    parser.add_argument(
        "--out", required=True, metavar="FILE", help="the HDF5 file of results; FILE.partial while it runs"
    )
    parser.add_argument("--plot", metavar="FILE", help="also draw the curves: NAME.png becomes NAME-METRIC.png")
    parser.add_argument("--steps", type=int, default=100, help="regions or pixels replaced (default: %(default)s)")
    parser.add_argument("--size", type=int, default=9, help="a region's length in pixels (default: %(default)s)")
    parser.add_argument(
        "--replacement",
        default="uniform",
        choices=("uniform", "constant", "blur", "dirichlet", "flip"),
        help="what regions are replaced by (default: %(default)s)",
    )
    parser.add_argument("--repetitions", type=int, default=10, help="draws of the noise (default: %(default)s)")
    parser.add_argument("--probability", action="store_true", help="follow the softmax probability, not the logit")
    parser.add_argument(
        "--subsets", type=int, default=100, help="random subsets of sensitivity_n (default: %(default)s)"
    )
    parser.add_argument(
        "--tolerance", type=float, default=15.0, help="pixels, of the pointing game (default: %(default)s)"
    )
    parser.add_argument(
        "--target", metavar="T", help="the output to explain (default: the data's target, or the largest)"
    )
    parser.add_argument("--pictures", type=int, metavar="N", help="use the first N pictures only")
    parser.add_argument("--seed", type=int, default=0, help="of all random numbers (default: %(default)s)")
    parser.add_argument("--chunk", type=int, default=10, metavar="N", help="pictures per unit of work (%(default)s)")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="processes on this machine (%(default)s)")
    parser.add_argument("--dask", metavar="ADDRESS", help="compute on the Dask cluster of this scheduler instead")
    parser.add_argument("--fit", action="store_true", help="resize and convert pictures to what the model takes")
    add_force(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Compute the units that are missing, and print a table for each metric."""
    methods = tuple(dict.fromkeys(split(arguments.methods)))
    for method in methods:
        parse(method)
    names = [part for text in arguments.metric or ["aopc"] for part in text.split(",")]
    metrics = tuple(dict.fromkeys(metric_name(name) for name in names))
    for name in ("steps", "size", "repetitions", "subsets", "chunk", "jobs"):
        if getattr(arguments, name) < 1:
            raise SettingError(f"--{name}: expected at least 1, got {getattr(arguments, name)}")
    if not os.path.basename(arguments.out):
        raise SettingError(f"--out: expected the name of a file, got {arguments.out!r}")
    if arguments.seed < 0:
        raise SettingError(f"--seed: expected a whole number of at least 0, got {arguments.seed}")
    figures = _figures(arguments, metrics)
    _check_outputs(arguments, methods, figures.values())
    network = common.network(arguments)
    data = read_data(arguments.data, network, arguments.fit).first(arguments.pictures)
    settings = Settings(
        arguments.steps,
        arguments.size,
        arguments.replacement,
        arguments.repetitions,
        arguments.probability,
        arguments.subsets,
        arguments.tolerance,
        arguments.seed,
    )
    plan = Plan(methods, metrics, len(data.x), arguments.chunk, settings)
    problem = Problem(plan, network, data.x, targets(arguments.target, data, network), data.masks)
    bar = None if arguments.quiet else Bar(arguments.out)
    found = run_evaluation(problem, arguments.out, arguments.jobs, arguments.dask, bar, arguments.force)
    for metric, measurements in found.items():
        print(f"\n{metric}: mean +- standard error over {len(data.x)} pictures")
        print(table(measurements))
        if metric in figures:
            plot(measurements, figures[metric])
            if figures[metric].lower().endswith(".png"):
                write_bytes(figures[metric], marked_png(Path(figures[metric]).read_bytes()))
    print(f"\nwritten to {arguments.out}")
    return 0


def _figures(arguments: argparse.Namespace, metrics: Sequence[str]) -> dict[str, str]:
    """The name of each metric's figure; none without --plot."""
    if not arguments.plot:
        return {}
    stem, suffix = os.path.splitext(arguments.plot)
    return {metric: f"{stem}-{metric}{suffix or '.png'}" for metric in metrics}


def _check_outputs(arguments: argparse.Namespace, methods: Sequence[str], figures: Iterable[str]) -> None:
    """Refuse outputs that would overwrite an input (also a file that a method names) or a foreign file."""
    named = [part for method in methods for part in re.split("[:,=]", method) if os.path.isfile(part)]
    inputs = (arguments.model, arguments.data, arguments.architecture, *named)
    for name in (arguments.out + JOURNAL, arguments.out):
        check_output(name, RESULTS, inputs, force=arguments.force or name != arguments.out)
    for name in figures:
        check_output(name, PICTURE, (*inputs, arguments.out), arguments.force)


@dataclass(frozen=True, eq=False)
class Data:
    """Pictures as the network takes them; target (n,) and masks (n, h, w) if the file has them."""

    x: Array
    target: Array | None = None
    masks: Array | None = None

    def first(self, count: int | None) -> Data:
        """The first `count` pictures; all for None."""
        if count is None:
            return self
        if count < 1:
            raise SettingError(f"--pictures: expected at least 1, got {count}")
        target, masks = (None if value is None else value[:count] for value in (self.target, self.masks))
        return Data(self.x[:count], target, masks)


def read_data(path: str, network: Network, fit: bool = False) -> Data:
    """The pictures of a file or a folder, checked against the network's input; fit: resize picture files."""
    name = single_input(network, "evaluate")
    suffix = os.path.splitext(path)[1].lower()
    if os.path.isdir(path):
        data = Data(_folder(path, network, fit))
    elif suffix == ".npz":
        data = _named(_archive(path), path, name)
    elif suffix == ".h5":
        data = _named(load_arrays(path), path, name)
    else:
        data = Data(common.read(path, network, fit))
    if not isinstance(data.x, np.ndarray) or data.x.ndim != len(network.shapes[name]) + 1 or not len(data.x):
        raise InputError(
            f"{path}: expected pictures of shape {network.shapes[name]}, at least one, got an array of"
            f" {np.shape(data.x)}"
        )
    network.forward(data.x[:1])  # finds wrong channels and integers before the work begins
    check_finite(data.x, path)
    for key, value in (("target", data.target), ("masks", data.masks)):
        if value is not None and (value.ndim == 0 or len(value) != len(data.x)):
            raise InputError(f"{path}: expected {key} for each of {len(data.x)} pictures, got shape {value.shape}")
    if data.masks is not None:
        picture = input_layout(network).channels_last(data.x)
        check_masks(data.masks, picture if picture.ndim == 2 else picture[..., 0])
    return data


def targets(text: str | None, data: Data, network: Network) -> Array | None:
    """The outputs to explain (n,): `text` for all pictures, else the data's targets; None for the largest output."""
    output = network.forward(data.x[:1]).values[logit_node(network)]
    if text is not None:
        return np.repeat(target_numbers(text, output, network.metadata.classes), len(data.x))
    if data.target is None:
        return None
    labels = data.target.reshape(len(data.x), -1)
    if labels.shape[1] != 1 or labels.dtype.kind not in "iuU":
        raise InputError(
            "target: expected one whole number (or name of a class) for each picture, got an array of"
            f" {data.target.shape}, {labels.dtype}"
        )
    return np.concatenate([target_numbers(t, output, network.metadata.classes) for t in labels[:, 0].tolist()])


def _folder(path: str, network: Network, fit: bool) -> Array:
    """All picture files of a folder, in the order of their names."""
    names = sorted(name for name in os.listdir(path) if os.path.splitext(name)[1].lower() in PICTURES)
    if not names:
        raise LoadError(f"{path}: expected a folder with pictures ({', '.join(PICTURES)}), got none")
    return np.concatenate([common.read(os.path.join(path, name), network, fit) for name in names])


def _archive(path: str) -> dict[str, Array]:
    """The arrays of an .npz file; nothing in it is executed."""
    if not os.path.exists(path):
        raise LoadError(f"{path}: expected a file, got a path where none is")
    try:
        arrays = read_numpy(path)
    except LoadError as error:
        raise LoadError(
            f"{path}: expected an archive of arrays of numbers, got a damaged or another file ({error})"
        ) from None
    if not isinstance(arrays, dict):
        raise LoadError(f"{path}: expected an archive of arrays (.npz), got one array")
    return arrays


def _named(arrays: dict[str, Array], path: str, name: str) -> Data:
    """x (or the network's own name for it), target and masks."""
    x = arrays.get("x", arrays.get(name))
    if x is None:
        raise InputError(f"{path}: expected an array named 'x' or {name!r}, got {', '.join(sorted(arrays)) or 'none'}")
    return Data(x, arrays.get("target"), arrays.get("masks"))
