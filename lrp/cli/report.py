"""Text that the commands print: tables, a prediction, whether a ledger closes."""

from __future__ import annotations

import argparse
import sys

import numpy as np

from lrp.arrays import Array
from lrp.graph import Explanation, Ledger, Metadata, Network, size_text
from lrp.tables import columns, shape_text


def heading(network: Network, explanation: Explanation, arguments: argparse.Namespace) -> str:
    """The rows that say what was explained and how: model, inputs, composite, start."""
    rows = [["model", f"{arguments.model} ({size_text(network.graph, network.dtype)})"]]
    for name in network.inputs:
        x = explanation.trace.values[name]
        samples = f"{len(x)} samples of " if len(x) > 1 else ""
        rows.append(["input", f"{arguments.input} ({samples}{shape_text(x.shape[1:])}, {x.min():g} to {x.max():g})"])
    rows += [["composite", arguments.composite], ["backward", explanation.start]]
    rows += [["profile", explanation.profile]] if explanation.profile != "paper" else []
    return columns(rows)


def prediction(values: Array, metadata: Metadata, most: int = 5) -> str:
    """The largest entries of one sample's output, by class."""
    flat = np.asarray(values.reshape(-1), dtype=np.float64)
    order = np.argsort(-flat, kind="stable")[:most]
    rows = [["class", "output"], *([metadata.class_name(int(i)), f"{flat[i]:.6g}"] for i in order)]
    rest = f"\n... {flat.size - most} more" if flat.size > most else ""
    return columns(rows, numbers=(1,)) + rest


def warn(explanation: Explanation, command: str) -> None:
    """What looks wrong about the explanation, one line each on standard error."""
    for sentence in explanation.doubts():
        print(f"lrp {command}: warning: {sentence}", file=sys.stderr)


def closing(ledger: Ledger) -> str:
    """Whether a ledger closes, and its largest residual relative to the bound of its line."""
    entries = [*ledger.lines, ledger.total()]
    for entry in entries:
        if not entry.closes().all():
            return f"does not close (at {entry.name})"
    residuals = np.array([np.abs(entry.residual) for entry in entries])
    bounds = np.array([entry.bound for entry in entries])
    used = np.divide(residuals, bounds, out=np.zeros_like(residuals), where=bounds > 0)
    node = entries[int(used.max(axis=1).argmax())].name
    return f"closes: the largest residual is {used.max():.1%} of what rounding may leave (at {node})"
