"""docs/text.md: its commands and its Python code run as they are written."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from lrp.cli import main
from lrp.text import ARRAS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "text.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"(?m)^    lrp (.*)$", PAGE)


def from_root(words: list[str], folder: Path) -> list[str]:
    """The words of a command with files of the repository by their path and outputs in a folder."""
    made = [str(ROOT / word) if word.startswith("models/") else word for word in words]
    return [str(folder / word) if before == "--out" else word for before, word in zip(["", *made], made)]


@pytest.mark.parametrize("command", COMMANDS)
def test_commands(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(from_root(shlex.split(command), tmp_path)) == 0
    assert "sci.med" in capsys.readouterr().out
    for name in re.findall(r"--out (\S+)", command):
        assert (tmp_path / name).stat().st_size > 0


def test_there_are_commands() -> None:
    assert len(COMMANDS) >= 2


def test_the_composite_of_the_page_is_the_constant_and_the_command_line_takes_it(tmp_path: Path) -> None:
    assert f"    {ARRAS.name}\n" in PAGE and f'--composite "{ARRAS.name}"' in PAGE
    explain = next(command for command in COMMANDS if command.startswith("explain"))
    assert main([*from_root(shlex.split(explain), tmp_path), "--composite", ARRAS.name]) == 0


@pytest.mark.parametrize("option", ["--out letter.tex", "--out coloured.txt", "--encoding latin-1", "--limit 2.5"])
def test_options(option: str, tmp_path: Path) -> None:
    assert f"`{option}`" in PAGE
    explain = next(command for command in COMMANDS if command.startswith("explain"))
    words = shlex.split(explain)
    words = words[: words.index("--out")] + (["--out", "letter.html"] if "--out" not in option else [])
    assert main(from_root([*words, *option.split()], tmp_path)) == 0


def test_the_python_code_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    code = re.search(r"The same in Python:\n\n((?:(?:    .*)?\n)+)", PAGE)
    assert code is not None
    monkeypatch.chdir(ROOT)
    names: dict[str, object] = {}
    exec(re.sub(r"(?m)^    ", "", code.group(1)), names)
    words = names["words"]
    assert np.isfinite(words.relevance).all() and "<html" in str(names["page"])  # type: ignore[attr-defined]


def test_the_files_it_names_are_there() -> None:
    for name in re.findall(r"(?:models|benchmarks)/[\w/.-]+\w", PAGE):
        assert (ROOT / name).exists(), name
