"""Text that the commands print: tables, a prediction, whether a ledger closes."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np

from lrp.arrays import Array
from lrp.graph import Explanation, Ledger, Metadata, Network

NAME_LENGTH = 40  # characters of a node's name in a table


def columns(rows: Sequence[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    """A table of text; the columns whose numbers are in `numbers` are aligned to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.rjust(w) if i in numbers else cell.ljust(w) for i, (cell, w) in enumerate(zip(row, widths))
        ).rstrip()
        for row in rows
    )


def shortened(name: str, length: int = NAME_LENGTH) -> str:
    """A name for a table: of a longer one than `length` characters the beginning and the end, with .. between.

    >>> shortened("encoder/block12/attention/output", 20)
    'encoder/b..on/output'
    """
    if len(name) <= length:
        return name
    half = (length - 2) // 2
    return f"{name[:half]}..{name[-half:]}"


def size(network: Network) -> str:
    """The number of nodes and weights, and the dtype."""
    layers = {id(node.layer): node.layer for node in network.nodes.values()}.values()
    weights = sum(weight.size for layer in layers for weight in layer.weights().values())
    return f"{len(network.nodes)} nodes, {weights:,} weights, {network.dtype}"


def shape_text(shape: Sequence[int | None]) -> str:
    """A sample's shape: 28 x 28 x 1, with * for a free length."""
    return " x ".join("*" if n is None else str(n) for n in shape) or "1"


def heading(network: Network, explanation: Explanation, arguments: argparse.Namespace) -> str:
    """The rows that say what was explained and how: model, inputs, composite, start."""
    rows = [["model", f"{arguments.model} ({size(network)})"]]
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
