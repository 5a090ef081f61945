"""Tables of cells as aligned text and as HTML."""

from __future__ import annotations

import html
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

NAME_LENGTH = 40  # characters of a node's name in a table
SHORT_FRACTION, LONG_FRACTION = 12, 30  # characters of a fraction that is printed alone, and beside its float


def columns(rows: Sequence[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    """A table of text; the columns whose numbers are in `numbers` are aligned to the right.

    >>> print(columns([["node", "weights"], ["dense1", "6"]], numbers=(1,)))
    node    weights
    dense1        6
    """
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.rjust(w) if i in numbers else cell.ljust(w) for i, (cell, w) in enumerate(zip(row, widths))
        ).rstrip()
        for row in rows
    )


def html_table(rows: Sequence[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    """The same table as HTML, the first row as its head; every cell is escaped.

    >>> html_table([["node"], ["a<b"]])
    '<table><tr><th>node</th></tr><tr><td>a&lt;b</td></tr></table>'
    """

    def row(cells: Sequence[str], tag: str) -> str:
        right = ' style="text-align: right"'
        marks = (f"<{tag}{right * (i in numbers)}>{html.escape(cell)}</{tag}>" for i, cell in enumerate(cells))
        return f"<tr>{''.join(marks)}</tr>"

    return f"<table>{row(rows[0], 'th')}{''.join(row(cells, 'td') for cells in rows[1:])}</table>"


def shortened(name: str, length: int = NAME_LENGTH) -> str:
    """A name for a table: of a longer one than `length` characters the beginning and the end, with .. between.

    >>> shortened("encoder/block12/attention/output", 20)
    'encoder/b..on/output'
    """
    if len(name) <= length:
        return name
    half = (length - 2) // 2
    return f"{name[:half]}..{name[-half:]}"


def shape_text(shape: Sequence[int | None]) -> str:
    """A shape in words, with * for a free length.

    >>> shape_text((28, None, 1)), shape_text(())
    ('28 x * x 1', '1')
    """
    return " x ".join("*" if n is None else str(n) for n in shape) or "1"


def number_text(value: Any) -> str:
    """A cell of the table: 0 for an exact zero; a fraction as it is, with its float beside it where it is long."""
    if value == 0 or not isinstance(value, (Fraction, int)):
        return "0" if value == 0 else f"{float(value):.6g}"
    text, nearest = str(value), f"{float(value):.6g}"
    if len(text) <= SHORT_FRACTION:
        return text
    return f"{text} ({nearest})" if len(text) <= LONG_FRACTION else f"{nearest} ({len(text)} characters)"
