"""Convolution: `convolution.py` is the layer; `columns.py` and `fast.py` compute its sums."""

from lrp.layers.convolution.convolution import Conv
from lrp.layers.convolution.transpose import ConvTranspose

__all__ = ["Conv", "ConvTranspose"]
