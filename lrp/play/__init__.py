"""A page to play with: draw a digit or type a text, and see prediction, heatmap and ledger change.

`answers.py` computes what the page shows, from plain data to plain data; `server.py` is the standard library's HTTP
server around it, on this machine alone; `in_page.py` gives the same answers to a page that runs Python itself;
`page.html`, `page.css` and `page.js` are what the browser loads.
"""

from lrp.play.answers import Answers
from lrp.play.in_page import InPage
from lrp.play.server import PlayServer

__all__ = ["Answers", "InPage", "PlayServer"]
