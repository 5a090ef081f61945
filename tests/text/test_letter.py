"""The explained letter: caption, words for and against, files."""

from __future__ import annotations

import pytest

from lrp.text import ARRAS, TextModel, explain
from lrp.views import letter

TEXT = "The doctor of the EYE, and <pain>! " * 3


def test_the_caption_says_what_is_shown_and_what_is_left_out(model: TextModel) -> None:
    document = model.read(TEXT)
    for target in range(3):
        found = explain(model, document, target, composite=ARRAS)
        best = int(found.logits.argmax())
        said = letter.caption(model, document, found)
        assert f"Relevance for {model.classes[target]}, whose score is {found.logits[target]:.4g}." in said
        assert (f"own choice is {model.classes[best]} ({found.logits[best]:.4g})" in said) == (best != target)
        assert "It knows 8 of 9 words and reads no more: the text has 21." in said
        assert f"padding {found.padding:.4g}" in said
    short = model.read("the eye")
    assert "It knows 2 of 2 words." in letter.caption(model, short, explain(model, short))


def test_top_words_add_up_a_word_that_recurs(model: TextModel) -> None:
    document = model.read(TEXT)
    found = explain(model, document, 0, composite=ARRAS)
    rows = letter.top_words(document, found, count=2).splitlines()
    assert rows[0].split() == ["for", "against"]
    the = found.relevance[[0, 3, 7]].sum()
    sums = {"the": the}
    for word in ("doctor", "of", "eye", "pain"):
        sums[word] = sum(found.relevance[t] for t in range(9) if document.words[t] == word)
    pro = sorted((word for word in sums if sums[word] > 0), key=lambda word: -sums[word])[:2]
    con = sorted((word for word in sums if sums[word] < 0), key=lambda word: sums[word])[:2]
    shown = "\n".join(rows[1:])
    assert all(f"{sums[word]:+9.4f} {word}" in shown for word in [*pro, *con])
    assert len(rows) == 1 + max(len(pro), len(con))
    assert "and" not in shown.split()


@pytest.mark.parametrize("suffix", [".html", ".tex", ".txt"])
def test_the_suffix_chooses_the_form(model: TextModel, suffix: str) -> None:
    document = model.read(TEXT + "\r\nschön", "folder/letter<1>.txt")
    found = explain(model, document, 1)
    content = letter.VIEWS[suffix](document, found.highlighted, letter.caption(model, document, found), None)
    assert "schön" in content and "sci.space" in content
    assert ("<title>letter&lt;1&gt;.txt</title>" in content) == (suffix == ".html")
