"""Relevance as pictures; the only room below `lrp.views` that needs matplotlib or Pillow (extra `views`).

colours    relevance as colours, and the end of their scale
style      how figures look
panels     one class for each kind of panel: pictures, heatmaps, signals, tables
choice     which panel shows a relevance, by its shape
heatmap    figures of panels, bare heatmaps
curves     lines with standard errors, side by side
pixels     where the channels of a picture are, black and white, PNG files
extras     the import of optional packages
"""

from lrp.pictures.choice import as_map, mosaic, relevance_panel
from lrp.pictures.colours import COLOUR_MAPS, colours, limit_of
from lrp.pictures.curves import CurvePanel, Series, draw_panels
from lrp.pictures.extras import require
from lrp.pictures.heatmap import FORMATS, bare, figure, figure_file, limits
from lrp.pictures.panels import Bars, Heatmap, Panel, Picture, Signal
from lrp.pictures.pixels import CHANNELS, channel_axis, png, viewable
from lrp.pictures.style import Scale, Style

__all__ = [
    "CHANNELS",
    "COLOUR_MAPS",
    "FORMATS",
    "Bars",
    "CurvePanel",
    "Heatmap",
    "Panel",
    "Picture",
    "Scale",
    "Series",
    "Signal",
    "Style",
    "as_map",
    "bare",
    "channel_axis",
    "colours",
    "draw_panels",
    "figure",
    "figure_file",
    "limit_of",
    "limits",
    "mosaic",
    "png",
    "relevance_panel",
    "require",
    "viewable",
]
