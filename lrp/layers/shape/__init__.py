"""Layers that move, cut, mask or repeat entries: the relevance of an entry is the sum over its copies.

borders.py         Crop, ZeroPad
dropout.py         Dropout, which does nothing at inference
input.py           Input, where an array enters a network
interpolation.py   Interpolate
masks.py           FeatureMask, MaskedMean, Masking, TokenMask: masks of 0 and 1 for each step
padding_mask.py    Mask: padded positions of texts become 0
reordering.py      Flatten, Permute, Reshape
repetition.py      RepeatVector, UpSample
slice.py           Slice
"""

from lrp.layers.shape.borders import Crop, ZeroPad
from lrp.layers.shape.dropout import Dropout
from lrp.layers.shape.input import Input
from lrp.layers.shape.interpolation import Interpolate
from lrp.layers.shape.masks import FeatureMask, MaskedMean, Masking, TokenMask, spread_mask
from lrp.layers.shape.padding_mask import Mask
from lrp.layers.shape.reordering import Flatten, Permute, Reshape
from lrp.layers.shape.repetition import RepeatVector, UpSample
from lrp.layers.shape.slice import Slice

__all__ = [
    "Crop",
    "ZeroPad",
    "Dropout",
    "Input",
    "Interpolate",
    "FeatureMask",
    "MaskedMean",
    "Masking",
    "TokenMask",
    "spread_mask",
    "Mask",
    "Flatten",
    "Permute",
    "Reshape",
    "RepeatVector",
    "UpSample",
    "Slice",
]
