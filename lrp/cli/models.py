"""lrp models: the trained models that come with the package."""

from __future__ import annotations

import argparse
from typing import Any

from lrp import models
from lrp.cli.report import columns


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("models", help="list the models that come with the package")
    parser.add_argument("name", metavar="NAME", nargs="?", help="one model: its folder, examples and README")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print a table, or what is known of one model."""
    if arguments.name is not None:
        folder = models.folder(arguments.name)
        print(f"{folder / models.MODEL_FILE}\nexamples: {', '.join(models.examples(arguments.name)) or 'none'}\n")
        print((folder / "README.md").read_text(encoding="utf-8").rstrip())
        return 0
    cards = [models.card(name) for name in models.names()]
    rows = [["model", "size", "accuracy", "licence of the weights"]]
    rows += [[c.name, f"{c.size / 1e6:.1f} MB", _short(c.accuracy), _short(c.licence)] for c in cards]
    print(columns(rows))
    return 0


def _short(text: str, width: int = 60) -> str:
    """The text up to its first break, at most `width` characters."""
    first = text.replace("*", "").replace(". ", "; ").split("; ")[0]
    return first if len(first) <= width else first[: width - 3] + "..."
