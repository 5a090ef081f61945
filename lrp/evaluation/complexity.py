"""Complexity of a heatmap: entropy of its grey levels, size as a PNG file, concentration of the relevance."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.evaluation.maps import pixel_map
from lrp.evaluation.measurement import Curve, Measurement
from lrp.graph import Network

LEVELS = 256
PLACES = 101


def complexity(network: Network, relevance: Any) -> Measurement:
    """entropy = -sum_v p_v log2 p_v over the 256 grey levels of the heatmap (bits per pixel); size: bytes of its PNG
    file

    Source: Samek et al. 2017, complexity of heatmaps

    The grey levels are round(255 (R - min R) / (max R - min R)) for each heatmap by itself, all 0 for a constant one.
    Lower values mean a simpler heatmap.

    Parameters
    ----------
    network : Network
        Its input layout says which axis of the relevance holds the channels; they are summed.
    relevance : array or Explanation
        (n, ...) in the shape of the network's input.

    Returns
    -------
    Measurement
        numbers: "entropy" and "size" (n,). curves: "concentration", the share of sum |R| in the largest fraction of
        pixels, and "histogram", p_v.

    Raises
    ------
    InputError
        If the relevance has NaN or infinity.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp import Network, layers
    >>> network = Network.sequential([layers.Flatten(), layers.Dense(np.ones((4, 1)))], (2, 2, 1))
    >>> complexity(network, np.array([0.0, 0.0, 1.0, 1.0]).reshape(1, 2, 2, 1)).numbers["entropy"].tolist()
    [1.0]
    """
    maps = pixel_map(network, relevance)
    flat = maps.reshape(len(maps), -1)
    grey = grey_levels(flat)
    p = np.stack([np.bincount(row, minlength=LEVELS) for row in grey]) / flat.shape[1]
    entropy = -(p * np.log2(np.where(p > 0, p, 1))).sum(axis=1)
    rows = maps.shape[1] if maps.ndim > 2 else 1
    size = np.array([len(png(row.reshape(rows, -1))) for row in grey], dtype=float)
    places = np.linspace(0, 1, PLACES)
    curves = {
        "concentration": Curve(
            tuple(places), concentration(flat, places), "fraction of pixels", "share of |relevance|"
        ),
        "histogram": Curve(tuple(map(float, range(LEVELS))), p, "grey level", "fraction of pixels"),
    }
    return Measurement("complexity", {"entropy": entropy, "size": size}, curves)


def grey_levels(flat: Array) -> Array:
    """Grey levels 0 .. 255 between each row's minimum and maximum: (n, pixels) -> integers (n, pixels)."""
    low, high = flat.min(axis=1, keepdims=True), flat.max(axis=1, keepdims=True)
    span = np.where(high > low, high - low, 1)
    return np.rint((flat - low) / span * (LEVELS - 1)).astype(np.intp)


def concentration(flat: Array, places: Array) -> Array:
    """(n, places) share of sum |R| in the fraction of pixels with the largest |R|, interpolated; NaN if all R = 0."""
    size = -np.sort(-np.abs(flat), axis=1)
    total = size.sum(axis=1, keepdims=True)
    share = np.concatenate([np.zeros((len(flat), 1)), np.cumsum(size, axis=1)], axis=1)
    share = np.divide(share, total, out=np.full(share.shape, np.nan), where=total > 0)
    fractions = np.arange(share.shape[1]) / flat.shape[1]
    return np.stack([np.interp(places, fractions, row) for row in share])


def png(grey: Array) -> bytes:
    """An 8-bit grey PNG file of (h, w) levels; per row the filter with the smallest sum of absolute differences."""
    picture = grey.astype(np.uint8)
    h, w = picture.shape
    rows, before = [], np.zeros(w, dtype=np.uint8)
    for row in picture:
        left = np.concatenate([np.zeros(1, np.uint8), row[:-1]])
        mean = ((left.astype(int) + before) // 2).astype(np.uint8)
        filtered = [row, row - left, row - before, row - mean]  # types 0 none, 1 left, 2 up, 3 average
        costs = [np.abs(f.astype(np.int8).astype(int)).sum() for f in filtered]
        kind = int(np.argmin(costs))
        rows.append(bytes([kind]) + filtered[kind].tobytes())
        before = row
    header = struct.pack(">IIBBBBB", w, h, 8, 0, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows), 9)), (b"IEND", b"")]
    chunks = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
