"""The differential runner: each library against this engine, rule by rule, with and without its profile."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lrp.conformance.oracles.libraries import Captum, Lxt, Oracle, Zennit, largest_difference
from lrp.errors import LrpError, MissingExtraError
from lrp.graph import Network

ORACLES: dict[str, Oracle] = {oracle.profile: oracle for oracle in (Zennit(), Captum(), Lxt())}
RULES = (
    "zero",
    "epsilon:1e-6",
    "epsilon:0.1",
    "epsilon:0.1,bias=off",
    "gamma:0.25",
    "gamma:0.25,bias=off",
    "z_plus",
    "z_plus:bias=off",
    "alpha_beta:2,1",
    "alpha_beta:2,1,bias=off",
    "z_box:-4,4",
    "w_square",
    "flat",
)


@dataclass(frozen=True)
class Comparison:
    """One library under one rule: the largest difference relative to max|R|, as published and under its profile.

    None, and a reason, if the library lacks the rule or a layer.
    """

    library: str
    rule: str
    published: float | None
    profiled: float | None
    reason: str = ""


def compare(
    network: Network, x: Any, target: int, rules: Iterable[str] = RULES, libraries: Iterable[str] | None = None
) -> list[Comparison]:
    """Every library that is installed under every rule, the rule on every kernel; pools and sums as published.

    x must lie between -4 and 4 for the box. A library that is not installed is left out.
    """
    found = []
    for name in ORACLES if libraries is None else libraries:
        for rule in rules:
            try:
                theirs = ORACLES[name].relevance(network, x, target, composite_of(rule))
            except MissingExtraError:
                break
            except LrpError as error:
                found.append(Comparison(name, rule, None, None, str(error)))
                continue
            published, profiled = (
                largest_difference(network.explain(x, target, composite_of(rule), profile=one).relevance, theirs)
                for one in ("paper", name)
            )
            found.append(Comparison(name, rule, published, profiled))
    return found


def table(network: Network, x: Any, target: int, rules: Iterable[str] = RULES) -> str:
    """compare() as text."""
    rows = [("library", "rule", "as published", "with its profile")]
    for one in compare(network, x, target, rules):
        if one.reason:
            rows.append((one.library, one.rule, "-", one.reason))
        else:
            rows.append((one.library, one.rule, _text(one.published), _text(one.profiled)))
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(row, [*widths, 0])).rstrip() for row in rows)


def composite_of(rule: str) -> str:
    """The rule on every kernel; z_box, which is for the input, on the first kernel alone, and epsilon on the others."""
    if rule.startswith("z_box"):
        return f"first:Dense|Conv={rule} Dense|Conv=epsilon:1e-6 *=zero"
    return f"Dense|Conv={rule} *=zero"


def _text(value: float | None) -> str:
    return "-" if value is None else f"{value:.1e}"
