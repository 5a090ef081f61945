"""Layers that move, cut, mask or repeat entries: relevance goes where the entry came from."""

from lrp.layers.shape.interpolation import Interpolate
from lrp.layers.shape.masks import FeatureMask, MaskedMean, Masking, TokenMask, spread_mask
from lrp.layers.shape.moves import Crop, Dropout, Flatten, Input, Permute, Reshape, UpSample, ZeroPad
from lrp.layers.shape.padding_mask import Mask
from lrp.layers.shape.slices import RepeatVector, Slice

__all__ = [
    "Crop",
    "Dropout",
    "FeatureMask",
    "Flatten",
    "Input",
    "Interpolate",
    "Mask",
    "MaskedMean",
    "Masking",
    "Permute",
    "RepeatVector",
    "Reshape",
    "Slice",
    "TokenMask",
    "UpSample",
    "ZeroPad",
    "spread_mask",
]
