"""docs/disagreements.md, written from the examples: python -m lrp.conformance.disagreements > docs/disagreements.md

Zennit, Captum and LXT are run. The numbers of the others are those of their profiles, which reproduce the libraries'
stored results.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.conformance.examples import EXAMPLES, Example
from lrp.conformance.oracles import ORACLES
from lrp.graph import PROFILES, Constant, Profile, Start

HEAD = """# Where implementations disagree

The same rule name gives different numbers in different libraries. For each rule here is a network small enough to
follow by hand, what each library returns, and why. `profile="zennit"` and so on reproduce these numbers on any
network; `profile="paper"` is the default and gives the published equations.

"run" marks numbers that the library itself has returned to `python -m lrp.conformance.disagreements`, which writes
this page; "profile" marks those of a profile that reproduces the library's stored results.
"""


def text() -> str:
    """The page. MissingExtraError if a library that has to be run is not installed."""
    parts = [HEAD, *map(_section, EXAMPLES), _notes()]
    return "\n".join(parts)


def published(example: Example) -> Array:
    """The exact relevance of the example's input."""
    network = example.network.exact()
    return np.asarray(network.explain(example.x, 0, example.composite, start=_start(example)).relevance)


def profiled(example: Example, name: str) -> Array:
    """The relevance under a library's profile."""
    composite = example.names.get(name, example.composite)
    return np.asarray(example.network.explain(example.x, 0, composite, start=_start(example), profile=name).relevance)


def _start(example: Example) -> Start | None:
    return None if example.start is None else Constant(example.start)


def ran(example: Example, name: str) -> Array | None:
    """What the library itself returns; None if it is not run."""
    if name not in ORACLES or not example.live:
        return None
    return np.asarray(
        ORACLES[name].relevance(example.network, example.x, 0, example.names.get(name, example.composite))
    )


def _section(example: Example) -> str:
    exact = published(example)
    rows = ["| | relevance | sum | | why |", "|---|---|---|---|---|"]
    rows.append(f"| published | {_listed(exact)} | {_number(exact.sum())} | exact | |")
    for name, why in example.why.items():
        returned = ran(example, name)
        source = "profile" if returned is None else "run"
        values = profiled(example, name) if returned is None else returned
        rows.append(f"| {PROFILES[name].name} | {_listed(values)} | {_number(values.sum())} | {source} | {why} |")
    return "\n".join([f"## {example.title}", "", example.words, "", *rows, ""])


def _notes() -> str:
    """Every profile's departures, reproduced and not reproduced."""
    lines = ["## All departures that the profiles reproduce", ""]
    for profile in PROFILES.values():
        lines += _profile_notes(profile)
    return "\n".join(lines)


def _profile_notes(profile: Profile) -> list[str]:
    if not profile.notes:
        return []
    lines = [f"### {profile.name}: {profile.version}", "", *(f"* {note}" for note in profile.notes), ""]
    if profile.missing:
        lines += ["Known and not reproduced:", "", *(f"* {note}" for note in profile.missing), ""]
    return lines


def _listed(values: Array) -> str:
    return ", ".join(map(_number, values.ravel().tolist()))


def _number(value: Any) -> str:
    """A Fraction as it is; a float with seven digits, because the rest is rounding."""
    if not isinstance(value, float):
        return str(value)
    nearest = arrays.rational(f"{value:.7g}")
    return str(nearest) if nearest.denominator == 1 and abs(nearest) < 10**6 else f"{value:.7g}"


if __name__ == "__main__":  # pragma: no cover
    sys.stdout.write(text())
