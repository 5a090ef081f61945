"""The floor of coverage: rooms are counted together, and a room below its floor is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests import coverage_floor
from tests.coverage_floor import Count, below, lines_not_run, main, rooms


def report(**covered: int) -> dict:
    """A report of two files of rules with 100 lines and branches together, and one of each other room."""
    files = {
        "lrp/rules/one.py": (60, 20, covered.get("rules", 80) - 20, 20, [3, 4]),
        "lrp/rules/two.py": (20, 0, 20, 0, []),
        "lrp/arrays.py": (100, 0, covered.get("arrays", 100), 0, []),
        "lrp/formats/load.py": (100, 0, covered.get("formats", 100), 0, []),
        "lrp/conformance/case.py": (100, 0, covered.get("conformance", 100), 0, []),
    }
    names = ("num_statements", "num_branches", "covered_lines", "covered_branches")
    return {"files": {file: {"summary": dict(zip(names, row)), "missing_lines": row[4]} for file, row in files.items()}}


def test_rooms_are_counted_with_their_branches() -> None:
    assert rooms(report(rules=70))["rules"] == Count(100, 90)
    assert rooms(report())["arrays"].percent == 100.0


def test_a_room_below_its_floor_is_named() -> None:
    assert below(rooms(report())) == []
    assert below(rooms(report(rules=74, formats=91))) == [
        "rules: expected at least 95 % of lines and branches, got 94.0 %"
    ]
    assert len(below(rooms(report(formats=50, conformance=50)))) == 2


def test_a_floor_without_a_room_is_named() -> None:
    assert below({"rules": Count(1, 1), "formats": Count(1, 1)}) == ["conformance: expected a floor's room to exist"]


def test_code_that_needs_a_missing_library_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverage_floor, "NEEDS", {"lrp/rules/one": "a_library_that_nobody_has"})
    assert rooms(report(rules=20))["rules"] == Count(20, 20) and lines_not_run(report()) == []


def test_the_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "c.json").write_text(json.dumps(report(rules=70)))
    monkeypatch.setattr("sys.argv", ["coverage_floor", str(tmp_path / "c.json"), "--lines"])
    assert main() == 1
    out, error = capsys.readouterr()
    assert "rules         90.0 %   floor 95 %" in out and "lrp/rules/one.py: 3, 4" in out and error.startswith("rules:")
