"""A text at the command line: explained, coloured, audited, or one sentence about what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

import lrp
from lrp.cli import main
from lrp.text import TextModel

BAD_INPUT = 2


@pytest.fixture
def files(model: TextModel, tmp_path: Path) -> tuple[str, Path]:
    """A model file and a letter."""
    lrp.save(model.described, tmp_path / "model.h5")
    (tmp_path / "letter.txt").write_text("The doctor of the EYE, and <pain>!", encoding="utf-8")
    return str(tmp_path / "model.h5"), tmp_path / "letter.txt"


@pytest.mark.parametrize("suffix", [".html", ".tex", ".txt"])
def test_explain_writes_the_coloured_text(
    files: tuple[str, Path], capsys: pytest.CaptureFixture[str], suffix: str
) -> None:
    model, path = files
    out = path.with_name(f"out{suffix}")
    composite = ["--composite", "*=epsilon:0.01,sink=spread"]
    assert (
        main(["explain", model, str(path), "--target", "sci.med", *composite, "--out", str(out), "--limit", "9"]) == 0
    )
    said = capsys.readouterr().out
    assert "Relevance for sci.med" in said and "padding  Batch" in said and f"{out}: the text, red" in said
    content = out.read_text(encoding="utf-8")
    assert "doctor" in content and "full colour is a relevance of 9." in content


def test_explain_without_a_page_and_with_a_file(files: tuple[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    model, path = files
    save = path.with_name("relevance.h5")
    assert main(["explain", model, str(path), "--target", "0,2", "--save", str(save)]) == 0
    said = capsys.readouterr().out
    assert "Relevance for sci.med" in said and "Relevance for misc.forsale" in said
    assert save.exists()


def test_audit_reads_texts(files: tuple[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    model, path = files
    assert main(["audit", model, str(path)]) == 0
    assert "closes" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "options", "sentence"),
    [
        (b"", [], "the text is empty; at least one word is expected."),
        (b"foo bar", [], "none of its first 2 words is among the 7 that the model knows"),
        (b"caf\xe9", [], "not utf-8 text: byte 0xe9 at offset 3"),
        (b"eye", ["--encoding", "utf-99"], "'utf-99' is not an encoding"),
        (
            b"eye",
            ["--out", "page.png"],
            "page.png: expected a name that ends in .html, .tex, .txt for a text, got .png",
        ),
        (b"eye", ["--out", "page.html", "--bare"], "--bare: expected a picture as input, got a text"),
        (b"eye", ["--target", "0,1", "--out", "page.html"], "a text is coloured for one target, got 2"),
        (b"eye", ["--target", "sci.medicine"], "got 'sci.medicine'"),
    ],
)
def test_one_sentence_about_what_is_wrong(
    files: tuple[str, Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    content: bytes, options: list[str], sentence: str,
) -> None:  # fmt: skip
    model, path = files
    monkeypatch.chdir(path.parent)
    path.write_bytes(content)
    assert main(["explain", model, "letter.txt", *options]) == BAD_INPUT
    said = capsys.readouterr()
    assert sentence in said.err and len(said.err.splitlines()) == 1
    assert not Path("page.html").exists()


def test_latin_1(files: tuple[str, Path]) -> None:
    model, path = files
    path.write_bytes(b"caf\xe9 doctor")
    assert main(["explain", model, str(path), "--encoding", "latin-1"]) == 0


def test_a_network_that_reads_no_texts(
    files: tuple[str, Path], model: TextModel, capsys: pytest.CaptureFixture[str]
) -> None:
    _, path = files
    lrp.save(model.network, path.with_name("plain.h5"))
    assert main(["explain", str(path.with_name("plain.h5")), str(path)]) == BAD_INPUT
    assert "the file holds no vocabulary" in capsys.readouterr().err
