"""The command line as a whole: help, and the ways in which a program ends."""

from __future__ import annotations

import io
import os
import runpy
import sys
from pathlib import Path

import pytest

from lrp import cli
from lrp.cli import BROKEN_PIPE, COMMANDS, INTERRUPTED, main, rules

from .conftest import Run, sentence


def test_help_names_every_command(run: Run) -> None:
    code, out, _ = run("--help")
    assert code == 0 and len(COMMANDS) == len(set(COMMANDS))
    assert all(command.__name__.rsplit(".", 1)[1] in out for command in COMMANDS)


@pytest.mark.parametrize("arguments", [[], ["dance"], ["explain"], ["explain", "a", "b", "--dtype", "int8"]])
def test_wrong_usage_ends_with_2(run: Run, arguments: list[str]) -> None:
    code, _, error = run(*arguments)
    assert code == 2 and error.startswith("usage: lrp") and "Traceback" not in error


def test_a_reader_that_went_away(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with io.TextIOWrapper(os.fdopen(writing, "wb")) as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        assert main(["rules"]) == BROKEN_PIPE
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    "error, code, said",
    [
        (KeyboardInterrupt(), INTERRUPTED, ""),
        (MemoryError("64 GiB"), 2, "the memory of this machine is not enough (64 GiB)"),
    ],
)
def test_how_else_it_ends(
    run: Run, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, said: str
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(rules, "columns", lambda rows: fail())
    result, _, text = run("rules")
    assert result == code and (sentence(text, "rules") if said else text) == said


def test_a_poor_terminal_gets_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    monkeypatch.setattr(rules, "columns", lambda rows: "\u00e9l\u00e9phant")
    assert main(["rules"]) == 0
    stream.seek(0)
    assert r"\xe9l\xe9phant" in stream.read()


def test_python_minus_m(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["lrp", "rules", "flat"])
    with pytest.raises(SystemExit) as end:
        runpy.run_module("lrp", run_name="__main__")
    assert end.value.code == 0 and "1/N_j" in capsys.readouterr().out


def test_the_entry_point_is_there() -> None:
    settings = (Path(cli.__file__).parents[2] / "setup.cfg").read_text(encoding="utf-8")
    assert "lrp = lrp.cli:main" in settings
