"""Explanations as one picture: a row a sample, its input, then a heatmap for each target."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lrp.graph import Explanation, Network
from lrp.views.heatmap import Panel, as_map, bare, figure, limit_of
from lrp.views.picture import viewable


def draw(
    network: Network,
    explanations: Sequence[Explanation],
    limit: float | None = None,
    note: str = "",
    kind: str = "png",
) -> bytes:
    """A picture file of explanations of the same input. limit: one for all, or None for each panel's largest |R|."""
    rows = [
        [panel for name in network.inputs for panel in _panels(network, explanations, name, sample, limit)]
        for sample in range(len(explanations[0].target))
    ]
    return figure(rows, note, kind)


def draw_bare(
    network: Network, explanations: Sequence[Explanation], limit: float | None = None, note: str = ""
) -> bytes:
    """A PNG of the heatmaps of the first input alone, edge to edge on one scale: a row a sample, a column a target."""
    name = network.inputs[0]
    rows = [
        np.concatenate([as_map(explanation.relevances[name][sample]) for explanation in explanations], axis=1)
        for sample in range(len(explanations[0].target))
    ]
    R = np.concatenate(rows)
    end = limit_of(R) if limit is None else limit
    return bare(R, end, f"{note}, limit {end:.17g}".removeprefix(", "))


def _panels(
    network: Network, explanations: Sequence[Explanation], name: str, sample: int, limit: float | None
) -> list[Panel]:
    """One sample at one input: the input if it is a picture, then its relevance for each target."""
    x = explanations[0].trace.values[name][sample]
    panels = [Panel(viewable(x, network), name)] if x.ndim == 3 else []
    for explanation in explanations:
        R = as_map(explanation.relevances[name][sample])
        target = network.metadata.class_name(int(explanation.target[sample]))
        title = f"class {target}, R = {float(explanation.ledger.start[sample]):.4g}"
        panels.append(Panel(R, title, limit_of(R) if limit is None else limit))
    return panels
