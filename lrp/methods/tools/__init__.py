"""What several methods share: checks of arguments, layouts, regions, resizing, Adam."""

from lrp.methods.tools.adam import Adam
from lrp.methods.tools.backward import backward, rectifying
from lrp.methods.tools.checks import number, whole
from lrp.methods.tools.layout import Layout, layout, pixels, spatial_of
from lrp.methods.tools.regions import Patch, Size, clamp, cut, overlay, paste, share
from lrp.methods.tools.resize import along_axes, nearest, resize

__all__ = [
    "Adam",
    "Layout",
    "Patch",
    "Size",
    "along_axes",
    "backward",
    "clamp",
    "cut",
    "layout",
    "nearest",
    "number",
    "overlay",
    "paste",
    "pixels",
    "rectifying",
    "resize",
    "share",
    "spatial_of",
    "whole",
]
