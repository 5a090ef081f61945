"""A page to play with: draw a digit or type a text, and see prediction, heatmap and ledger change.

`answers.py` computes what the page shows, from plain data to plain data; `server.py` is the standard library's HTTP
server around it, on this machine alone; `page.html`, `page.css` and `page.js` are what the browser loads.
"""

from lrp.play.answers import Answers
from lrp.play.server import PlayServer

__all__ = ["Answers", "PlayServer"]
