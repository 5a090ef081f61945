"""One explanation: the relevance of every node, from the explained output of each sample down to the inputs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import LedgerError
from lrp.graph.backward import ProgressCallback, backward, input_signals
from lrp.graph.graph import Graph
from lrp.graph.ledger import Ledger, LedgerRow, line
from lrp.graph.node import Node
from lrp.graph.profiles import Profile
from lrp.rules import Rule


def propagate_relevance(
    graph: Graph,
    values: dict[str, Array],
    start: str,
    R: Array,
    rules: Mapping[str, Rule],
    profile: Profile,
    on_node: ProgressCallback | None = None,
    keep: Collection[str] | None = None,
) -> tuple[dict[str, Array], Ledger]:
    """The relevance of each node that R reaches, and of every input, by name; and the ledger.

    R: the relevance of the node `start`, in the unit of the explained output. values: each node's activation.
    keep: as in `backward`. The relevances are read-only: the ledger computes the sums of small arrays when it is read.
    LedgerError where relevance overflows.
    """
    rows: list[LedgerRow] = []

    def step(node: Node, R: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        layer = profile.backward_layer(node.layer)
        R.flags.writeable = False
        divided = layer.distribute(R, rules[node.name], xs, y if layer is node.layer else layer.compute(*xs))
        rows.append(line(node.name, type(node.layer).__name__, rules[node.name], R, divided))
        return divided.parts

    relevances = backward(graph, values, start, R, step, on_node, keep)
    arrived = input_signals(graph, values, relevances, R)
    for part in arrived.values():
        part.flags.writeable = False
    relevances.update(arrived)
    if not all(arrays.is_exact(part) or np.isfinite(part).all() for part in arrived.values()):
        raise LedgerError(_overflow(rows))
    ledger = Ledger.lazy(partial(_endpoints, R, arrived), lines=tuple(rows), eps=arrays.epsilon_of(R))
    return relevances, ledger


def _endpoints(R: Array, arrived: Mapping[str, Array]) -> dict[str, Array]:
    """The ends of the ledger, one number per sample: the relevance of the start, and that of the inputs."""
    return {"start": arrays.sum_per_sample(R), "arrived": np.asarray(sum(map(arrays.sum_per_sample, arrived.values())))}


def _overflow(rows: Sequence[LedgerRow]) -> str:
    """The sentence about the first node whose relevance is not finite."""
    for row in rows:
        if not np.isfinite(row.gross).all():
            sample = int(np.argmin(np.isfinite(row.gross)))
            return (
                f"{row.name}: expected finite relevance, got an overflow or NaN in sample {sample} ({row.kind} under"
                f" {row.rule}): a denominator is nearly 0; use a rule with a stabilizer, such as epsilon:1e-6"
            )
    return "relevance: expected finite numbers, got an overflow or NaN at the inputs; use epsilon with a larger eps"
