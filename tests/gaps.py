"""The lines and branches of lrp that the tests do not run, each with the reason, from a coverage report in JSON.

python -m pytest -n auto --cov=lrp --cov-report=json:coverage.json
python -m tests.gaps coverage.json > docs/coverage.md
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REFUSAL = "a sentence that refuses a file: each kind of refusal is tested, not every field of every format"
READER = "a form that a framework can write and none of the files at hand has"
LIBRARIES = "it asks another library for its numbers, and runs where that library is installed"
OTHER = "a way out that needs a machine in trouble or a caller that goes round the public names"


def reason(path: str, line: int) -> str:
    """Why a line is not run."""
    text = (ROOT / path).read_text(encoding="utf-8").splitlines()
    near = " ".join(part.strip() for part in text[line - 1 : line + 1])
    if path.startswith(("lrp/conformance/oracles/", "lrp/conformance/disagreements")):
        return LIBRARIES
    if path.startswith("lrp/formats/"):
        return REFUSAL if near.startswith(("raise", "return None")) or "raise" in near else READER
    return REFUSAL if near.startswith("raise") else OTHER


def runs(numbers: list[int]) -> str:
    """1, 2, 3, 7 -> 1-3, 7"""
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in found)


def page(report: dict) -> str:
    """docs/coverage.md"""
    total = report["totals"]
    lines = [
        "# Coverage",
        "",
        "Written by `python -m tests.gaps coverage.json > docs/coverage.md` from a run of all tests with the real data, torch",
        f"and onnx at hand: {total['percent_covered']:.1f} % of {total['num_statements']} lines and {total['num_branches']}"
        " branches of lrp. What is not run, and why:",
        "",
        "| file | lines | branches (from -> to) | why |",
        "|---|---|---|---|",
    ]
    for path, data in sorted(report["files"].items()):
        kinds: dict[str, tuple[list[int], list[list[int]]]] = {}
        for number in data["missing_lines"]:
            kinds.setdefault(reason(path, number), ([], []))[0].append(number)
        missing = set(data["missing_lines"])
        for start, end in data["missing_branches"]:
            if abs(end) not in missing and start not in missing:
                kinds.setdefault(reason(path, start), ([], []))[1].append([start, end])
        for why, (numbers, branches) in kinds.items():
            jumps = ", ".join(f"{a} -> {'exit' if b < 0 else b}" for a, b in branches)
            lines.append(f"| {path} | {runs(numbers)} | {jumps} | {why} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))), end="")
