"""Pictures of a stored data set: one for each sample, input beside heatmap, and a contact sheet of the first ones."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np

from lrp.arrays import Array
from lrp.datasets.sources import Source
from lrp.datasets.stored import StoredDataSet
from lrp.errors import InputError
from lrp.formats.container import write_bytes
from lrp.graph import Network, picture_row
from lrp.pictures import Panel, Style, as_map, colours, figure_file, limit_of, png, viewable

SHEET, COLUMNS, ROWS = "contact-sheet.png", 4, 5  # pairs of input and heatmap in a row, and rows
SMALLEST = 64  # pixels: smaller pictures are enlarged by a whole factor
BATCH = 16  # samples that are read at once
GAP = 4  # white pixels between input and heatmap


def write_pictures(
    stored: StoredDataSet, source: Source, network: Network, folder: str | os.PathLike[str], style: Style = Style()
) -> list[str]:
    """Write a PNG for each sample of two axes and channels, and the contact sheet; the paths, the sheet first.

    A picture is called by its place and its file's name, so that files of one name in several folders stay apart. Each
    heatmap has its own scale; the contact sheet states class and output.
    """
    if stored.relevance.ndim != 4:
        raise InputError(f"--out: expected a data set of pictures, got relevance of shape {stored.relevance.shape[1:]}")
    name = os.fspath(folder)
    os.makedirs(name, exist_ok=True)
    panels: list[Panel] = []
    written: list[str] = []
    for row, x in _inputs(stored, source, network):
        relevance = np.moveaxis(stored.relevance[row].astype(np.float64), 0, -1)
        picture = viewable(x, network.metadata.bounds(), _is_bgr(network))
        label = os.path.splitext(os.path.basename(stored.names[row]))[0].replace("[", "-").rstrip("]")
        path = os.path.join(name, f"{int(stored.index[row]):06d}-{label}.png")
        write_bytes(path, _pair(picture, as_map(relevance)))
        written.append(path)
        if len(panels) < 2 * COLUMNS * ROWS:
            chosen = int(stored.target[row])
            title = f"{network.metadata.class_name(chosen)}: {stored.ledger['received'][row]:.4g}"
            panels += picture_row(os.path.basename(stored.names[row]), x, [(relevance, title)], network.metadata)
    rows = [panels[i : i + 2 * COLUMNS] for i in range(0, len(panels), 2 * COLUMNS)]
    sheet = os.path.join(name, SHEET)
    write_bytes(sheet, figure_file(rows, f"composite {stored.notes['composite']}", "png", Style.parse("scale=panel")))
    return [sheet, *written]


def _inputs(stored: StoredDataSet, source: Source, network: Network) -> Iterator[tuple[int, Array]]:
    """(row of the file, the sample as the network takes it)."""
    rows = {int(place): row for row, place in enumerate(stored.index)}
    for start in range(0, len(source), BATCH):
        samples = source.read(start, min(start + BATCH, len(source)), network)
        yield from ((rows[int(place)], x) for place, x in zip(samples.places, np.asarray(samples.x)) if place in rows)


def _pair(picture: Array, R: Array) -> bytes:
    """Input and heatmap side by side, as a PNG of whole pixels."""
    grey = picture if picture.ndim == 3 else np.repeat(picture[..., np.newaxis], 3, axis=-1)
    left = np.round(255 * grey).astype(np.uint8)
    right = colours(R, limit_of(R))
    gap = np.full((left.shape[0], GAP, 3), 255, np.uint8)
    factor = max(1, -(-SMALLEST // left.shape[0]))
    parts = [part.repeat(factor, axis=0).repeat(factor, axis=1) for part in (left, gap, right)]
    return png(np.concatenate(parts, axis=1))


def _is_bgr(network: Network) -> bool:
    return network.metadata.preprocessing is not None and network.metadata.preprocessing.channels == "bgr"
