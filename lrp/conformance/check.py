"""Measuring another implementation: which cases agree, which do not, and the likely reason in words.

    from lrp import conformance
    report = conformance.check(results, folder)         # results: case identifier -> relevance of the input
    report = conformance.run(explain, folder)           # explain(vector) -> relevance; None to leave a case out
    print(report.text()); assert report.agrees

A result agrees where |result - expected| <= tolerance max|expected| of its array: 1e-9 for float64, 1e-5 for float32.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from lrp.arrays import Array
from lrp.conformance.reasons import TOLERANCES, Reasons, difference_of
from lrp.conformance.vectors import Vector, read
from lrp.errors import InputError

Result = Array | Mapping[str, Array]


@dataclass(frozen=True)
class Verdict:
    """One case: whether it agrees, the largest difference relative to max|expected|, and the likely reasons."""

    id: str
    agrees: bool
    difference: float
    reasons: tuple[str, ...] = ()

    def text(self) -> str:
        words = "agrees" if self.agrees else "differs"
        reason = "".join(f"\n    {reason}" for reason in self.reasons)
        return f"{words}  {self.difference:.1e}  {self.id}{reason}"


@dataclass(frozen=True)
class Report:
    """All verdicts, and the identifiers of the cases that were left out."""

    verdicts: tuple[Verdict, ...]
    missing: tuple[str, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether every case that was tried agrees, and one was tried."""
        return bool(self.verdicts) and all(v.agrees for v in self.verdicts)

    def failures(self) -> tuple[Verdict, ...]:
        """The verdicts that do not agree."""
        return tuple(v for v in self.verdicts if not v.agrees)

    def text(self) -> str:
        """The failures, then the reasons by how often they were found, then the count."""
        failures = self.failures()
        counts = Counter(reason for verdict in failures for reason in verdict.reasons)
        lines = [verdict.text() for verdict in failures]
        lines += [f"{count:6d}  {reason}" for reason, count in counts.most_common()]
        lines.append(
            f"{len(self.verdicts) - len(failures)} of {len(self.verdicts)} cases agree; {len(self.missing)} not tried"
        )
        return "\n".join(lines)


def check(results: Mapping[str, Result], folder: str | os.PathLike[str] | Iterable[Vector]) -> Report:
    """Compare results with the vectors of a folder.

    results: identifier -> the relevance of the case's input, or node name -> array for any of its nodes.
    InputError for identifiers that no case has.
    """
    left, reasons = dict(results), Reasons()
    verdicts, missing = [], []
    for vector in _vectors(folder):
        if vector.id in left:
            verdicts.append(judge(vector, left.pop(vector.id), reasons))
        else:
            missing.append(vector.id)
    if left:
        raise InputError(
            f"results: expected identifiers of cases, got {sorted(left)[0]!r} and {len(left) - 1} others that are none;"
            " the manifest lists all"
        )
    return Report(tuple(verdicts), tuple(missing))


def run(explain: Callable[[Vector], Result | None], folder: str | os.PathLike[str] | Iterable[Vector]) -> Report:
    """Ask an implementation for every case, then judge what it answers; None leaves a case out."""
    verdicts, missing = [], []
    reasons = Reasons()
    for vector in _vectors(folder):
        result = explain(vector)
        if result is None:
            missing.append(vector.id)
        else:
            verdicts.append(judge(vector, result, reasons))
    return Report(tuple(verdicts), tuple(missing))


def judge(vector: Vector, result: Result, reasons: Reasons | None = None) -> Verdict:
    """One case; `reasons` remembers what explained the cases before."""
    reasons = Reasons() if reasons is None else reasons
    given = _by_node(vector, result)
    expected = {name: vector.relevance(name) for name in given}
    wrong_shape = [name for name in given if given[name].shape != expected[name].shape]
    if wrong_shape:
        name = wrong_shape[0]
        reason = f"{name} has shape {given[name].shape}, expected {expected[name].shape}: axes in another order?"
        return Verdict(vector.id, False, np.inf, (reason,))
    tolerance = max(TOLERANCES.get(str(array.dtype), 1e-9) for array in given.values())
    difference = difference_of(given, expected)
    if difference <= tolerance:
        return Verdict(vector.id, True, difference)
    return Verdict(vector.id, False, difference, reasons.of(vector.case, given, expected, tolerance))


def _vectors(folder: str | os.PathLike[str] | Iterable[Vector]) -> Iterable[Vector]:
    return read(folder) if isinstance(folder, (str, os.PathLike)) else folder


def _by_node(vector: Vector, result: Result) -> dict[str, Array]:
    """The result by node: a lone array is the relevance of the one input."""
    if not isinstance(result, Mapping):
        names = vector.inputs()
        if len(names) > 1:
            raise InputError(f"{vector.id}: expected relevance by the names {', '.join(names)}, got one array")
        result = {names[0]: result}
    unknown = sorted(set(result) - set(vector.relevances))
    if unknown or not result:
        raise InputError(f"{vector.id}: expected arrays by node ({', '.join(vector.relevances)}), got {unknown}")
    return {name: np.asarray(array) for name, array in result.items()}
