"""The panels of explanations: the input where it is a picture, then the relevance."""

from __future__ import annotations

from collections.abc import Sequence

from lrp.arrays import Array
from lrp.graph.metadata import Metadata
from lrp.pictures import Panel, Picture, relevance_panel, viewable


def picture_row(title: str, x: Array | None, maps: Sequence[tuple[Array, str]], metadata: Metadata) -> list[Panel]:
    """The panels of one sample at one input: x if it is a picture, then one for each (relevance, title).

    title: of the input's panel. x: the sample, None where it is not known. Names of features are read from the
    metadata's `extra["features"]`.
    """
    panels: list[Panel] = []
    shown = None
    if x is not None and x.ndim == 3:
        preprocessing = metadata.preprocessing
        bgr = preprocessing is not None and preprocessing.channels == "bgr"
        shown = viewable(x, metadata.bounds(), bgr)
        panels.append(Picture(title, shown))
    features = metadata.extra.get("features", ())
    names = tuple(map(str, features)) if isinstance(features, (list, tuple)) else ()
    panels += [relevance_panel(relevance, heading, x, shown, names) for relevance, heading in maps]
    return panels
