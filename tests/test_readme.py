"""The README is correct: its code runs and prints its table, its first command works, its links exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from lrp.cli import main

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def table(text: str) -> list[list[str]]:
    """The rows of a ledger in a text, without rules."""
    lines = text.splitlines()
    first = next(i for i, line in enumerate(lines) if line.split()[:3] == ["node", "layer", "rule"])
    last = next(i for i in range(first, len(lines)) if lines[i].split()[:1] == ["total"])
    return [line.split() for line in lines[first : last + 1] if not line.strip().startswith("---")]


def assert_same(left: list[list[str]], right: list[list[str]]) -> None:
    """Names are equal, numbers to five digits, residuals as small as rounding makes them."""
    assert [row[:3] for row in left[:-1]] == [row[:3] for row in right[:-1]] and len(left) == len(right)
    for one, other in zip(left[1:], right[1:]):
        numbers, expected = ([float(cell) for cell in row[-6:]] for row in (one, other))
        assert np.allclose(numbers[:-1], expected[:-1], rtol=1e-5, atol=0)
        assert abs(numbers[-1]) < 1e-12 and abs(expected[-1]) < 1e-12


def test_the_five_lines_print_the_ledger(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    (code,) = blocks("python")
    assert len(code.splitlines()) == 5
    exec(code, {})
    assert_same(table(capsys.readouterr().out), table(TEXT))


def test_the_first_command_explains_the_digit(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    words = shlex.split(blocks("sh")[0].rsplit(".venv/bin/lrp ", 1)[1])
    words[words.index("--out") + 1] = str(tmp_path / "heatmap.png")
    assert main(words) == 0
    assert_same(table(capsys.readouterr().out), table(TEXT))
    assert (tmp_path / "heatmap.png").stat().st_size > 10_000


def test_each_command_is_one_line() -> None:
    assert [len(block.splitlines()) for block in blocks("sh")] == [1, 1]


def test_links_lead_somewhere() -> None:
    links = [link for link in re.findall(r"\]\(([^)]+)\)", TEXT)]
    assert links and all((ROOT / link).exists() for link in links)


def test_the_accuracies_are_the_models_own() -> None:
    rows = re.findall(r"\[([\w-]+)\]\((models/[\w-]+/README.md)\) \| ([\d.]+%)", TEXT)
    assert len(rows) == 4
    assert all(f"| accuracy | {accuracy} " in (ROOT / path).read_text(encoding="utf-8") for _, path, accuracy in rows)
