"""Layers that some implementations put in another's place on the way back; the forward pass never meets them."""

from __future__ import annotations

import numpy as np

from lrp import arrays
from lrp.layers import AvgPool, BatchNorm, GlobalAvgPool, GlobalMaxPool, Layer, MaxPool


def squared_variance(layer: Layer) -> Layer:
    """scale = gamma / sqrt(variance^2 + epsilon), shift = beta - mean / sqrt(variance^2 + epsilon)

    The variance is squared once more, and the shift lacks gamma: a batch normalisation other than the one computed.
    """
    if not isinstance(layer, BatchNorm):
        return layer
    mean, variance = (arrays.cast(v, "float64") for v in (layer.mean, layer.variance))
    shift = -mean / np.sqrt(variance**2 + float(layer.epsilon))
    if layer.beta is not None:
        shift = shift + arrays.cast(layer.beta, "float64")
    dtype = arrays.dtype_name(layer.mean)
    nothing = arrays.zeros(mean.shape, layer.mean)
    return BatchNorm(nothing, layer.variance**2, layer.gamma, arrays.cast(shift, dtype), layer.epsilon)


def averaged(layer: Layer) -> Layer:
    """A max-pooling as the average-pooling of the same windows."""
    if isinstance(layer, GlobalMaxPool):
        return GlobalAvgPool(layer.keepdims)
    return AvgPool(layer.size, layer.stride, layer.padding, layer.ceil) if isinstance(layer, MaxPool) else layer
