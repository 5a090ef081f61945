"""Results for people: pictures of explanations, coloured texts, curves, a progress bar.

explained      explanations of the same input as one picture
text, text_report   texts with coloured words: as HTML, LaTeX and for terminals; captions and lists of words
progress_bar   a progress bar over the nodes of a network
"""

from lrp.pictures import FORMATS, Series, as_map, draw_panels, limit_of, require
from lrp.pictures import CurvePanel as Panel
from lrp.views.explained import draw, draw_bare, draw_grid, read_input, rows_of
from lrp.views.progress_bar import progress
from lrp.views.text_report import VIEWS, caption, top_words

__all__ = [
    "FORMATS",
    "VIEWS",
    "Panel",
    "Series",
    "as_map",
    "caption",
    "draw",
    "draw_bare",
    "draw_grid",
    "draw_panels",
    "limit_of",
    "progress",
    "read_input",
    "require",
    "rows_of",
    "top_words",
]
