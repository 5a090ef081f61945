"""Pixels of pictures: where the channels are, the range from black to white, PNG files."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.pictures.extras import require

CHANNELS = {1: "gray", 3: "RGB"}


def channel_axis(shape: Sequence[int | None]) -> int:
    """Where the channels of a picture's shape are: -1, or 0 for (1 or 3, h, w) that is not (h, w, 1 or 3)."""
    return 0 if shape[0] in CHANNELS and shape[-1] not in CHANNELS else -1


def viewable(x: Array, bounds: tuple[Any, Any] | None = None, bgr: bool = False) -> Array:
    """One sample of a network's input as numbers from 0 (black) to 1 (white): (h, w) gray or (h, w, 3) RGB.

    bounds: (black, white), a number each or one per channel; None: the smallest and the largest entry. bgr: whether
    the channels are in the order blue, green, red. An input without three axes is returned as it is.
    """
    if x.ndim != 3:
        return x
    axis = channel_axis(x.shape)
    picture = np.moveaxis(x, axis, -1).astype(np.float64)
    low, high = (picture.min(), picture.max()) if bounds is None else map(np.asarray, bounds)
    width = np.where(high > low, high - low, 1)
    picture = np.clip((picture - low) / width, 0, 1)
    if bgr:
        picture = picture[..., ::-1]
    return picture if picture.shape[-1] == 3 else picture.mean(axis=-1)


def png(pixels: Array, note: str = "") -> bytes:
    """A PNG file of uint8 pixels (h, w) gray or (h, w, 3) RGB; the note is stored in it as its description."""
    image = require("PIL.Image", "Pillow")
    texts = require("PIL.PngImagePlugin", "Pillow").PngInfo()
    if note:
        texts.add_text("Description", note)
    stream = io.BytesIO()
    image.fromarray(np.ascontiguousarray(pixels)).save(stream, "PNG", pnginfo=texts)
    return stream.getvalue()
