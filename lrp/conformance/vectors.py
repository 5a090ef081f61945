"""The golden vectors as files: written to a folder, read back for comparisons.

    FOLDER/manifest.json          format, version, the identifiers of all cases, SHA-256 of every JSON file
    FOLDER/layers/<kind>.json     the cases of one layer by itself
    FOLDER/networks/<name>.json   the cases of one network
    FOLDER/vectors.h5             the same in float64, each number rounded once from its exact value

See docs/golden-vectors.md. The same release writes the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.conformance import plain
from lrp.conformance.case import GoldenCase
from lrp.conformance.cases import cases
from lrp.errors import InputError, LoadError, SaveError
from lrp.formats.container import Writer, create
from lrp.graph import STORED

FORMAT, VERSION = "lrp-vectors", 1


def write(folder: str | os.PathLike[str], only: str | tuple[str, ...] = "", replace: bool = False) -> int:
    """Write the cases whose identifier starts with `only` to a folder.

    Parameters
    ----------
    folder : str or path
        A new folder, an empty one, or one with vectors of an earlier run, which are replaced.
    only : str or tuple of str
        The start of the wanted identifiers, such as "layers/dense/"; all cases by default.
    replace : bool
        Write into a folder with other files too.

    Returns
    -------
    int
        The number of cases written.

    Raises
    ------
    InputError
        If no identifier starts with `only`.
    SaveError
        If the folder holds other files, or cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(folder, "layers/relu/")
    3
    """
    target = Path(folder)
    if not any(case.id.startswith(only) for case in cases()):
        known = dict.fromkeys(case.group for case in cases())
        raise InputError(
            f"only: expected the start of a case's identifier, got {only!r}, which none has; the cases are in"
            f" {', '.join(known)}"
        )
    _check_folder(target, replace)
    groups: dict[str, list[dict[str, Any]]] = {}
    try:
        target.mkdir(parents=True, exist_ok=True)
        with create(target / "vectors.h5") as file:
            file.attribute("/", "format", FORMAT)
            file.attribute("/", "format_version", VERSION)
            for case in cases():
                if case.id.startswith(only):
                    groups.setdefault(case.group, []).append(as_data(case))
                    _store(file, case)
        digests = {}
        for group, entries in groups.items():
            path = target / f"{group}.json"
            path.parent.mkdir(exist_ok=True)
            text = _json({"format": FORMAT, "format_version": VERSION, "group": group, "cases": entries})
            path.write_bytes(text)
            digests[f"{group}.json"] = hashlib.sha256(text).hexdigest()
        identifiers = [one["id"] for entries in groups.values() for one in entries]
        manifest = {"format": FORMAT, "format_version": VERSION, "cases": identifiers, "sha256": digests}
        (target / "manifest.json").write_bytes(_json(manifest))
    except OSError as error:
        raise SaveError(f"{os.fspath(folder)!r}: the vectors cannot be written: {error}") from None
    return len(identifiers)


def _check_folder(folder: Path, replace: bool) -> None:
    """Raise SaveError if the folder holds files and no vectors, unless they may be replaced."""
    if replace or not folder.is_dir() or not any(folder.iterdir()):
        return
    try:
        _loaded(folder / "manifest.json")
    except LoadError:
        raise SaveError(
            f"{folder}: expected a new or empty folder, or one with golden vectors, got one with other files; choose"
            " another, or write into it with --force (replace=True)"
        ) from None


def read(folder: str | os.PathLike[str]) -> Iterator[Vector]:
    """Yield the cases of a folder, with their answers.

    Parameters
    ----------
    folder : str or path
        What `write` has written.

    Yields
    ------
    Vector

    Raises
    ------
    LoadError
        If a file is missing, damaged, or of another version.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     count = write(folder, "layers/relu/")
    ...     [vector.id for vector in read(folder)]
    ['layers/relu/identity/signed', 'layers/relu/identity/zeros', 'layers/relu/identity/negative']
    """
    root = Path(folder)
    manifest = _loaded(root / "manifest.json")
    for group in dict.fromkeys("/".join(str(case).split("/")[:2]) for case in manifest.get("cases", ())):
        path = root / f"{group}.json"
        data = _loaded(path)
        if hashlib.sha256(path.read_bytes()).hexdigest() != manifest["sha256"].get(f"{group}.json"):
            raise LoadError(f"{path}: expected the SHA-256 of manifest.json, got another; write the vectors again")
        for entry in data["cases"]:
            yield Vector(entry)


class Vector:
    """One case of a file: the case itself, and its expected numbers.

    id: its identifier. exact: whether the answer was computed in Fractions. case: the GoldenCase. activations,
    relevances:
    node -> plain data; `relevance(node)` is the array. LoadError if the data lack something.

    Examples
    --------
    >>> vector = Vector(as_data(next(cases())))
    >>> vector.id, vector.inputs(), vector.relevance("x").shape
    ('layers/dense/zero/signed', ['x'], (2, 3))
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        try:
            self.id: str = data["id"]
            self.exact: bool = data["arithmetic"] == "exact"
            self.activations: dict[str, Any] = data["activations"]
            self.relevances: dict[str, Any] = data["relevances"]
            network = plain.as_network(data["network"])
            x = {k: _entered(network, k, v) for k, v in data["x"].items()}
            start = None if data["start"] is None else plain.floats(data["start"])
            target = None if data["target"] is None else tuple(data["target"])
            self.case = GoldenCase(self.id, network, x, data["composite"], start, target)
        except (KeyError, TypeError, AttributeError) as error:
            raise LoadError(
                f"vectors: a case lacks {error}, or has it in another form; write the vectors again"
            ) from None

    def relevance(self, node: str) -> Array:
        """The expected relevance of a node's output, rounded once to float64."""
        return plain.floats(self.relevances[node])

    def inputs(self) -> list[str]:
        """The names of the network's inputs."""
        return list(self.case.x)


