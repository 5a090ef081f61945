"""Readers of input files by suffix. This package decodes no files: `lrp.formats` supplies the readers."""

from __future__ import annotations

import os
from collections.abc import Callable

from lrp.arrays import Array
from lrp.errors import LoadError
from lrp.graph.graph import Graph

InputReader = Callable[[str, Graph, bool], Array]  # (path, graph, fit) -> a batch of one sample
READERS: dict[str, InputReader] = {}


def input_reader(*suffixes: str) -> Callable[[InputReader], InputReader]:
    """The decorator that adds a reader to READERS, for file names with these suffixes."""

    def add(reader: InputReader) -> InputReader:
        READERS.update(dict.fromkeys(suffixes, reader))
        return reader

    return add


def read_input(path: str | os.PathLike[str], graph: Graph, fit: bool = False) -> Array:
    """The input of the graph from a file, by the reader of its suffix; LoadError where no reader takes the suffix."""
    name = os.fspath(path)
    suffix = os.path.splitext(name)[1].lower()
    if suffix not in READERS:
        raise LoadError(
            f"{name}: expected a picture whose name ends in {', '.join(READERS)}, got {suffix or 'no suffix'!r}; read"
            " arrays with numpy.load"
        )
    return READERS[suffix](name, graph, fit)
