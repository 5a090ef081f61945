"""Explanations of the same input as one picture: one row per sample, its input, then a heatmap for each target."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from lrp.arrays import Array
from lrp.graph import Explanation, Network, picture_row
from lrp.pictures import as_map, bare, figure_file, limit_of


def read_input(path: str | os.PathLike[str], network: Network, fit: bool = False) -> Array:
    """The same as `network.read_input(path, fit)`."""
    return network.read_input(path, fit)


def draw(
    network: Network,
    explanations: Sequence[Explanation],
    limit: float | None = None,
    note: str = "",
    kind: str = "png",
) -> bytes:
    """A picture file. limit: the |R| of the strongest colour in all panels; None: each panel's largest |R|.

    note: a text below the picture, which is also stored in the file. kind: one of FORMATS. InputError for another kind
    or a limit that is not positive, MissingExtraError without matplotlib.
    """
    rows = []
    for sample in range(len(explanations[0].target)):
        panels = []
        for name in network.inputs:
            x = explanations[0].trace.values[name][sample]
            maps = [(e.relevances[name][sample], e.title(sample)) for e in explanations]
            panels += picture_row(name, x, maps, network.metadata, limit)
        rows.append(panels)
    return figure_file(rows, note, kind)


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
