"""lrp vectors: write the golden vectors, and measure another implementation against them."""

from __future__ import annotations

import argparse
from typing import Any

from lrp.cli.output_files import add_force
from lrp.conformance import check, read_results, write

DIFFERS = 1


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("vectors", help="write the golden vectors, or check results of another implementation")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    writing = actions.add_parser("write", help="write all cases with their answers to a folder")
    writing.add_argument("folder", metavar="FOLDER")
    writing.add_argument("--only", metavar="PREFIX", default="", help="only cases whose identifier starts with this")
    add_force(writing)
    writing.set_defaults(run=run_write)
    checking = actions.add_parser(
        "check", help="which cases of the results agree, which do not, and the likely reason why not"
    )
    checking.add_argument("folder", metavar="FOLDER", help="the folder that `lrp vectors write` has made")
    checking.add_argument("--against", metavar="RESULTS.h5", required=True, help="datasets named case/node")
    checking.set_defaults(run=run_check)


def run_write(arguments: argparse.Namespace) -> int:
    """Write the cases and print how many there are."""
    count = write(arguments.folder, arguments.only, arguments.force)
    print(f"{count} cases written to {arguments.folder}")
    return 0


def run_check(arguments: argparse.Namespace) -> int:
    """Print the report; 1 where a case differs."""
    report = check(read_results(arguments.against), arguments.folder)
    print(report.text())
    return 0 if report.agrees else DIFFERS
