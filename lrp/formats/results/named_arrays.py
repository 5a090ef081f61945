"""Named arrays in an HDF5 file of ours: patterns, heatmaps, curves.

/                attributes  format = "lrp-arrays", format_version = 1, and what the writer adds
/arrays/<name>   one dataset each; a name may hold slashes, which make groups
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from lrp.arrays import Array
from lrp.errors import LoadError, SaveError
from lrp.formats.container import Reader, create, open_file

FORMAT, VERSION = "lrp-arrays", 1


def save_arrays(
    path: str | os.PathLike[str], arrays: Mapping[str, Array], attributes: Mapping[str, Any] | None = None
) -> None:
    """Write the arrays to one file, all or nothing; equal content gives equal bytes. attributes: texts and numbers."""
    if not arrays:
        raise SaveError(f"{os.fspath(path)!r}: expected at least one array to store, got none")
    with create(path) as file:
        file.attribute("/", "format", FORMAT)
        file.attribute("/", "format_version", VERSION)
        for key, value in (attributes or {}).items():
            file.attribute("/", key, value)
        for name in sorted(arrays):
            file.array(f"/arrays/{name}", arrays[name])


def load_arrays(path: str | os.PathLike[str], trusted: bool = False) -> dict[str, Array]:
    """The arrays of a file that save_arrays wrote, by name; LoadError for any other."""
    with open_file(path, trusted) as file:
        if file.attribute("/", "format") != FORMAT or file.attribute("/", "format_version") != VERSION:
            raise LoadError(f"{file.name}: expected a file of arrays ({FORMAT}, version {VERSION}), got another kind")
        return {name: file.array(f"/arrays/{name}", finite=False) for name in _names(file, "/arrays")}


def load_attribute(path: str | os.PathLike[str], key: str, trusted: bool = False) -> Any:
    """One attribute of such a file; None where it has none of that name."""
    with open_file(path, trusted) as file:
        return file.attribute("/", key)


def _names(file: Reader, path: str, before: str = "") -> list[str]:
    """The datasets below a group, with their path from it."""
    names = []
    for child in file.children(path):
        here = f"{path}/{child}"
        if file.kind(here) == "dataset":
            names.append(before + child)
        else:
            names += _names(file, here, f"{before}{child}/")
    return names
