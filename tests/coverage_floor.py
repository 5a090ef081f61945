"""The coverage of each room of lrp and the floor that it must not fall below.

    python -m pytest -n auto --cov=lrp --cov-report=json:coverage.json
    python -m tests.coverage_floor coverage.json            a table; ends with code 1 if a room is below its floor
    python -m tests.coverage_floor coverage.json --lines    also every line that no test runs

A room is a folder or file directly below lrp/. Counted are lines and branches together, as coverage.py counts them. Code
that needs another library, or whose tests compare it with one, is left out where this library is not installed.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FLOOR = 95.0  # percent, for every room without a line below
FLOORS = {"formats": 90.0, "conformance": 85.0}
NEEDS = {
    "lrp/campaign/workers": "distributed",
    "lrp/conformance/oracles/": "torch",
    "lrp/conformance/disagreements": "torch",
    "lrp/formats/build/": "torch",
    "lrp/formats/caffe/": "torch",
    "lrp/formats/chainer/": "torch",
    "lrp/formats/container/onnx_message": "onnx",
    "lrp/formats/matlab/": "torch",
    "lrp/formats/onnx/": "onnx",
    "lrp/formats/torch/": "torch",
}


@dataclass
class Count:
    """Lines and branches: how many there are, how many ran."""

    all: int = 0
    run: int = 0

    @property
    def percent(self) -> float:
        return 100.0 * self.run / self.all if self.all else 100.0


def room(file: str) -> str:
    """lrp/rules/engine.py -> rules, lrp/arrays.py -> arrays"""
    return Path(file).parts[1].removesuffix(".py")


def is_counted(file: str) -> bool:
    """Whether the libraries that a file needs are installed."""
    return all(importlib.util.find_spec(library) for start, library in NEEDS.items() if file.startswith(start))


def rooms(report: dict[str, Any]) -> dict[str, Count]:
    """The counts of each room from coverage.py's JSON report."""
    found: dict[str, Count] = {}
    for file, data in report["files"].items():
        if is_counted(file):
            count, summary = found.setdefault(room(file), Count()), data["summary"]
            count.all += summary["num_statements"] + summary.get("num_branches", 0)
            count.run += summary["covered_lines"] + summary.get("covered_branches", 0)
    return found


def below(found: dict[str, Count]) -> list[str]:
    """A sentence for every room below its floor, and for every floor without a room."""
    sentences = [f"{name}: expected a floor's room to exist" for name in FLOORS if name not in found]
    for name, count in found.items():
        floor = FLOORS.get(name, FLOOR)
        if count.percent < floor:
            sentences.append(
                f"{name}: expected at least {floor:.0f} % of lines and branches, got {count.percent:.1f} %"
            )
    return sentences


def lines_not_run(report: dict[str, Any]) -> list[str]:
    """file:line, line, ... for every file with lines that no test runs."""
    return [
        f"{file}: {', '.join(map(str, data['missing_lines']))}"
        for file, data in report["files"].items()
        if data["missing_lines"] and is_counted(file)
    ]


def main() -> int:
    report = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    found = rooms(report)
    for name, count in sorted(found.items(), key=lambda item: item[1].percent):
        print(
            f"{name:12} {count.percent:5.1f} %   floor {FLOORS.get(name, FLOOR):.0f} %   {count.all} lines and branches"
        )
    if "--lines" in sys.argv:
        print("\n".join(lines_not_run(report)))
    sentences = below(found)
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    return 1 if sentences else 0


if __name__ == "__main__":
    sys.exit(main())
