"""lrp spray: clusters of a data set's heatmaps, to find what a model relies on."""

from __future__ import annotations

import argparse
import os
from typing import Any

import numpy as np

from lrp.cli.output_files import OTHER, add_force, check_output
from lrp.datasets import StoredDataSet, read_dataset
from lrp.errors import InputError, did_you_mean
from lrp.formats.container import write_bytes
from lrp.spray import analyse, comparable, labels_csv, report_html
from lrp.tables import columns


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("spray", help="find groups of heatmaps in a data set's explanations")
    parser.add_argument("relevance", metavar="RELEVANCE.h5", help="what lrp explain MODEL INPUTS... --save wrote")
    parser.add_argument("--target", metavar="T", help="the samples of this explained class alone, by name or number")
    parser.add_argument("--clusters", type=int, metavar="K", help="how many (default: by the gap of the eigenvalues)")
    parser.add_argument("--neighbours", type=int, default=10, metavar="N", help="of the graph (default: %(default)s)")
    parser.add_argument(
        "--side", type=int, default=20, metavar="PIXELS", help="heatmaps are pooled to this side (default: %(default)s)"
    )
    parser.add_argument("--out", metavar="PAGE.html", help="a page with the clusters and their mean heatmaps")
    parser.add_argument("--labels", metavar="FILE.csv", help="the cluster of each sample")
    add_force(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Cluster, print the clusters, write the page and the table."""
    for path in (arguments.out, arguments.labels):
        if path is not None:
            check_output(path, OTHER, (arguments.relevance,), arguments.force)
    if arguments.side < 1 or arguments.neighbours < 1:
        raise InputError("--side and --neighbours: expected numbers of at least 1")
    stored = read_dataset(arguments.relevance)
    chosen = (
        np.arange(len(stored))
        if arguments.target is None
        else np.flatnonzero(stored.target == _class(stored, arguments.target))
    )
    rows = comparable(stored.relevance[chosen], arguments.side)
    analysis = analyse(rows, arguments.clusters, arguments.neighbours)
    names = [stored.names[i] for i in chosen]
    table = [["cluster", "samples", "share", "known labels"]]
    for cluster in range(analysis.count):
        members = chosen[analysis.labels == cluster]
        labels = stored.labels[members]
        known = ", ".join(f"{_name(stored, k)} {(labels == k).sum()}" for k in np.unique(labels[labels >= 0])[:4])
        table.append([str(cluster), str(len(members)), f"{len(members) / len(chosen):.1%}", known])
    print(columns(table, numbers=(0, 1, 2)))
    title = "Heatmaps" if arguments.target is None else f"Heatmaps of class {arguments.target}"
    if arguments.out is not None:
        maps = stored.relevance[chosen].astype(np.float64).sum(axis=1)
        write_bytes(arguments.out, report_html(title, maps, analysis, names, rows).encode())
        print(f"\n{arguments.out}: a page with the mean heatmap and the typical samples of each cluster")
    if arguments.labels is not None:
        write_bytes(arguments.labels, labels_csv(analysis, names).encode())
        print(f"{arguments.labels}: the cluster of each sample")
    return 0


def _class(stored: StoredDataSet, text: str) -> int:
    """The number of a class; InputError for one that no sample was explained for."""
    number = stored.classes.index(text) if text in stored.classes else int(text) if text.isdecimal() else -1
    if number < 0 or not (stored.target == number).any():
        present = [_name(stored, k) for k in np.unique(stored.target)]
        raise InputError(
            f"--target: expected a class that samples were explained for ({', '.join(present[:12])}), got"
            f" {text!r}{did_you_mean(text, present)}"
        )
    return number


def _name(stored: StoredDataSet, number: int) -> str:
    return stored.classes[number] if number < len(stored.classes) else os.fspath(str(number))
