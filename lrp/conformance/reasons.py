"""Why a result differs: the known deviations are tried on the case until one reproduces its numbers."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from itertools import chain

import numpy as np

from lrp.arrays import Array
from lrp.conformance.case import GoldenCase
from lrp.conformance.deviations import SINGLE, Deviation, libraries
from lrp.errors import LrpError
from lrp.graph import Profile

TOLERANCES = {"float64": 1e-9, "float32": 1e-5}
MAX_SEARCHES = 20  # a search through all pairs takes 0.3 s; where 20 found nothing, more will not
UNEXPLAINED = "no known deviation explains it"
UNGUARDED = "0/0 is not guarded: NaN or infinity where a denominator is zero"
Arrays = Mapping[str, Array]


def difference_of(given: Arrays, expected: Arrays) -> float:
    """The largest of max|given - expected| / max|expected| over the nodes; infinite for NaN."""
    worst = 0.0
    for name, array in given.items():
        if not np.isfinite(array).all():
            return np.inf
        off, size = np.abs(array - expected[name]).max(), np.abs(expected[name]).max()
        worst = max(worst, float(off / size) if size else (0.0 if off == 0 else np.inf))
    return worst


class Reasons:
    """Searches for reasons; pairs of deviations that explained an earlier case are tried first."""

    def __init__(self) -> None:
        self.pairs: list[Deviation] = []
        self.searches = 0  # of pairs, that found nothing

    def of(self, case: GoldenCase, given: Arrays, expected: Arrays, tolerance: float) -> tuple[str, ...]:
        """The reasons, the simplest first, or one sentence that no known deviation explains the numbers."""
        finite = {name: np.isfinite(array) for name, array in given.items()}
        if not all(mask.all() for mask in finite.values()):
            rest = self._found(case, _masked(given, finite), _masked(expected, finite), tolerance, finite)
            some = any((mask & (given[name] != 0)).any() for name, mask in finite.items())
            return (UNGUARDED, *(rest if some else ()))
        found = []
        if difference_of(given, expected) <= TOLERANCES["float32"]:
            found.append("float32 arithmetic inside, or a small stabilizer: the difference is below 1e-5")
        return (*found, *self._found(case, given, expected, tolerance, finite))

    def _found(
        self, case: GoldenCase, given: Arrays, expected: Arrays, tolerance: float, finite: Arrays
    ) -> tuple[str, ...]:
        """Single deviations, libraries, a factor, pairs of deviations, or the sentence that nothing explains it."""
        found, effective = [], []
        for deviation in SINGLE:
            numbers = _by(case, deviation, finite)
            if numbers is not None and difference_of(given, numbers) <= tolerance:
                found.append(deviation.words)
            if numbers is not None and difference_of(numbers, expected) > tolerance:
                effective.append(deviation)
        for profile in libraries():
            numbers = _by(case, profile, finite)
            if numbers is not None and difference_of(given, numbers) <= tolerance:
                found.append(f"it agrees with the profile {profile.name}")
        values, true = (np.concatenate([arrays[name].ravel() for name in finite]) for arrays in (given, expected))
        found = found or _factor(values, true, tolerance)
        return tuple(found) or self._pair(case, given, effective, tolerance, finite)

    def _pair(
        self, case: GoldenCase, given: Arrays, effective: list[Deviation], tolerance: float, finite: Arrays
    ) -> tuple[str, ...]:
        """Two deviations at once, at least one of which changes this case by itself."""
        exhausted = self.searches >= MAX_SEARCHES
        for deviation in self.pairs if exhausted else chain(self.pairs, _pairs(effective)):
            numbers = _by(case, deviation, finite)
            if numbers is not None and difference_of(given, numbers) <= tolerance:
                if deviation not in self.pairs:
                    self.pairs.append(deviation)
                return (deviation.words,)
        self.searches += 1
        return (
            f"{UNEXPLAINED} (pairs were tried on the first {MAX_SEARCHES} such cases)" if exhausted else UNEXPLAINED,
        )


def _pairs(effective: list[Deviation]) -> Iterator[Deviation]:
    for index, one in enumerate(effective):
        for other in SINGLE:
            if other not in effective[: index + 1] and not (one.lines and other.lines or one.start and other.start):
                yield one & other


def _factor(values: Array, true: Array, tolerance: float) -> list[str]:
    """A constant factor between the result and the expected numbers, as a sentence."""
    if not true.any():
        return []
    factor = float(values @ true / (true @ true))
    alike = np.abs(values - factor * true).max() <= tolerance * np.abs(values).max()
    return [f"every number is {factor:.6g} times the expected one"] if alike else []


def _masked(values: Arrays, finite: Arrays) -> Arrays:
    """The arrays with 0 where the result is not finite."""
    return {name: np.where(mask, values[name], 0) for name, mask in finite.items()}


def _by(case: GoldenCase, how: Deviation | Profile, finite: Arrays) -> Arrays | None:
    """The case's relevances under a deviation or a library's profile, masked; None if it does not apply."""
    start = how.start if isinstance(how, Deviation) else None
    if start is not None and case.start is not None:
        return None
    profile = how.profile() if isinstance(how, Deviation) else how
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            relevances = case.explain(profile, start=start).relevances
    except LrpError:
        return None
    return _masked(relevances, finite)
