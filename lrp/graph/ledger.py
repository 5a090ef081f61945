"""The ledger: where every unit of relevance went, node by node.

    received  =  passed  +  bias  +  stabilizer  +  dropped  (+ residual, the rounding)

The residual is an identity's rounding error: 0 in exact arithmetic, and in floating point at most 8 eps(dtype) times
the gross flow, the sum of |received|, |passed|, |bias|, |stabilizer| and |dropped| over their entries. It is never
compared with |sum R|, which an unstabilised rule can make as small as it likes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import LedgerError
from lrp.lazy import LazyFields
from lrp.rules import MAX_DEFERRED, Propagation, Rule
from lrp.tables import html_table, number_text

BOUND = 8
SUBNORMAL_STEPS = 1 << 20
STORED = ("received", "passed", "bias", "stabilizer", "dropped")
COLUMNS = (*STORED, "residual", "gross")
SHOWN = 4  # samples whose ledgers a notebook shows
NAME_LENGTH = 40  # characters of a node's name in a table


@dataclass(frozen=True)
class LedgerRow(LazyFields):
    """One node's account. Every number has shape (n,), one per sample, and the unit of the explained output."""

    name: str
    kind: str
    rule: str
    received: Array
    passed: Array
    bias: Array
    stabilizer: Array
    dropped: Array
    gross: Array
    eps: float

    @property
    def residual(self) -> Array:
        """received - passed - bias - stabilizer - dropped: what rounding lost."""
        return self.received - self.passed - self.bias - self.stabilizer - self.dropped

    @property
    def bound(self) -> Array:
        """The largest residual that rounding explains: 8 eps gross, 0 in exact arithmetic.

        Below the normal numbers rounding is absolute: half of the smallest subnormal number per step. So the bound is
        never less than SUBNORMAL_STEPS of them.
        """
        if not self.eps:
            return 0 * self.gross
        kind = np.float64 if self.eps < 1e-10 else np.float32
        return np.maximum(BOUND * self.eps * self.gross, SUBNORMAL_STEPS * float(np.finfo(kind).smallest_subnormal))

    def closes(self) -> Array:
        """(n,) whether each sample's line closes; never for NaN."""
        return np.asarray(np.abs(self.residual) <= self.bound, dtype=bool)

    def sample(self, index: int) -> LedgerRow:
        """The line of one sample alone."""
        kept: dict[str, Any] = {key: getattr(self, key)[index : index + 1] for key in (*STORED, "gross")}
        return replace(self, **kept)

    def __repr__(self) -> str:
        sums = ", ".join(f"{key} {float(getattr(self, key).sum()):.6g}" for key in STORED)
        return f"LedgerRow({self.name}: {self.kind} {self.rule}; sums over {len(self.received)} samples: {sums})"


def line(name: str, kind: str, rule: Rule, R: Array, share: Propagation) -> LedgerRow:
    """A node's line from the relevance it received and the share it gave; of small arrays, once it is read."""

    def account() -> dict[str, Any]:
        received = arrays.sum_per_sample(R)
        if len(share.parts) == 1 and share.parts[0] is R:
            passed = received
        else:
            passed = sum(map(arrays.sum_per_sample, share.parts), arrays.zero_sums(R))
        sums = {"bias": share.bias, "stabilizer": share.stabilizer, "dropped": share.dropped}
        gross = share.gross + arrays.sum_abs(R)
        return {"rule": rule.text(), "received": received, "passed": passed, **sums, "gross": gross}

    row = LedgerRow.lazy(account, name=name, kind=kind, eps=arrays.epsilon_of(R))
    return row if R.size + sum(part.size for part in share.parts) <= MAX_DEFERRED else row.computed()


