"""Words and their places in the raw text."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrp.errors import InputError, LoadError, SettingError
from lrp.text import Document, Tokenizer, read_text
from lrp.text.tokens import body_start, normal_form

MAIL = "From: a@b.org (A)\nSubject: Re: eye drops\n\tand pain\nArticle-I.D.: x.1\n\nDear doctor, I can't see.\n"


@given(st.text())
def test_a_token_is_a_slice_of_the_untouched_text(text: str) -> None:
    document = Tokenizer(header="keep").read(text)
    assert document.text == text
    position = 0
    for (start, end), token in zip(document.spans, document.tokens):
        assert start >= position and token == text[start:end] and token.strip() == token
        position = end
    assert len(document) == len(document.words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I can't see_it -- 486dx2, 'quoted' x.y", ["i", "can't", "see", "it", "486dx2", "quoted", "x", "y"]),
        ("Don\u2019t ÄRGERN e\u0301te\u0301 \ufb01n", ["don't", "ärgern", "été", "fin"]),
        ("", []),
        ("!?.. -- ___", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert list(Tokenizer().read(text).words) == words


def test_a_word_whose_lower_case_is_longer_keeps_its_place() -> None:
    document = Tokenizer().read("\u0130stanbul x")  # the lower case of the first letter has two characters
    assert document.tokens == ("\u0130stanbul", "x")
    assert len(document.words[0]) > len(document.tokens[0])


def test_header_treatment() -> None:
    body = ["dear", "doctor", "i", "can't", "see"]
    assert list(Tokenizer("drop").read(MAIL).words) == body
    assert list(Tokenizer("subject").read(MAIL).words) == ["re", "eye", "drops", *body]
    assert list(Tokenizer("keep").read(MAIL).words)[:4] == ["from", "a", "b", "org"]
    assert list(Tokenizer("subject").read("From: a\n\nbody").words) == ["body"]
    assert list(Tokenizer("drop").read(MAIL.replace("\n", "\r\n")).words) == body


@pytest.mark.parametrize(
    "text",
    [
        "Dear doctor: it hurts.\n\nYours",
        "Note: no field that mails have\n\nYours",
        "From: me\nand then a letter without an empty line",
        "From: me",
        "\n\nFrom: me\n\n",
        "",
    ],
)
def test_a_letter_without_a_header_is_read_whole(text: str) -> None:
    assert body_start(text) == 0


def test_a_header_may_begin_with_the_rest_of_a_folded_line() -> None:
    text = " news.host!user\nSubject: x\n\nbody"
    assert text[body_start(text) :] == "body"


@pytest.mark.parametrize("spans", [((0, 0),), ((2, 1),), ((0, 2), (1, 3)), ((0, 9),), ((-1, 2),)])
def test_words_must_lie_in_the_text_one_after_the_other(spans: tuple[tuple[int, int], ...]) -> None:
    with pytest.raises(InputError, match="^letter: words must follow one another inside the text of 4 characters"):
        Document("text", spans, "letter")


def test_settings_survive_a_file_and_wrong_ones_are_named() -> None:
    tokenizer = Tokenizer("subject", 7)
    assert Tokenizer.from_dict(tokenizer.to_dict()) == tokenizer
    with pytest.raises(SettingError, match="unknown setting stem; known are header and limit"):
        Tokenizer.from_dict({"stem": True})
    with pytest.raises(SettingError, match="header must be one of drop, subject, keep, got 'cut'"):
        Tokenizer("cut")
    for limit in (-1, 2.5, True):
        with pytest.raises(SettingError, match="limit must be a whole number, 0 or more, got"):
            Tokenizer(limit=limit)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="letter: expected a text .str., got bytes; decode the bytes first"):
        Tokenizer().read(b"x", "letter")  # type: ignore[arg-type]


def test_normal_form_of_plain_and_other_letters() -> None:
    assert normal_form("ABC") == "abc"
    assert normal_form("\uff21\u2019s") == "a's"  # a full-width A


def test_read_text(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_bytes("\ufeffschön\r\n".encode())
    assert read_text(path) == "schön\r\n"
    path.write_bytes("schön".encode("latin-1"))
    assert read_text(path, "latin-1") == "schön"
    with pytest.raises(InputError, match="letter.txt: not utf-8 text: byte 0xf6 at offset 3 has no meaning there"):
        read_text(path)
    with pytest.raises(InputError, match="'klingon' is not an encoding"):
        read_text(path, "klingon")
    with pytest.raises(LoadError, match="nobody.txt: cannot be read: No such file or directory"):
        read_text(tmp_path / "nobody.txt")
    with pytest.raises(LoadError, match="cannot be read"):
        read_text(tmp_path)
