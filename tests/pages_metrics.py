"""The table of docs/evaluation.md, from the registry METRICS.

python -m tests.pages_metrics      prints the page with its table renewed
"""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path

from lrp.evaluation import METRICS

PAGE = Path(__file__).resolve().parents[1] / "docs" / "evaluation.md"
BEGIN, END = "<!-- metrics: generated -->", "<!-- end of metrics -->"


def metrics_table() -> str:
    """One row for each metric: name, function, numbers, curves, what the data must have, source."""
    rows = ["| metric | function | numbers, one per picture | curves | source |", "|---|---|---|---|---|"]
    for name, metric in METRICS.items():
        masks = " (needs masks)" if metric.needs_masks else ""
        cells = [f"`{name}`{masks}", f"`{metric.function.__name__}`", _listed(metric.numbers), _listed(metric.curves)]
        rows.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in [*cells, source(metric.function)])} |")
    return "\n".join(rows)


def source(function) -> str:
    """The citation of a docstring, on one line."""
    found = re.search(r"^Source: (.+)$", inspect.getdoc(function) or "", re.MULTILINE)
    assert found, f"{function.__name__} cites no source"
    return found.group(1)


def page() -> str:
    """docs/evaluation.md with its table renewed."""
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n\n{metrics_table()}\n\n{END}{rest.split(END)[1]}"


def _listed(entries) -> str:
    """Names with what they are."""
    return "; ".join(f"{name}: {words}" for name, words in entries.items())


if __name__ == "__main__":
    sys.stdout.write(page())
