"""Pictures: from a file to a network's input by the preprocessing that the model stores, and back to what one sees.

Nothing is decided in silence: a picture of another size or with other channels than the network takes is an error,
unless fit=True asks for it to be made to fit.
"""

from __future__ import annotations

import io
import os

import numpy as np

from lrp.arrays import Array
from lrp.errors import InputError, LoadError, ShapeError
from lrp.formats.container import read_picture
from lrp.graph import Network
from lrp.layers import Shape
from lrp.views.extras import require

CHANNELS = {1: "gray", 3: "RGB"}
MODES = {1: "L", 3: "RGB"}  # Pillow's names


def read_input(path: str | os.PathLike[str], network: Network, fit: bool = False) -> Array:
    """A picture file as the network's input: float64 of shape (1, h, w, c), or (1, c, h, w) if the network wants it.

    fit: resize the picture and convert its channels to what the network takes, instead of raising ShapeError.
    InputError where the network takes no single picture or stores no preprocessing, LoadError for the file itself.
    """
    name = os.fspath(path)
    shape: Shape = network.shapes[network.inputs[0]]
    if len(network.inputs) != 1 or len(shape) != 3:
        raise InputError(
            f"{name}: expected a network with one picture as its input, got inputs of shapes"
            f" {[network.shapes[i] for i in network.inputs]}; give it its arrays as .npy or .npz"
        )
    preprocessing = network.metadata.preprocessing
    if preprocessing is None:
        raise InputError(
            f"{name}: expected a model that stores how a picture becomes its input, got one that does not; "
            "make the input yourself and give it as .npy"
        )
    axis = channel_axis(shape)
    channels = 1 if preprocessing.channels == "gray" else 3
    size = tuple(n for i, n in enumerate(shape) if i != axis % 3)
    pixels = _read(name, channels, size, fit)
    if any(n not in (None, m) for n, m in zip(size, pixels.shape[:2])):
        raise ShapeError(
            f"{name}: expected a picture of {size[0]} x {size[1]} pixels (height x width), got {pixels.shape[0]} x"
            f" {pixels.shape[1]}; resize it, or ask for that with --fit (fit=True)"
        )
    return np.moveaxis(preprocessing(pixels), -1, axis)[np.newaxis]


def channel_axis(shape: Shape) -> int:
    """Where the channels of a picture's shape are: -1, or 0 for (1 or 3, h, w) that is not (h, w, 1 or 3)."""
    return 0 if shape[0] in CHANNELS and shape[-1] not in CHANNELS else -1


def viewable(x: Array, network: Network) -> Array:
    """One sample of a network's input as numbers from 0 (black) to 1 (white): (h, w) gray or (h, w, 3) RGB.

    The stored input range says what black and white are; without one, the smallest and the largest number.
    An input that is no picture keeps its numbers.
    """
    if x.ndim != 3:
        return x
    axis = channel_axis(x.shape)
    bounds = network.metadata.bounds()
    picture = np.moveaxis(x, axis, -1).astype(np.float64)
    low, high = (picture.min(), picture.max()) if bounds is None else map(np.asarray, bounds)
    width = np.where(high > low, high - low, 1)
    picture = np.clip((picture - low) / width, 0, 1)
    preprocessing = network.metadata.preprocessing
    if preprocessing is not None and preprocessing.channels == "bgr":
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


def _read(name: str, channels: int, size: tuple[int | None, ...], fit: bool) -> Array:
    """The pixels of a file, (h, w, channels) from 0 to 255."""
    require("PIL.Image", "Pillow")
    if not os.path.exists(name):
        raise LoadError(f"{name}: expected a picture, got a path where no file is")
    height, width = size
    pixels = read_picture(name, MODES[channels] if fit else None, (height, width))
    found = pixels.shape[-1]
    if found != channels:
        raise ShapeError(
            f"{name}: expected a picture with {channels} channel{'s' * (channels > 1)} ({CHANNELS[channels]}), got"
            f" {found} ({CHANNELS[found]}); convert it, or ask for that with --fit (fit=True)"
        )
    return pixels
