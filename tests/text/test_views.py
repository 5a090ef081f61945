"""Highlighted texts: the raw text comes back out of the page, colours follow the sign, nothing escapes its medium."""

from __future__ import annotations

import re
from fractions import Fraction
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrp.errors import InputError, ShapeError
from lrp.text import Document, Tokenizer
from lrp.views import text as views

NASTY = '\nDear <b>"doctor"</b> & Co,\r\n\x1b[31mI can\'t see_50% of $x^2$\u2028--{\\}~#|`\x00\n\n\u202eBye\x9b1m\x7f'


class Page(HTMLParser):
    """The text of the element of class document, and the words with their style and title."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.inside, self.text, self.words, self.tags = 0, "", [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.inside += bool(self.inside) or values.get("class") == "document"
        if self.inside:
            self.tags.append(tag)
            if tag == "span":
                self.words.append([values["style"], values["title"], ""])

    def handle_endtag(self, tag: str) -> None:
        self.inside -= bool(self.inside)

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.text += data
        if self.inside == 2:
            self.words[-1][2] += data


def some(document: Document) -> np.ndarray:
    """A relevance for each word: large, negative, zero, and so on."""
    return np.array([(0.5, -1.0, 0.0, 0.25)[t % 4] for t in range(len(document))])


@given(st.text() | st.text("<>&'\"\r\n ab"))
def test_the_page_holds_the_raw_text(text: str) -> None:
    document = Tokenizer("keep").read(text)
    page = views.html(document, some(document), "<caption>", title="a & b")
    assert Page(page).text == text and "\r" not in page  # browsers make a newline of a bare carriage return
    assert "<caption>" not in page and "a &amp; b" in page
    assert set(Page(page).tags) <= {"div", "span"}


def test_positive_is_red_negative_is_blue_and_zero_has_no_colour() -> None:
    document = Tokenizer().read(NASTY)
    words = Page(views.html(document, some(document))).words
    assert [word for _, _, word in words[:3]] == ["Dear", "b", "b"]  # the third word, "doctor", has no relevance
    assert words[0][:2] == ["background-color:rgb(255,166,166)", "+0.5"]
    assert words[1][:2] == ["background-color:rgb(77,77,255)", "-1"]


def test_stronger_is_darker() -> None:
    document = Tokenizer().read("a b c")
    styles = [style for style, _, _ in Page(views.html(document, np.array([0.1, 0.5, 1.0]))).words]
    reds = [int(re.findall(r"\d+", style)[1]) for style in styles]
    assert reds[0] > reds[1] > reds[2]


def test_a_limit_makes_two_texts_comparable() -> None:
    document = Tokenizer().read("a b c")
    page = views.html(document, np.array([1.0, -2.0, 8.0]), limit=4)
    assert [style for style, _, _ in Page(page).words] == [
        "background-color:rgb(255,210,210)", "background-color:rgb(166,166,255)", "background-color:rgb(255,77,77)",
    ]  # fmt: skip
    assert "full colour is a relevance of 4." in page
    for limit in (0, -1, float("nan"), float("inf")):
        with pytest.raises(InputError, match="limit: a number > 0 is expected, got"):
            views.terminal(document, np.ones(3), "", limit)


def test_words_behind_those_with_a_relevance_stay_plain() -> None:
    document = Tokenizer().read("a b c")
    page = Page(views.html(document, np.array([1.0])))
    assert page.text == "a b c" and len(page.words) == 1
    assert Page(views.html(document, np.zeros(3))).words == []
    assert Page(views.html(document, np.array([], dtype=float))).text == "a b c"


def test_exact_relevance() -> None:
    page = views.html(Tokenizer().read("a b"), np.array([Fraction(1, 3), Fraction(-1)], dtype=object))
    assert [title for _, title, _ in Page(page).words] == ["+0.3333", "-1"]


def test_a_terminal_gets_colours_and_no_control_character_of_the_text() -> None:
    document = Tokenizer().read(NASTY)
    shown = views.terminal(document, some(document), "caption\x1b")
    ours = re.sub("\x1b\\[48;2;\\d+;\\d+;\\d+m\x1b\\[30m|\x1b\\[0m", "", shown)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", ours)
    assert "\u241b[31mI can't" in ours and "\u2400" in ours and "\u2421" in ours and "\ufffd1m" in ours
    assert ours.startswith("caption\u241b Red speaks for it")
    assert "\x1b[48;2;255;166;166m\x1b[30mDear\x1b[0m" in shown


def test_latex_escapes_what_tex_obeys() -> None:
    document = Tokenizer().read(NASTY)
    fragment = views.latex(document, some(document), "50 %\nof it")
    first, rest = fragment.split("\n", 1)
    assert first == "% 50 % of it Red speaks for it, blue against it; full colour is a relevance of 1."
    assert r"\colorbox[rgb]{1.000,0.651,0.651}{\strut Dear}" in rest
    assert r"\strut see}\_\colorbox" in rest
    for escaped in (r"\%", r"\$", r"\textasciicircum{}", r"\{", r"\}", r"\textbackslash{}", r"\textasciitilde{}",
                    r"\#", r"\textbar{}", r"\textasciigrave{}", r"-{}-{}", r"{\char34}", r"\textless{}", r"\&"):  # fmt: skip
        assert escaped in rest
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", rest)
    assert rest.count("{") - rest.count(r"\{") == rest.count("}") - rest.count(r"\}")


@pytest.mark.parametrize("view", [views.html, views.terminal, views.latex])
def test_what_cannot_be_shown(view: object) -> None:
    document = Tokenizer().read("a b", "letter")
    for wrong in (np.zeros(3), np.zeros((2, 1))):
        with pytest.raises(ShapeError, match="letter: one relevance a word is expected, shape .2,. or shorter, got"):
            view(document, wrong)  # type: ignore[operator]
    for value in (np.nan, np.inf):
        with pytest.raises(InputError, match="letter: finite relevances are expected, got NaN or infinity"):
            view(document, np.array([value, 1.0]))  # type: ignore[operator]