def _entered(network: Any, name: str, data: Any) -> Array:
    values = plain.floats(data)
    return values.astype(np.int64) if network.nodes[name].layer.settings()["tokens"] else values


def as_data(case: GoldenCase) -> dict[str, Any]:
    """The case as plain data."""
    answer = case.answer
    return {
        "id": case.id,
        "arithmetic": "exact" if case.exact else "float64",
        "network": plain.network(case.network),
        "x": {name: plain.array(x) for name, x in case.x.items()},
        "start": None if case.start is None else plain.array(case.start),
        "target": None if case.target is None else list(case.target),
        "composite": case.composite,
        "rules": {name: rule.text() for name, rule in answer.rules.items()},
        "activations": {name: plain.array(v) for name, v in answer.trace.values.items()},
        "relevances": {name: plain.array(R) for name, R in answer.relevances.items()},
        "ledger": [
            {"node": line.name, **{key: [plain.number(v) for v in getattr(line, key).tolist()] for key in STORED}}
            for line in answer.ledger.lines
        ],
    }


def _store(file: Writer, case: GoldenCase) -> None:
    """The case in float64: one group with groups for its arrays."""
    answer = case.answer
    root = f"/{case.id}"
    file.group(root)
    file.attribute(root, "composite", case.composite)
    file.attribute(root, "arithmetic", "exact" if case.exact else "float64")
    for index, layer in enumerate({id(n.layer): n.layer for n in case.network.nodes.values()}.values()):
        for name, weight in layer.weights().items():
            file.array(f"{root}/weights/{index}/{name}", weight)
    for name, x in case.x.items():
        file.array(f"{root}/x/{name}", x)
    if case.start is not None:
        file.array(f"{root}/start", case.start)
    if case.target is not None:
        file.array(f"{root}/target", np.array(case.target, dtype=np.int64))
    for name, value in answer.trace.values.items():
        file.array(f"{root}/activations/{name}", _rounded(value))
    for name, R in answer.relevances.items():
        file.array(f"{root}/relevances/{name}", _rounded(R))
    for line in answer.ledger.lines:
        rows = np.stack([_rounded(np.asarray(getattr(line, key))) for key in STORED])
        file.array(f"{root}/ledger/{line.name}", rows)


def _rounded(values: Array) -> Array:
    """Fractions rounded once to float64; integers stay."""
    return values if values.dtype.kind in "iu" else arrays.cast(values, "float64")


def _json(data: Any) -> bytes:
    return (json.dumps(data, indent=None, separators=(",", ":"), sort_keys=True) + "\n").encode("ascii")


def _loaded(path: Path) -> Any:
    """One JSON file of this format and version."""
    try:
        data = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise LoadError(
            f"{path}: expected a file of golden vectors, got a file that cannot be read ({reason})"
        ) from None
    if not isinstance(data, dict) or data.get("format") != FORMAT or data.get("format_version") != VERSION:
        raise LoadError(f"{path}: expected {FORMAT} of version {VERSION}, got another file; write the vectors again")
    return data
