"""Measuring another implementation: which cases agree, which do not, and the likely reason.

    from lrp import conformance
    report = conformance.check(results, folder)         # results: case identifier -> relevance of the input
    report = conformance.run(explain, folder)           # explain(vector) -> relevance; None to leave a case out
    print(report.text()); assert report.agrees

A result agrees if |result - expected| <= tolerance max|expected| for its array: 1e-9 for float64, 1e-5 for float32.
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
    """The comparison of one case.

    difference: the largest, relative to max|expected|. reasons: likely ones, if it does not agree.

    Examples
    --------
    >>> print(Verdict("layers/dense/zero/signed", False, 0.5, ("the bias has no part in the denominator",)).text())
    differs  5.0e-01  layers/dense/zero/signed
        the bias has no part in the denominator
    """

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
    """All verdicts, and the identifiers of the cases without a result.

    Examples
    --------
    >>> Report((Verdict("a", True, 0.0),), ("b",)).text()
    '1 of 1 cases agree; 1 not tried'
    """

    verdicts: tuple[Verdict, ...]
    missing: tuple[str, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether at least one case was tried, and every one that was tried agrees."""
        return bool(self.verdicts) and all(v.agrees for v in self.verdicts)

    def failures(self) -> tuple[Verdict, ...]:
        """The verdicts that do not agree."""
        return tuple(v for v in self.verdicts if not v.agrees)

    def text(self) -> str:
        """The failures, then their reasons with how often each was found, then the count."""
        failures = self.failures()
        counts = Counter(reason for verdict in failures for reason in verdict.reasons)
        lines = [verdict.text() for verdict in failures]
        lines += [f"{count:6d}  {reason}" for reason, count in counts.most_common()]
        lines.append(
            f"{len(self.verdicts) - len(failures)} of {len(self.verdicts)} cases agree; {len(self.missing)} not tried"
        )
        return "\n".join(lines)


def check(results: Mapping[str, Result], folder: str | os.PathLike[str] | Iterable[Vector]) -> Report:
    """Compare results with golden vectors.

    Parameters
    ----------
    results : mapping
        Identifier -> the relevance of the case's input, or a mapping node -> array for any of its nodes.
    folder : path or iterable of Vector
        What `write` has written.

    Returns
    -------
    Report

    Raises
    ------
    InputError
        For identifiers that no case has, or results without a known node.
    LoadError
        If the folder cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> from lrp.conformance import read, write
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     count = write(folder, "layers/relu/")
    ...     check({v.id: v.relevance("x") for v in read(folder)}, folder).text()
    '3 of 3 cases agree; 0 not tried'
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
            f"results: expected identifiers of cases, got {len(left)} unknown ones, such as {sorted(left)[0]!r};"
            " manifest.json lists all"
        )
    return Report(tuple(verdicts), tuple(missing))


def run(explain: Callable[[Vector], Result | None], folder: str | os.PathLike[str] | Iterable[Vector]) -> Report:
    """Call an implementation for every case, and compare its results.

    Parameters
    ----------
    explain : callable
        Vector -> relevance of its input, or node -> array, or None to leave the case out.
    folder : path or iterable of Vector
        What `write` has written.

    Returns
    -------
    Report

    Raises
    ------
    InputError
        For results without a known node.
    LoadError
        If the folder cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> from lrp.conformance import write
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     count = write(folder, "layers/relu/")
    ...     run(lambda vector: None, folder).text()
    '0 of 0 cases agree; 3 not tried'
    """
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
    """Compare one result with its vector.

    Parameters
    ----------
    vector : Vector
    result : array or mapping
        The relevance of the input, or node -> array.
    reasons : Reasons, optional
        The same object for several cases: what explained one case is tried first for the next.

    Returns
    -------
    Verdict

    Raises
    ------
    InputError
        For nodes that the case does not have, or one array if it has several inputs.

    Examples
    --------
    >>> from lrp.conformance import Vector, cases
    >>> from lrp.conformance.vectors import as_data
    >>> vector = Vector(as_data(next(cases())))
    >>> judge(vector, 2 * vector.relevance("x")).reasons
    ('every number is 2 times the expected one',)
    """
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
    """The result by node; a single array is the relevance of the only input."""
    if not isinstance(result, Mapping):
        names = vector.inputs()
        if len(names) > 1:
            raise InputError(f"{vector.id}: expected relevance by the names {', '.join(names)}, got one array")
        result = {names[0]: result}
    unknown = sorted(set(result) - set(vector.relevances))
    if unknown or not result:
        raise InputError(f"{vector.id}: expected arrays by node ({', '.join(vector.relevances)}), got {unknown}")
    return {name: np.asarray(array) for name, array in result.items()}
