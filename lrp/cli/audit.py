"""lrp audit: does the ledger close at every node, and how far is floating point from the exact result."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from lrp import arrays
from lrp.cli import arguments as common
from lrp.cli.explain import explain
from lrp.cli.report import closing, columns, heading
from lrp.errors import LedgerError
from lrp.graph import Explanation, Network
from lrp.views import progress

DOES_NOT_CLOSE = 1


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("audit", help="print the ledger of every node; ends with code 1 if it does not close")
    common.add_model(parser)
    common.add_explained(parser)
    parser.add_argument(
        "--exact",
        action="store_true",
        help="repeat it in rational numbers and print |float - exact| per node (seconds for a small perceptron, hours"
        " for a deep network)",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the ledger of every sample and target; then, on standard error, what does not close."""
    network = common.network(arguments)
    x = common.read(arguments.input, network, arguments.fit, arguments.encoding)
    explanations = explain(network, x, arguments)
    print(heading(network, explanations[0], arguments))
    failures = [failure for explanation in explanations for failure in _print(explanation, network)]
    if arguments.exact:
        for explanation, exact in zip(explanations, _exactly(network, explanations, arguments)):
            print(f"\nclass {_classes(explanation, network)}: float error = |float - exact|")
            print(_errors(explanation, exact))
            failures += _failures(exact, "in rational numbers")
    for failure in failures:
        print(f"lrp audit: {failure}", file=sys.stderr)
    return DOES_NOT_CLOSE if failures else 0


def _print(explanation: Explanation, network: Network) -> list[str]:
    """One target's ledgers, a sample each; the sentence about what does not close, if anything."""
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
    """The explained classes, each once."""
    return ", ".join(dict.fromkeys(network.metadata.class_name(int(t)) for t in explanation.target))


def _exactly(network: Network, explanations: Sequence[Explanation], arguments: argparse.Namespace) -> list[Explanation]:
    """The same explanations in rational numbers, of the very numbers that the floats were computed from."""
    rational = network.exact()
    x = {name: explanations[0].trace.values[name] for name in network.inputs}
    nodes = len(network.nodes) - len(network.inputs)
    with progress(nodes * (1 + len(explanations)), "exact") as watch:
        trace = rational.forward(x, watch)
        return [
            rational.explain_trace(
                trace,
                list(e.target),
                arguments.composite,
                arguments.start,
                arguments.output,
                x,
                watch,
                arguments.profile,
            )
            for e in explanations
        ]


def _errors(explanation: Explanation, exact: Explanation) -> str:
    """A row a node: its largest |R|, the largest error over its entries, and whether its exact line closes."""
    lines = {line.name: line for line in exact.ledger.lines}
    rows = [["node", "largest |R|", "float error", "exact residual"]]
    for name, R in explanation.relevances.items():
        error = np.abs(arrays.exact(R) - exact.relevances[name]).max()
        residual = f"{float(np.abs(lines[name].residual).max()):g}" if name in lines else ""
        rows.append([name, f"{float(np.abs(R).max()):.6g}", f"{float(error):.3g}", residual])
    return columns(rows, numbers=(1, 2, 3))
