"""Heatmaps in the form that the measures use: one number per pixel, channels last."""

from __future__ import annotations

from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.errors import InputError, ShapeError
from lrp.graph import Explanation, Network
from lrp.methods import single_input
from lrp.methods.tools import Layout, layout, pixels


def pixel_map(network: Network, relevance: Any) -> Array:
    """(n, *spatial) the sum over the channels of a heatmap in the network's own layout; vectors (n, d) stay as they
    are.

    InputError if the heatmap has NaN or infinity.
    """
    array = np.asarray(relevance.relevance if isinstance(relevance, Explanation) else relevance)
    if not np.isfinite(array.astype(np.float64)).all():
        raise InputError("relevance: expected finite numbers, got NaN or infinity; the ledger's check names the node")
    return pixels(input_layout(network).channels_last(array).astype(np.float64))


def input_layout(network: Network) -> Layout:
    """The layout of the network's only input: where its channels are.

    Parameters
    ----------
    network : Network

    Returns
    -------
    Layout
        `.last(array)` moves the channels of a batch to the last axis, `.own(array)` moves them back.

    Raises
    ------
    GraphError
        If the network has several inputs.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp import Network, layers
    >>> network = Network.sequential([layers.ReLU()], (8, 8, 3))
    >>> input_layout(network).channels_last(np.zeros((1, 8, 8, 3))).shape
    (1, 8, 8, 3)
    """
    return layout(network, single_input(network, "evaluation"))


def check_maps(maps: Array, picture: Array) -> None:
    """Raise ShapeError unless the maps have one number for each pixel of a channels-last batch."""
    wanted = picture.shape if picture.ndim == 2 else picture.shape[:-1]
    if maps.shape != wanted:
        raise ShapeError(f"relevance: expected one number a pixel, shape {wanted} (or with channels), got {maps.shape}")


def check_masks(masks: Any, maps: Array) -> Array:
    """The masks as booleans of the maps' shape.

    Parameters
    ----------
    masks : array
        (n, *spatial) booleans or finite numbers, 0 for false; true on the object of each picture.
    maps : array
        (n, *spatial), for its shape.

    Returns
    -------
    array
        Booleans (n, *spatial).

    Raises
    ------
    InputError
        If a mask is empty, or has NaN or texts.
    ShapeError
        If the shape is another than that of the maps.

    Examples
    --------
    >>> import numpy as np
    >>> check_masks([[0, 1]], np.zeros((1, 2))).tolist()
    [[False, True]]
    """
    masks = np.asarray(masks)
    if masks.dtype.kind not in "biuf" or not np.isfinite(masks).all():
        raise InputError("masks: expected true and false, or finite numbers with 0 for false, got NaN or another type")
    masks = masks.astype(bool)
    if masks.shape != maps.shape:
        raise ShapeError(f"masks: expected one of each picture's shape, {maps.shape} in all, got {masks.shape}")
    empty = ~masks.reshape(len(masks), -1).any(axis=1)
    if empty.any():
        raise InputError(f"masks: expected at least one pixel of the object, got none in picture {int(empty.argmax())}")
    return masks
