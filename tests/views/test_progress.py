"""The progress bar: drawn for people, silent for programs."""

from __future__ import annotations

import sys

import pytest

from lrp.views import progress_bar as module
from lrp.views.progress_bar import progress


class Terminal:
    """A standard error that says it is a terminal, and remembers."""

    encoding = "utf-8"

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return True


def test_a_bar_for_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(module, "DELAY", 0.0)
    with progress(2, "explain") as step:
        step("conv1")
        step("conv2")
    assert "explain" in terminal.text and "2/2" in terminal.text


def test_nothing_for_a_pipe(capfd: pytest.CaptureFixture[str]) -> None:
    with progress(2, "explain") as step:
        step("conv1")
    assert capfd.readouterr() == ("", "")


def test_work_is_done_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)
    with progress(2, "explain") as step:
        step("conv1")
