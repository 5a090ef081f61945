"""lrp rules: every rule with its equation and its paper, from the docstrings of the registry RULES."""

from __future__ import annotations

import argparse
import inspect
from collections.abc import Callable
from typing import Any

from lrp.cli.report import columns
from lrp.errors import RuleError, did_you_mean
from lrp.graph import PRESETS
from lrp.graph import parse as parse_composite
from lrp.rules import RULES, Rule


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("rules", help="list every rule with its equation and paper, and the composites")
    parser.add_argument(
        "name",
        metavar="RULE",
        nargs="?",
        help="one rule in full, with its options and its table, or one composite with its lines",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print a list of all rules, one rule in full, or one composite line by line."""
    if arguments.name is None:
        for name, function in RULES.items():
            print(f"{usage(name, function)}\n{indented(equation_and_source(function))}\n")
        print("Composites, as lines of pattern=rule (the first that fits a node wins):\n")
        print(columns([[name, lines()] for name, lines in PRESETS.items()]))
        return 0
    if arguments.name not in RULES and arguments.name.partition(":")[0] in PRESETS:
        print(composite_lines(arguments.name))
        return 0
    if arguments.name not in RULES:
        raise RuleError(
            f"rule: expected one of {', '.join(RULES)}, or a composite ({', '.join(PRESETS)}), got {arguments.name!r}"
            f"{did_you_mean(arguments.name, [*RULES, *PRESETS])}"
        )
    function = RULES[arguments.name]
    print(usage(arguments.name, function))
    print(indented(inspect.getdoc(function) or ""))
    if "options" in inspect.signature(function).parameters:
        print("\n" + indented(inspect.getdoc(inspect.getmodule(function)) or ""))
    example = _with_defaults(function)
    if example is not None:
        print(f"\n{example}")
    return 0


def composite_lines(text: str) -> str:
    """A composite, with one rule and its pattern per line."""
    rows = [["rule", "pattern"], *([line.rule.text(), line.pattern] for line in parse_composite(text).lines)]
    note = "For each node, the first line that fits it wins; a line may match no node."
    return f"{text}\n{indented(columns(rows))}\n\n{note}"


def usage(name: str, function: Callable[..., Rule]) -> str:
    """The text form with its parameters, and their defaults: alpha_beta:alpha,beta   (2, 1)."""
    parameters = [p for p in inspect.signature(function).parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    defaults = [str(p.default) for p in parameters if p.default is not p.empty]
    return ":".join(filter(None, [name, ",".join(p.name for p in parameters)])) + (
        f"   ({', '.join(defaults)})" if defaults else ""
    )


def equation_and_source(function: Callable[..., Rule]) -> str:
    """The docstring down to its source; its first paragraph where it cites none."""
    paragraphs = (inspect.getdoc(function) or "").split("\n\n")
    place = next((i for i, paragraph in enumerate(paragraphs) if paragraph.startswith("Source: ")), 0)
    return "\n".join(paragraphs[: place + 1])


def indented(text: str) -> str:
    """Indent every line that is not empty by four spaces."""
    return "\n".join(f"    {line}".rstrip() for line in text.splitlines())


def _with_defaults(function: Callable[..., Rule]) -> Rule | None:
    """The rule with its default parameters; None if a parameter has no default."""
    try:
        return function()
    except TypeError:
        return None
