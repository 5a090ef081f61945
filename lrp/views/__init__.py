"""What a heatmap looks like: the only room that imports matplotlib and Pillow."""

from lrp.views.explained import draw, draw_bare
from lrp.views.extras import require
from lrp.views.heatmap import FORMATS, as_map, limit_of
from lrp.views.letter import VIEWS, caption, top_words
from lrp.views.picture import read_input
from lrp.views.plots import Panel, Series, draw_panels
from lrp.views.progress_bar import progress

__all__ = [
    "FORMATS",
    "VIEWS",
    "Panel",
    "Series",
    "as_map",
    "caption",
    "draw",
    "draw_bare",
    "draw_panels",
    "limit_of",
    "progress",
    "read_input",
    "require",
    "top_words",
]
