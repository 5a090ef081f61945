"""Tools that several methods share.

adam         gradient descent with bias-corrected moments
backward_pass  one backward pass through the graph; each method has its own step at a node
checks       settings that are numbers
layout       pictures with the channels as last axis; one number per pixel
regions      boxes cut out of a batch of pictures and pasted into one
resize       bilinear interpolation, as one matrix per axis
"""

from lrp.methods.tools.adam import Adam
from lrp.methods.tools.backward_pass import Step, backward, rectifying
from lrp.methods.tools.checks import number, whole
from lrp.methods.tools.layout import Layout, layout, pixels, spatial_of
from lrp.methods.tools.regions import Patch, Size, clamp, covered_fraction, cut, overlay, paste
from lrp.methods.tools.resize import along_axes, nearest, resize

__all__ = [
    "Adam",
    "Layout",
    "Patch",
    "Size",
    "Step",
    "along_axes",
    "backward",
    "clamp",
    "covered_fraction",
    "cut",
    "layout",
    "nearest",
    "number",
    "overlay",
    "paste",
    "pixels",
    "rectifying",
    "resize",
    "spatial_of",
    "whole",
]
