"""The command line: lrp COMMAND ..., one file per command.

A command is a module with `add_parser(commands)`, which adds its arguments and sets `run`, a function from the parsed
arguments to the exit code. An error of this package is printed as one sentence, and the program ends with code 2.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
from collections.abc import Iterator, Sequence
from typing import TextIO

import numpy as np

from lrp.cli import audit, convert, evaluate, explain, info, models, play, rules, spray, vectors
from lrp.errors import LrpError
from lrp.version import VERSION

__all__ = ["main"]

COMMANDS = (
    info,
    explain,
    audit,
    convert,
    evaluate,
    models,
    play,
    rules,
    spray,
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
    for leaf in _leaves(parser):
        leaf.add_argument("--quiet", action="store_true", help="print errors only")
    return parser


def _leaves(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """The parsers below `parser` that have no commands of their own."""
    groups = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not groups:
        yield parser
    for group in groups:
        for child in group.choices.values():
            yield from _leaves(child)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; arguments: those of the process by default."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a class name must not fail on a poor terminal
    parser = build_parser()
    parsed, rest = parser.parse_known_args(_joined(sys.argv[1:] if arguments is None else arguments))
    if rest:
        parser.error(_unknown(parsed, rest))
    try:
        with contextlib.ExitStack() as stack:
            if parsed.quiet:
                stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
            # overflow and NaN are found by the ledger, which names the node
            stack.enter_context(np.errstate(all="ignore"))
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


def _joined(arguments: Sequence[str]) -> list[str]:
    """The arguments with `--preprocess -1..1` as one word: argparse would take the name for an option."""
    words = list(arguments)
    for i in range(len(words) - 2, -1, -1):
        if words[i] == "--preprocess" and words[i + 1].startswith("-1"):
            words[i : i + 2] = [f"{words[i]}={words[i + 1]}"]
    return words


def _unknown(parsed: argparse.Namespace, rest: list[str]) -> str:
    """The message about arguments that no option takes."""
    files = [word for word in rest if not word.startswith("-")]
    if hasattr(parsed, "input") and len(files) == len(rest):
        return (
            f"INPUT: expected one file, got also {', '.join(files)}; explain one file at a time, or store several"
            " samples in one .npy array, the samples first"
        )
    return f"unrecognized arguments: {' '.join(rest)}"


def _silence(stream: TextIO) -> None:
    """Send the rest of the stream to the null device, so that the interpreter's last flush does not fail."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)
