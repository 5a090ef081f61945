"""Explanations of the same input as one picture: one row per sample, its input, then a heatmap for each target."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import numpy as np

from lrp.arrays import Array
from lrp.graph import Explanation, Metadata, Network, picture_row
from lrp.pictures import Panel, Style, as_map, bare, figure_file, limit_of


def read_input(path: str | os.PathLike[str], network: Network, fit: bool = False) -> Array:
    """The same as `network.read_input(path, fit)`."""
    return network.read_input(path, fit)


def rows_of(network: Network, explanations: Sequence[Explanation], name: str = "") -> list[list[Panel]]:
    """The panels of explanations of the same input: one row per sample, the input and one panel for each explanation.

    name: what the input is called, such as its file's name; by default the name of its node.
    """
    first = explanations[0]
    rows = []
    for sample in range(len(first.target)):
        panels: list[Panel] = []
        for node in network.inputs:
            x = first.trace.values[node][sample]
            maps = [(e.relevances[node][sample], e.title(sample)) for e in explanations]
            title = first.input_title(sample, name if name and len(network.inputs) == 1 else node)
            panels += picture_row(title, x, maps, network.metadata)
        rows.append(panels)
    return rows


def draw(
    network: Network,
    explanations: Sequence[Explanation],
    limit: float | None = None,
    note: str = "",
    kind: str = "png",
    name: str = "",
    style: Style = Style(),
) -> bytes:
    """A picture file of explanations of the same input.

    limit: the |R| of the strongest colour in all panels; None: the largest |R| of each row, or as the style says.
    note: a text below the picture, which is also stored in the file. kind: one of FORMATS. name: what the input is
    called. InputError for another kind or a limit that is not positive, MissingExtraError without matplotlib.
    """
    return figure_file(rows_of(network, explanations, name), note, kind, style, limit)


def draw_grid(grid: Mapping[str, Sequence[Explanation]], sample: int = 0, note: str = "", kind: str = "png",
              style: Style = Style()) -> bytes:  # fmt: skip
    """A picture file of several methods (rows) and targets (columns) for one sample of one input.

    grid: the method's name -> its explanations, one for each target in the same order. Each row has its own scale, for
    methods differ in their unit.
    """
    rows: list[list[Panel]] = []
    for name, explanations in grid.items():
        first = explanations[0]
        x = None if first.trace is None else first.trace.values[first.trace.input_names[0]][sample]
        metadata = Metadata() if first.trace is None else first.trace.metadata
        maps = [(e.parts()[0][sample], f"{name}, {e.title(sample)}") for e in explanations]
        rows.append(picture_row(first.input_title(sample, name), x, maps, metadata))
    return figure_file(rows, note, kind, style)


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
