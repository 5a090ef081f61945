"""The results of another implementation, to be compared with the golden vectors."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from lrp.arrays import Array
from lrp.conformance.vectors import FORMAT
from lrp.errors import LoadError
from lrp.formats.container import Limits, open_file


def read_results(path: str | os.PathLike[str], trusted: bool = False) -> dict[str, dict[str, Array]]:
    """The relevance that another implementation computed, from an HDF5 file with one dataset per <id>/<node>.

    NaN and infinity are read as they are, for a case with them differs.

    Parameters
    ----------
    path : str or path
        The file of results.
    trusted : bool
        Read the file in this process instead of a bounded child process.

    Returns
    -------
    dict
        identifier of the case -> name of the node -> relevance.

    Raises
    ------
    LoadError
        If the file cannot be read, or was written by this package for another purpose.
    """
    with open_file(path, trusted, Limits(seconds=60.0)) as file:
        stored = file.attribute("/", "format")
        if stored == FORMAT:
            raise LoadError(
                f"{file.name}: expected results of another implementation, got golden vectors themselves; give the"
                " folder with them as FOLDER and the results with --against"
            )
        if isinstance(stored, str) and stored.startswith("lrp"):
            raise LoadError(
                f"{file.name}: expected results, datasets named <case>/<node>, got a file of the format {stored!r}"
            )
        return dict(_results(file, "", ()))


def _results(file: Any, path: str, parts: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Array]]]:
    arrays = {}
    for name in file.children(path or "/"):
        below = f"{path}/{name}"
        if file.kind(below) == "dataset":
            arrays[name] = file.array(below, finite=False)
        else:
            yield from _results(file, below, (*parts, name))
    if arrays:
        yield "/".join(parts), arrays
