"""What a model file holds, for people: format, version, layers, parameters, multiply-adds, what cannot be read."""

from __future__ import annotations

from dataclasses import dataclass

from lrp.errors import LoadError
from lrp.formats.container import LIMITS, Limits
from lrp.formats.load import recognized
from lrp.formats.model_file import Options, Path
from lrp.graph import Network, NodeRow, node_rows, weight_count


@dataclass(frozen=True)
class Description:
    """A file. source: who wrote it, if the file states it. refused: (where, why) for what cannot be read; then no rows.

    network: the network itself, None if it is refused.
    """

    format: str
    source: str
    rows: tuple[NodeRow, ...]
    parameters: int
    multiply_adds: int | None
    refused: tuple[tuple[str, str], ...]
    network: Network | None = None


def describe(
    path: Path,
    trusted: bool = False,
    architecture: Path | None = None,
    backend: str | None = None,
    limits: Limits = LIMITS,
    dtype: str = "float64",
) -> Description:
    """What a file holds; the arguments are those of load(). LoadError if it is of no known format."""
    with recognized(path, Options(dtype, trusted, architecture, backend, limits)) as found:
        refused = found.refused()
        if refused:
            return Description(found.format, "", (), 0, None, tuple(refused))
        try:
            network = found.read()
        except LoadError as error:
            return Description(found.format, "", (), 0, None, (("file", str(error)),))
    rows = tuple(node_rows(network.graph))
    source = str(network.metadata.extra.get("source", ""))
    adds = [row.multiply_adds for row in rows]
    total = None if None in adds else sum(n for n in adds if n is not None)
    return Description(found.format, source, rows, weight_count(network.graph), total, (), network)
