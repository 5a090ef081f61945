"""Files are written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lrp.errors import SaveError
from lrp.formats.container.output import check_target, write_bytes


def test_the_bytes_arrive_and_nothing_else_is_left(tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    target.write_bytes(b"before")
    write_bytes(target, b"after")
    assert target.read_bytes() == b"after" and os.listdir(tmp_path) == ["a.bin"]


def test_an_error_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a.bin"
    target.write_bytes(b"before")

    def full(*names: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(SaveError, match=r"a.bin: cannot be written \(No space left on device\); choose another place"):
        write_bytes(target, b"after")
    assert target.read_bytes() == b"before" and os.listdir(tmp_path) == ["a.bin"]


def test_targets_are_checked_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check_target(tmp_path / "a.bin")
    monkeypatch.chdir(tmp_path)
    check_target("a.bin")
    with pytest.raises(SaveError, match="expected the name of a file to write, got a folder"):
        check_target(tmp_path)
    with pytest.raises(SaveError, match=r"expected a name in a folder that exists, got the folder .*none'; make it"):
        check_target(tmp_path / "none" / "a.bin")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(SaveError, match="expected a folder that can be written, got '.'; choose another"):
        check_target("a.bin")
