"""From a picture file to a network's input, by the preprocessing that the model stores.

A picture of another size or with other channels than those of the network is an error, unless fit=True.
"""

from __future__ import annotations

import os

import numpy as np

from lrp.arrays import Array
from lrp.errors import InputError, LoadError, ShapeError
from lrp.formats.container import PixelReader, read_picture
from lrp.graph import Graph, input_reader
from lrp.layers import Shape
from lrp.pictures import CHANNELS, channel_axis, require

MODES = {1: "L", 3: "RGB"}  # Pillow's names


PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm")


@input_reader(*PICTURES)
def read_picture_input(name: str, graph: Graph, fit: bool = False) -> Array:
    """A picture file as the network's input; see `prepared_picture`."""
    return prepared_picture(name, graph, fit, read_picture)


def prepared_picture(name: str, graph: Graph, fit: bool, read: PixelReader) -> Array:
    """A picture file as the network's input: float64 of shape (1, h, w, c), or (1, c, h, w) if its channels are first.

    fit: resize the picture and convert its channels to those of the network, instead of raising ShapeError. read: what
    decodes the file (`read_picture`, or one of `picture_reader`).
    InputError if the network does not take a single picture or stores no preprocessing, LoadError for the file itself.
    """
    shape: Shape = graph.shapes[graph.inputs[0]]
    if len(graph.inputs) != 1 or len(shape) != 3:
        raise InputError(
            f"{name}: expected a network with one picture as its input, got inputs of shapes"
            f" {[graph.shapes[i] for i in graph.inputs]}; give it its arrays as .npy or .npz"
        )
    preprocessing = graph.metadata.preprocessing
    if preprocessing is None:
        raise InputError(
            f"{name}: expected a model that stores how a picture becomes its input, got one that does not; store it"
            " with lrp convert MODEL MODEL.h5 --preprocess imagenet-torch, or with --mean 0 --scale 255 --channels rgb;"
            " or make the input yourself and give it as .npy"
        )
    axis = channel_axis(shape)
    channels = 1 if preprocessing.channels == "gray" else 3
    size = tuple(n for i, n in enumerate(shape) if i != axis % 3)
    pixels = _read(name, channels, size, fit, read)
    if any(n not in (None, m) for n, m in zip(size, pixels.shape[:2])):
        raise ShapeError(
            f"{name}: expected a picture of {size[0]} x {size[1]} pixels (height x width), got {pixels.shape[0]} x"
            f" {pixels.shape[1]}; resize it, or ask for that with --fit (fit=True)"
        )
    return np.moveaxis(preprocessing(pixels), -1, axis)[np.newaxis]


def _read(name: str, channels: int, size: tuple[int | None, ...], fit: bool, read: PixelReader) -> Array:
    """The pixels of a file, (h, w, channels) from 0 to 255."""
    require("PIL.Image", "Pillow")
    if not os.path.exists(name):
        raise LoadError(f"{name}: expected a picture, got a path where no file is")
    height, width = size
    pixels = read(name, MODES[channels] if fit else None, (height, width))
    found = pixels.shape[-1]
    if found != channels:
        raise ShapeError(
            f"{name}: expected a picture with {channels} channel{'s' * (channels > 1)} ({CHANNELS[channels]}), got"
            f" {found} ({CHANNELS[found]}); convert it, or ask for that with --fit (fit=True)"
        )
    return pixels
