"""Explanations as HDF5 files: relevance, every node's relevance, and the ledger.

    /                   attributes  format = "lrp-relevance", format_version = 1, and the caller's notes
    /relevance          in the layout of the input; a group with one dataset an input where there are several
    /relevances/<node>  the relevance of each node's output (a "/" in a name is written %2F, a "%" %25)
    /ledger/<column>    (nodes + 1, samples): received, passed, bias, stabilizer, dropped, residual, gross;
                        attributes  nodes, layers, rules: a text a row; the last row is the total
    /target             (samples,) the explained output of each sample; attributes  start, outputs (class names)

Several explanations: the same under /explanations/<number>, in the order of the requests.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from lrp.arrays import Array
from lrp.formats.container import Writer, create
from lrp.graph import COLUMNS, Explanation, LedgerRow

FORMAT, VERSION = "lrp-relevance", 1


def save_explanations(
    explanations: Sequence[Explanation], path: str | os.PathLike[str], notes: Mapping[str, str] | None = None
) -> None:
    """Write one or more explanations of the same input to one HDF5 file, all of it or nothing.

    notes: what else to remember, as text (the model's name, the composite). Fractions are stored as the nearest
    float64. SaveError where the file cannot be written.
    """
    with _created(path, notes) as file:
        for index, explanation in enumerate(explanations):
            place = f"/explanations/{index}" if len(explanations) > 1 else ""
            for name, values, _ in _arrays(explanation):
                file.array(f"{place}/{name}", values)
            _describe(file, explanation, place)


def save_batches(
    explanations: Iterable[Explanation], path: str | os.PathLike[str], notes: Mapping[str, str] | None = None
) -> int:
    """Write the batches of a data set one behind the other, as one explanation of all samples; returns their number.

    Each batch is written when it arrives and then forgotten, so that `save_batches(network.explain_batches(x), path)`
    needs memory for one batch. The layout, the notes and the errors are those of save_explanations; relevance is
    stored for the nodes that the explanations hold. All of it appears under `path` at the end, or nothing.
    """
    count = 0
    with _created(path, notes) as file:
        for explanation in explanations:
            for name, values, axis in _arrays(explanation):
                file.extend(f"/{name}", values, axis)
            if not count:
                _describe(file, explanation, "")
            count += len(explanation.ledger)
    return count


@contextlib.contextmanager
def _created(path: str | os.PathLike[str], notes: Mapping[str, str] | None) -> Iterator[Writer]:
    """A new file that says what it is."""
    with create(path) as file:
        file.attribute("/", "format", FORMAT)
        file.attribute("/", "format_version", VERSION)
        for name, text in (notes or {}).items():
            file.attribute("/", name, text)
        yield file


def _arrays(explanation: Explanation) -> Iterator[tuple[str, Array, int]]:
    """What is stored of an explanation: path, numbers, and which axis counts the samples."""
    if isinstance(explanation.relevance, np.ndarray):
        yield "relevance", _plain(explanation.relevance), 0
    else:
        for name in (name for name in explanation.relevances if name not in explanation.rules):  # inputs have none
            yield f"relevance/{_escaped(name)}", _plain(explanation.relevances[name]), 0
    for name, R in explanation.relevances.items():
        yield f"relevances/{_escaped(name)}", _plain(R), 0
    for column in COLUMNS:
        rows = [_plain(getattr(entry, column)) for entry in _entries(explanation)]
        yield f"ledger/{column}", np.stack(rows), 1
    yield "target", explanation.target, 0


def _describe(file: Writer, explanation: Explanation, place: str) -> None:
    """The texts beside the arrays."""
    entries = _entries(explanation)
    file.attribute(f"{place}/ledger", "nodes", tuple(entry.name for entry in entries))
    file.attribute(f"{place}/ledger", "layers", tuple(entry.kind for entry in entries))
    file.attribute(f"{place}/ledger", "rules", tuple(entry.rule for entry in entries))
    file.attribute(f"{place}/target", "start", explanation.start)


def _entries(explanation: Explanation) -> list[LedgerRow]:
    """The ledger's rows, the total last."""
    return [*explanation.ledger.lines, explanation.ledger.total()]


def _plain(values: Array) -> Array:
    """Numbers that HDF5 has a type for."""
    return values.astype(np.float64) if values.dtype == object else values


def _escaped(name: str) -> str:
    """A node's name as one component of a path inside the file."""
    return name.replace("%", "%25").replace("/", "%2F")
