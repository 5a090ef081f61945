"""Pictures with the channels as last axis, whatever layout the network's own input has; one number per pixel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrp.arrays import Array
from lrp.errors import ShapeError
from lrp.graph import Network
from lrp.layers import Permute


@dataclass(frozen=True)
class Layout:
    """The order of an input's axes: a network from a channels-first framework begins with a Permute node.

    axes: that node's axes, None where the input is channels-last itself.
    """

    axes: tuple[int, ...] | None = None

    def channels_last(self, x: Array) -> Array:
        """The input's own layout -> channels-last."""
        return x if self.axes is None else x.transpose(0, *self.axes)

    def native(self, x: Array) -> Array:
        """Channels-last -> the input's own layout."""
        return x if self.axes is None else x.transpose(np.argsort((0, *self.axes)))


def layout(network: Network, name: str) -> Layout:
    """The layout of one input: that of the Permute node above it, if no other node reads the input."""
    followers = [node for node in network.nodes.values() if name in node.inputs]
    if len(followers) == 1 and isinstance(followers[0].layer, Permute):
        return Layout(followers[0].layer.axes)
    return Layout()


def pixels(relevance: Array) -> Array:
    """One number per pixel, the sum over the channels: (n, *spatial, c) -> (n, *spatial); vectors (n, d) stay."""
    return relevance if relevance.ndim == 2 else np.asarray(relevance.sum(axis=-1))


def spatial_of(x: Array, method: str) -> tuple[int, ...]:
    """The spatial lengths of a channels-last batch (n, *spatial, c); ShapeError for vectors, which have none."""
    if x.ndim < 3:
        raise ShapeError(
            f"{method}: expected pictures or sequences (n, *spatial, channels), got an array of shape {x.shape}; a"
            " vector has no neighbourhood"
        )
    return x.shape[1:-1]
