"""How complex a heatmap is: entropy, compressed size, and how few pixels hold the relevance."""

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
    """entropy: -sum_v p_v log2 p_v over the 256 grey levels of the heatmap (bits a pixel); size: bytes of its PNG

    Source: Samek et al. 2017, complexity of heatmaps

    The grey picture is round(255 (R - min R) / (max R - min R)), each heatmap by itself; a constant one is all 0. Lower
    is simpler. curves: "concentration", the share of sum |R| that the largest fraction of pixels holds, and
    "histogram", p_v.
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
    """Each row from its smallest to its largest number as 0 .. 255: (n, pixels) -> whole numbers."""
    low, high = flat.min(axis=1, keepdims=True), flat.max(axis=1, keepdims=True)
    span = np.where(high > low, high - low, 1)
    return np.rint((flat - low) / span * (LEVELS - 1)).astype(np.intp)


def concentration(flat: Array, places: Array) -> Array:
    """(n, places) the share of sum |R| in the fraction of pixels with the largest |R|, interpolated; NaN for all 0."""
    size = -np.sort(-np.abs(flat), axis=1)
    total = size.sum(axis=1, keepdims=True)
    held = np.concatenate([np.zeros((len(flat), 1)), np.cumsum(size, axis=1)], axis=1)
    held = np.divide(held, total, out=np.full(held.shape, np.nan), where=total > 0)
    fractions = np.arange(held.shape[1]) / flat.shape[1]
    return np.stack([np.interp(places, fractions, row) for row in held])


def png(grey: Array) -> bytes:
    """An 8-bit grey PNG file of (h, w) levels, its row filters chosen by the smallest sum of absolute differences."""
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
