"""The table of docs/methods.md, from the registry METHODS.

python -m tests.pages_methods      prints the page with its table renewed
"""

from __future__ import annotations

import inspect
from pathlib import Path

from lrp.methods import METHODS, class_model
from lrp.methods.method import Entry

PAGE = Path(__file__).resolve().parents[1] / "docs" / "methods.md"
START, END = "<!-- methods: generated -->", "<!-- end of methods -->"

# a method of the package that explains no input and so is not in METHODS
OTHERS = {
    "class_model": Entry(
        class_model, use="a picture with a large score", limits="says nothing about one input", example="-"
    )
}


def methods_table() -> str:
    """One row per method: formula and source from its docstring, the rest from its entry."""
    rows = [
        "| method | function | formula | text form | use it for | limits | sums to | source |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, entry in {**METHODS, **OTHERS}.items():
        doc = inspect.getdoc(entry.function).splitlines()
        formula = doc[0].replace("|", "\\|")
        source = " ".join(_source(doc)).replace("|", "\\|")
        text = "-" if entry.example == "-" else f"`{entry.example}`"
        cells = [f"`{name}`", f"`{entry.function.__name__}`", formula, text]
        cells += [entry.use, entry.limits, entry.sums_to or "-", source]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _source(doc: list[str]) -> list[str]:
    """The lines of the docstring's source, without its key."""
    first = next(i for i, line in enumerate(doc) if line.startswith("Source: "))
    last = doc.index("", first)
    return [line.removeprefix("Source: ").strip() for line in doc[first:last]]


def page() -> str:
    """docs/methods.md with the table of today."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    return f"{before}{START}\n\n{methods_table()}\n\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    print(page(), end="")