@dataclass(frozen=True)
class Ledger(LazyFields):
    """The lines from the logit down to the inputs, what was put in (`start`) and what arrived at the inputs."""

    lines: tuple[LedgerRow, ...]
    start: Array
    arrived: Array
    eps: float

    def __getitem__(self, name: str) -> LedgerRow:
        return next(line for line in self.lines if line.name == name)

    def __len__(self) -> int:
        """The number of samples."""
        return len(self.start)

    def sample(self, index: int) -> Ledger:
        """The ledger of one sample of the batch."""
        index = range(len(self))[index]
        lines = tuple(line.sample(index) for line in self.lines)
        return replace(self, lines=lines, start=self.start[index : index + 1], arrived=self.arrived[index : index + 1])

    def total(self) -> LedgerRow:
        """From the logit to the pixels in one line."""
        nothing = 0 * self.start
        sums = {
            key: sum((getattr(line, key) for line in self.lines), nothing)
            for key in ("bias", "stabilizer", "dropped", "gross")
        }
        gross = sums["gross"] + abs(self.start) + abs(self.arrived)
        return LedgerRow(
            "total",
            "",
            "",
            self.start,
            self.arrived,
            sums["bias"],
            sums["stabilizer"],
            sums["dropped"],
            gross,
            self.eps,
        )

    def check(self) -> None:
        """Raise LedgerError, with the node's name, unless every line of every sample and the total close."""
        for entry in (*self.lines, self.total()):
            closed = entry.closes()
            if not closed.all():
                i = int(np.argmin(closed))
                raise LedgerError(
                    f"{entry.name}: the ledger of sample {i} does not close: received {entry.received[i]}, residual"
                    f" {entry.residual[i]}, allowed {entry.bound[i]} ({entry.kind} {entry.rule}); a layer's"
                    " distribute() is wrong, or its numbers have overflowed"
                )

    def table(self, sample: int = 0) -> str:
        """The account of one sample as text, a line a node."""
        ledger = self.sample(sample)
        entries = [*ledger.lines, ledger.total()]
        rows = [["node", "layer", "rule", *COLUMNS[:-1]]]
        rows += [
            [_shortened(e.name), e.kind, e.rule, *(number_text(getattr(e, key)[0]) for key in COLUMNS[:-1])]
            for e in entries
        ]
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        texts = [
            "  ".join(_cell(cell, width, i) for i, (cell, width) in enumerate(zip(row, widths))).rstrip()
            for row in rows
        ]
        rule = "-" * max(map(len, texts))
        return "\n".join([texts[0], rule, *texts[1:-1], rule, texts[-1]])

    def to_json(self) -> str:
        """Every line of every sample; Fractions as text such as "1/3"."""

        def plain(entry: LedgerRow) -> dict[str, Any]:
            numbers = {key: [_plain(v) for v in getattr(entry, key)] for key in COLUMNS}
            return {"name": entry.name, "layer": entry.kind, "rule": entry.rule, **numbers}

        return json.dumps({"nodes": [plain(entry) for entry in self.lines], "total": plain(self.total())}, indent=1)

    def __repr__(self) -> str:
        ends = f"start {float(self.start.sum()):.6g}, arrived {float(self.arrived.sum()):.6g}"
        closes = all(entry.closes().all() for entry in (*self.lines, self.total()))
        state = "closes" if closes else "does not close"
        return f"Ledger({len(self.lines)} nodes, {len(self)} samples, {state}; sums: {ends})"

    def _repr_html_(self) -> str:
        tables = []
        for index in range(min(SHOWN, len(self))):
            ledger = self.sample(index)
            rows = [["node", "layer", "rule", *COLUMNS[:-1]]]
            for e in (*ledger.lines, ledger.total()):
                rows.append([e.name, e.kind, e.rule, *(number_text(getattr(e, key)[0]) for key in COLUMNS[:-1])])
            tables.append(f"<p>Ledger of sample {index}</p>{html_table(rows, range(3, 3 + len(COLUMNS) - 1))}")
        return "".join(tables)


def _shortened(name: str) -> str:
    """Of a name longer than NAME_LENGTH the beginning and the end."""
    half = (NAME_LENGTH - 2) // 2
    return name if len(name) <= NAME_LENGTH else f"{name[:half]}..{name[-half:]}"


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, (Fraction, int)) and not isinstance(value, bool) else float(value)


def _cell(text: str, width: int, column: int) -> str:
    """Names to the left, numbers to the right."""
    return text.ljust(width) if column < 3 else text.rjust(width)
