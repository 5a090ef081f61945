"""File formats, one file each; safe.py is the only file that opens HDF5."""

from __future__ import annotations

import os

from lrp.errors import LoadError
from lrp.formats import native
from lrp.formats.sandbox import open_file
from lrp.graph import Network


def load(path: str | os.PathLike[str], dtype: str = "float64", trusted: bool = False) -> Network:
    """The network that a file holds, its weights in `dtype` ("float64", "float32" or "exact").

    trusted=True skips the first read in a bounded child process: for files of your own. LoadError for a file that is
    missing, damaged, of an unknown format, or that holds something that cannot be read exactly.
    """
    with open_file(path, trusted) as file:
        if native.is_native(file):
            return native.read(file, dtype)
        raise LoadError(f"{file.name}: expected a network in one of the known formats, found none of them")


save = native.save
