"""An explained text for people: what was found in words, and the text with its words coloured."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import zip_longest

from lrp.arrays import Array
from lrp.text import Document, TextModel, WordView
from lrp.views import text as views

# by the suffix of the file: document, relevance, caption, limit -> the content
VIEWS: dict[str, Callable[[Document, Array, str, float | None], str]] = {
    ".html": lambda document, relevance, caption, limit: views.html(
        document, relevance, caption, limit, os.path.basename(document.name)
    ),
    ".tex": views.latex,
    ".txt": views.terminal,
}


def caption(model: TextModel, document: Document, found: WordView) -> str:
    """What the picture shows, and what of the text it leaves out, in sentences."""
    network, best = model.network, int(found.logits.argmax())
    name = network.metadata.class_name
    known, read, words = int(found.known.sum()), len(found.numbers), len(document)
    sentences = [
        f"Relevance for {name(found.target)}, whose score is {found.logits[found.target]:.4g}.",
        f"The model's own choice is {name(best)} ({found.logits[best]:.4g})." if best != found.target else "",
        f"It knows {known} of {read} words" + (f" and reads no more: the text has {words}." if words > read else "."),
        f"The words hold {found.relevance[found.known].sum():.4g} of the score, words without a vector "
        f"{found.unknown:.4g}, padding {found.padding:.4g}.",
    ]
    return " ".join(filter(None, sentences))


def top_words(document: Document, found: WordView, count: int = 10) -> str:
    """The most relevant words for and against the class as two columns; a word that recurs counts as one, summed."""
    sums: dict[str, float] = {}
    for word, value, known in zip(document.words, found.relevance, found.known):
        if known:
            sums[word] = sums.get(word, 0.0) + float(value)
    ordered = sorted(sums.items(), key=lambda item: -item[1])
    pro = [f"{value:+9.4f} {word}" for word, value in ordered[:count] if value > 0]
    con = [f"{value:+9.4f} {word}" for word, value in ordered[::-1][:count] if value < 0]
    width = max(map(len, [*pro, "for"]))
    rows = [("for", "against"), *zip_longest(pro, con, fillvalue="")]
    return "\n".join(f"{left:{width}}  {right}".rstrip() for left, right in rows)
