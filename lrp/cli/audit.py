"""lrp audit: whether the ledger closes at every node, and how far floating point is from the exact result."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from lrp import arrays
from lrp.cli import arguments as common
from lrp.cli.explain import explain
from lrp.cli.report import closing, heading, warn
from lrp.errors import LedgerError
from lrp.graph import Explanation, Network
from lrp.tables import columns, shortened

DOES_NOT_CLOSE = 1


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("audit", help="print the ledger of every node; ends with code 1 if it does not close")
    common.add_model(parser)
    common.add_explained(parser)
    parser.add_argument(
        "--exact",
        action="store_true",
        help="repeat it in rational numbers: |float - exact| per node, and the ledger in fractions (seconds for a small"
        " perceptron, hours for a deep network)",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the ledger of every sample and target, and on standard error the lines that do not close."""
    network = common.network(arguments)
    x = common.read(arguments.input, network, arguments.fit, arguments.encoding)
    explanations = explain(network, x, arguments)
    print(heading(network, explanations[0], arguments))
    failures = [failure for explanation in explanations for failure in _print(explanation, network)]
    if not failures:
        warn(explanations[0], "audit")
    if arguments.exact:
        for explanation, exact in zip(explanations, _exactly(network, explanations, arguments)):
            print(f"\nclass {_classes(explanation, network)}: float error = |float - exact|")
            print(_errors(explanation, exact))
            for sample in range(len(exact.ledger)):
                print(f"\nsample {sample}, exact")
                print(exact.ledger.table(sample))
            failures += _failures(exact, "in rational numbers")
    for failure in failures:
        print(f"lrp audit: {failure}", file=sys.stderr)
    return DOES_NOT_CLOSE if failures else 0


def _print(explanation: Explanation, network: Network) -> list[str]:
    """Print one target's ledgers, one per sample; returns the sentence about a line that does not close, if any."""
    for sample in range(len(explanation.ledger)):
        name = network.metadata.class_name(int(explanation.target[sample]))
        print(f"\nsample {sample}, class {name}")
        print(explanation.ledger.table(sample))
        print(closing(explanation.ledger.sample(sample)))
    return _failures(explanation, f"class {_classes(explanation, network)}")


def _failures(explanation: Explanation, subject: str) -> list[str]:
    """The sentence about the first line that does not close, if any."""
    try:
        explanation.ledger.check()
    except LedgerError as error:
        return [f"{subject}: {error}"]
    return []


def _classes(explanation: Explanation, network: Network) -> str:
    """The names of the explained classes, each once."""
    return ", ".join(dict.fromkeys(network.metadata.class_name(int(t)) for t in explanation.target))


def _exactly(network: Network, explanations: Sequence[Explanation], arguments: argparse.Namespace) -> list[Explanation]:
    """The same explanations in rational arithmetic, from the same weights and inputs."""
    rational = network.exact()
    x = {name: explanations[0].trace.values[name] for name in network.inputs}
    nodes = len(network.nodes) - len(network.inputs)
    with common.progress_bar(arguments, nodes * (1 + len(explanations)), "exact") as on_node:
        trace = rational.forward(x, on_node)
        return [
            rational.explain_trace(
                trace,
                list(e.target),
                arguments.composite,
                start=arguments.start,
                output=arguments.output,
                profile=arguments.profile,
                on_node=on_node,
                x=x,
            )
            for e in explanations
        ]


def _errors(explanation: Explanation, exact: Explanation) -> str:
    """One row per node: its largest |R|, the largest error of an entry, and the residual of its exact line."""
    lines = {line.name: line for line in exact.ledger.lines}
    rows = [["node", "largest |R|", "float error", "exact residual"]]
    for name, R in explanation.relevances.items():
        error = np.abs(arrays.exact(R) - exact.relevances[name]).max()
        residual = f"{float(np.abs(lines[name].residual).max()):g}" if name in lines else ""
        rows.append([shortened(name), f"{float(np.abs(R).max()):.6g}", f"{float(error):.3g}", residual])
    return columns(rows, numbers=(1, 2, 3))
