"""Relevance as pictures: arrays in, pixels and files out. Knows no networks.

heatmap   relevance as colours on a symmetric scale, and figures of several panels
pixels    pictures as arrays: channels, black and white, PNG files
extras    the optional libraries (matplotlib, Pillow), imported when they are needed
"""

from lrp.pictures.extras import require
from lrp.pictures.heatmap import FORMATS, Panel, as_map, bare, colours, figure, figure_file, limit_of
from lrp.pictures.pixels import CHANNELS, channel_axis, png, viewable

__all__ = [
    "CHANNELS",
    "FORMATS",
    "Panel",
    "as_map",
    "bare",
    "channel_axis",
    "colours",
    "figure",
    "figure_file",
    "limit_of",
    "png",
    "require",
    "viewable",
]
