"""A document with its words coloured: as a web page, in a terminal, as LaTeX. Positive is red, negative is blue.

    strength of word t = min(1, |R_t| / limit)       0: no colour;  1: the full colour

Without a limit it is the document's own max_t |R_t|; it is printed with the text, so that two can be compared.
The text between the words, and the words themselves, stay as they are in the raw text, but for what the medium
needs escaped. A word without relevance (unknown to the model, or beyond the words it reads) has no colour.
"""

import html as markup
import re
from collections.abc import Iterator

import numpy as np

from lrp.arrays import Array
from lrp.errors import InputError, ShapeError
from lrp.text import Document

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<style>
body {{ max-width: 50em; margin: 2em auto; font-family: sans-serif; line-height: 1.5; color: #000; background: #fff }}
.document {{ white-space: pre-wrap; overflow-wrap: break-word }}
.caption {{ border-bottom: 1px solid #999; padding-bottom: .5em; margin-bottom: 1em }}
</style>
</head>
<body>
<div class="caption">{caption}</div>
<div class="document">{text}</div>
</body>
</html>
"""
LATEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': r"{\char34}", "`": r"\textasciigrave{}", "'": "'{}", "-": "-{}",
}  # fmt: skip
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # what a terminal obeys and TeX refuses; tab and newline are not


def pieces(document: Document, relevance: Array, limit: float | None = None) -> Iterator[tuple[str, float, float]]:
    """The raw text in order, cut at the words: (piece, strength in [-1, 1], relevance); 0, 0 between the words.

    relevance   shape (t,), the relevance of the first t words; the document may have more
    """
    if relevance.ndim != 1 or len(relevance) > len(document):
        raise ShapeError(
            f"{document.name}: one relevance a word is expected, shape ({len(document)},) or shorter, "
            f"got shape {relevance.shape}."
        )
    if not np.isfinite(relevance.astype(float)).all():
        raise InputError(f"{document.name}: finite relevances are expected, got NaN or infinity.")
    largest = scale(relevance, limit)
    position = 0
    for (start, end), value in zip(document.spans, relevance):
        if start > position:
            yield document.text[position:start], 0.0, 0.0
        strength = float(value) / largest if value else 0.0
        yield document.text[start:end], max(-1.0, min(strength, 1.0)), float(value)
        position = end
    if position < len(document.text):
        yield document.text[position:], 0.0, 0.0


def scale(relevance: Array, limit: float | None = None) -> float:
    """The |R_t| of the full colour: the limit, or the largest that there is."""
    if limit is not None and not 0 < limit < float("inf"):
        raise InputError(f"limit: a number > 0 is expected, got {limit!r}.")
    return float(limit) if limit is not None else max((abs(float(value)) for value in relevance), default=0.0)


def html(
    document: Document,
    relevance: Array,
    caption: str = "",
    limit: float | None = None,
    title: str = "Relevance of words",
) -> str:
    """A web page that needs nothing else; a word tells its relevance when the pointer rests on it.

    Without its tags and with its escapes resolved, the element of class `document` holds the raw text.
    """
    text = "".join(
        (
            f'<span style="background-color:{_css(strength)}" title="{value:+.4g}">{_escape(piece)}</span>'
            if value
            else _escape(piece)
        )
        for piece, strength, value in pieces(document, relevance, limit)
    )
    return PAGE.format(title=_escape(title), caption=_escape(_with_scale(caption, relevance, limit)), text=text)


def terminal(document: Document, relevance: Array, caption: str = "", limit: float | None = None) -> str:
    """The text for a terminal of 24-bit colours. Control characters are shown, never sent: a text cannot steer it."""
    parts = []
    for piece, strength, _ in pieces(document, relevance, limit):
        shown = CONTROL.sub(_picture, piece)
        red, green, blue = _mixed(strength)
        parts.append(f"\x1b[48;2;{red};{green};{blue}m\x1b[30m{shown}\x1b[0m" if strength else shown)
    return CONTROL.sub(_picture, _with_scale(caption, relevance, limit)) + "\n\n" + "".join(parts)


def latex(document: Document, relevance: Array, caption: str = "", limit: float | None = None) -> str:
    r"""A fragment for a paper that loads xcolor; long lines wrap as TeX likes, empty lines stay paragraphs.

    Control characters are left out: TeX has no picture for them.
    """
    parts = []
    for piece, strength, _ in pieces(document, relevance, limit):
        shown = _tex(piece)
        red, green, blue = (channel / 255 for channel in _mixed(strength))
        box = rf"\colorbox[rgb]{{{red:.3f},{green:.3f},{blue:.3f}}}{{\strut {shown}}}"
        parts.append(box if strength else shown)
    comment = " ".join(CONTROL.sub("", _with_scale(caption, relevance, limit)).split())
    return f"% {comment}\n{{\\setlength{{\\fboxsep}}{{0pt}}\n" + "".join(parts) + "\\par}\n"


def _with_scale(caption: str, relevance: Array, limit: float | None) -> str:
    full = scale(relevance, limit)
    return f"{caption} Red speaks for it, blue against it; full colour is a relevance of {full:.4g}.".strip()


def _mixed(strength: float) -> tuple[int, int, int]:
    """White at 0, red at 1, blue at -1; the full colours are light enough for black letters."""
    faded = round(255 * (1 - 0.7 * abs(strength)))
    return (255, faded, faded) if strength > 0 else (faded, faded, 255)


def _css(strength: float) -> str:
    return "rgb({},{},{})".format(*_mixed(strength))


def _escape(text: str) -> str:
    # a parser turns a bare carriage return into a newline; written as a reference it stays one
    return markup.escape(text).replace("\r", "&#13;")


def _picture(match: re.Match[str]) -> str:
    """The control picture of a character, U+241B for ESC; those from U+007F on have no picture of their own."""
    code = ord(match.group())
    return chr(0x2400 + code) if code < 0x20 else "\u2421" if code == 0x7F else "\ufffd"


def _tex(piece: str) -> str:
    return "".join(LATEX.get(character, character) for character in CONTROL.sub("", piece))
