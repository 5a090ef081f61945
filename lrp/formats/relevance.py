"""Explanations as HDF5 files: relevance, every node's relevance, and the ledger.

    /                   attributes  format = "lrp-relevance", format_version = 1, and the caller's notes
    /relevance          in the layout of the input; a group with one dataset an input where there are several
    /relevances/<node>  the relevance of each node's output (a "/" in a name is written %2F, a "%" %25)
    /ledger/<column>    (nodes + 1, samples): received, passed, bias, stabilizer, dropped, residual, gross;
                        attributes  nodes, layers, rules: a text a row; the last row is the total
    /target             (samples,) the explained output of each sample; attributes  start, outputs (class names)

Several explanations: the same under /explanations/<number>, in the order in which they were asked for.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import numpy as np

from lrp.arrays import Array
from lrp.formats.safe import Writer, create
from lrp.graph import Explanation
from lrp.graph.ledger import COLUMNS

FORMAT, VERSION = "lrp-relevance", 1


def save_explanations(
    explanations: Sequence[Explanation], path: str | os.PathLike[str], notes: Mapping[str, str] | None = None
) -> None:
    """Write one or more explanations of the same input to one HDF5 file, all of it or nothing.

    notes: what else to remember, as text (the model's name, the composite). Fractions are stored as the nearest
    float64. SaveError where the file cannot be written.
    """
    with create(path) as file:
        file.attribute("/", "format", FORMAT)
        file.attribute("/", "format_version", VERSION)
        for name, text in (notes or {}).items():
            file.attribute("/", name, text)
        for index, explanation in enumerate(explanations):
            _write(file, explanation, f"/explanations/{index}" if len(explanations) > 1 else "")


def _write(file: Writer, explanation: Explanation, place: str) -> None:
    """One explanation below a group."""
    if isinstance(explanation.relevance, np.ndarray):
        file.array(f"{place}/relevance", _plain(explanation.relevance))
    else:
        for name in (name for name in explanation.relevances if name not in explanation.rules):  # inputs have none
            file.array(f"{place}/relevance/{_escaped(name)}", _plain(explanation.relevances[name]))
    for name, R in explanation.relevances.items():
        file.array(f"{place}/relevances/{_escaped(name)}", _plain(R))
    entries = [*explanation.ledger.lines, explanation.ledger.total()]
    for column in COLUMNS:
        file.array(f"{place}/ledger/{column}", np.stack([_plain(getattr(entry, column)) for entry in entries]))
    file.attribute(f"{place}/ledger", "nodes", tuple(entry.name for entry in entries))
    file.attribute(f"{place}/ledger", "layers", tuple(entry.kind for entry in entries))
    file.attribute(f"{place}/ledger", "rules", tuple(entry.rule for entry in entries))
    file.array(f"{place}/target", explanation.target)
    file.attribute(f"{place}/target", "start", explanation.start)


def _plain(values: Array) -> Array:
    """Numbers that HDF5 has a type for."""
    return values.astype(np.float64) if values.dtype == object else values


def _escaped(name: str) -> str:
    """A node's name as one component of a path inside the file."""
    return name.replace("%", "%25").replace("/", "%2F")
