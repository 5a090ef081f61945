"""lrp explain with several inputs: a whole data set, into one file and a folder of pictures."""

from __future__ import annotations

import argparse
import glob
import os
import sys

from lrp.cli import arguments as common
from lrp.cli.output_files import DATASET, check_output
from lrp.cli.progress import Bar
from lrp.datasets import Explained, explain_dataset, open_sources, read_dataset, write_pictures
from lrp.errors import InputError
from lrp.graph import Network
from lrp.pictures import require

UNREADABLE = 1  # exit code: some inputs could not be read


def is_many(arguments: argparse.Namespace) -> bool:
    """Whether the inputs are a data set: several, a folder, a pattern, HDF5, or any with --jobs, --dask or --batch."""
    given = arguments.input
    if len(given) > 1 or arguments.jobs is not None or arguments.dask is not None or arguments.batch is not None:
        return True
    (path,) = given
    arrays = os.path.splitext(path)[1].lower() in (".h5", ".hdf5")
    return os.path.isdir(path) or arrays or (glob.has_magic(path) and not os.path.exists(path))


def run(arguments: argparse.Namespace) -> int:
    """Explain all, store them, draw them; the exit code is 1 if some could not be read."""
    network = common.network(arguments)
    source = open_sources(arguments.input, arguments.fit)
    if arguments.save is None:
        raise InputError("--save: expected the file for the relevance of a data set, got none; add --save relevance.h5")
    check_output(arguments.save, DATASET, (arguments.model, *arguments.input, arguments.architecture), arguments.force)
    if arguments.out is not None:
        require("matplotlib.figure", "matplotlib")
        if os.path.exists(arguments.out) and not os.path.isdir(arguments.out):
            raise InputError(f"--out: expected a folder for the pictures of a data set, got the file {arguments.out}")
    unused = [name for name in ("neuron", "layers", "limit", "start", "output") if getattr(arguments, name) is not None]
    if unused:
        raise InputError(f"--{unused[0]}: expected one input, got a data set; leave the option out")
    report = explain_dataset(
        network,
        source,
        arguments.save,
        composite=arguments.composite,
        target=_target(arguments, network),
        profile=arguments.profile,
        storage=arguments.storage,
        batch=16 if arguments.batch is None else arguments.batch,
        jobs=arguments.jobs or 0,
        dask=arguments.dask,
        on_progress=None if arguments.quiet else Bar(arguments.save),
        replace=arguments.force,
        model=os.path.basename(arguments.model),
    )
    print(f"{arguments.save}: the relevance of {report.explained} samples, composite {arguments.composite}")
    if arguments.out is not None:
        written = write_pictures(read_dataset(arguments.save, trusted=True), source, network, arguments.out)
        print(f"{arguments.out}: {len(written) - 1} pictures, and {os.path.basename(written[0])}")
    if report.unreadable:
        print(f"lrp explain: {len(report.unreadable)} of {len(source)} inputs could not be read:", file=sys.stderr)
        for _, sentence in report.unreadable:
            print(f"lrp explain: {sentence}", file=sys.stderr)
        return UNREADABLE
    return 0


def _target(arguments: argparse.Namespace, network: Network) -> Explained | int | str:
    """predicted, true, or one class for all."""
    given = common.targets(arguments.target, network.metadata.classes)
    if len(given) != 1:
        raise InputError(f"--target: expected predicted, true or one class for a data set, got {len(given)}")
    (text,) = given
    if text in (None, "predicted"):
        return Explained.PREDICTED
    if text == "true" and "true" not in network.metadata.classes:
        return Explained.TRUE
    return str(text)
