"""The command line: lrp COMMAND ..., one file a command.

A command is a module with `add_parser(commands)`, which adds its arguments and sets `run`, a function from the parsed
arguments to the exit code. Every error of this package is printed as its one sentence and ends with code 2.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from typing import TextIO

import numpy as np

from lrp.cli import audit, convert, evaluate, explain, info, rules, vectors
from lrp.errors import LrpError
from lrp.version import VERSION

COMMANDS = (
    info,
    explain,
    audit,
    convert,
    evaluate,
    rules,
    vectors,
)
BAD_INPUT, INTERRUPTED, BROKEN_PIPE = 2, 130, 141  # the last two as shells count signals


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="lrp", description="Layer-wise Relevance Propagation: what each input contributed, with a ledger."
    )
    parser.add_argument("--version", action="version", version=f"lrp {VERSION}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add_parser(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; arguments: those of the process by default."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a class name must not fail on a poor terminal
    parsed = build_parser().parse_args(arguments)
    try:
        with np.errstate(all="ignore"):  # overflow and NaN are told by the ledger, with the node's name
            code: int = parsed.run(parsed)
        sys.stdout.flush()
        return code
    except LrpError as error:
        print(f"lrp {parsed.command}: {error}", file=sys.stderr)
        return BAD_INPUT
    except MemoryError as error:
        print(f"lrp {parsed.command}: the memory of this machine is not enough ({error})", file=sys.stderr)
        return BAD_INPUT
    except BrokenPipeError:
        _silence(sys.stdout)
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return INTERRUPTED


def _silence(stream: TextIO) -> None:
    """What is left in the stream goes nowhere, so that the interpreter's last flush finds an open file."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
