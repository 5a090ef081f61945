"""The panels of an explanation's picture: the input where it is a picture, and the relevance as heatmaps."""

from __future__ import annotations

from collections.abc import Sequence

from lrp.arrays import Array
from lrp.graph.metadata import Metadata
from lrp.pictures import Panel, as_map, limit_of, viewable


def picture_row(
    name: str, x: Array | None, maps: Sequence[tuple[Array, str]], metadata: Metadata, limit: float | None = None
) -> list[Panel]:
    """The panels of one sample at one input: x if it is a picture, then one heatmap for each (relevance, title).

    x: the sample, None where it is not known. limit: the |R| of the strongest colour; None: the largest of each panel.
    """
    panels = []
    if x is not None and x.ndim == 3:
        preprocessing = metadata.preprocessing
        bgr = preprocessing is not None and preprocessing.channels == "bgr"
        panels.append(Panel(viewable(x, metadata.bounds(), bgr), name))
    for relevance, title in maps:
        R = as_map(relevance)
        panels.append(Panel(R, title, limit_of(R) if limit is None else limit))
    return panels
