"""Why a student's relevance differs: which unit is missing, and which known mistake gives the same numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.conformance import DEVIATIONS
from lrp.errors import LrpError, RuleError
from lrp.layers import Dense
from lrp.lessons.cases import DenseCase, show
from lrp.rules import LinearRule, parse, with_options

FLOAT_TOLERANCE = 1e-9  # relative to the largest expected number, for functions that compute in floats
COLUMNS = ("bias", "stabilizer", "dropped")


class LessonError(AssertionError):
    """Raised by a check of `lrp.lessons` for an answer that does not agree yet; the text says why."""


@dataclass(frozen=True)
class Division:
    """What a rule does with the relevance of one sample at a dense layer: to each input, and what no input received."""

    relevance: Array
    bias: Fraction
    stabilizer: Fraction
    dropped: Fraction

    @property
    def passed(self) -> Fraction:
        """The relevance that arrived at inputs, as one number."""
        return Fraction(sum(self.relevance.tolist()))


def divide(rule: LinearRule, case: DenseCase) -> Division:
    """The engine's answer, in Fractions."""
    layer = Dense(case.w, case.b)
    x, R = case.x[None], case.R[None]
    result = layer.distribute(R, rule, (x,), layer.compute(x))
    return Division(result.parts[0][0], result.bias[0], result.stabilizer[0], result.dropped[0])


def agrees(answer: Any, expected: Any) -> bool:
    """Equal with == where the answer holds integers and Fractions; within rounding where it holds floats."""
    given, wanted = np.asarray(answer, dtype=object).ravel(), np.asarray(expected, dtype=object).ravel()
    scale = max([1.0, *(abs(float(value)) for value in wanted)])
    return all(
        abs(float(g) - float(w)) <= FLOAT_TOLERANCE * scale if isinstance(g, (float, np.floating)) else g == w
        for g, w in zip(given, wanted, strict=True)
    )


def missing_unit(answer: Sequence[Any], expected: Division, case: DenseCase) -> str:
    """A sentence about the sum: how much the answer passes on, how much the rule does, and whose the difference is."""
    total = sum(answer)
    received = Fraction(sum(case.R.tolist()))
    books = ", ".join(f"{name} {show(getattr(expected, name))}" for name in COLUMNS)
    start = (
        f"{show(received)} units of relevance came in; the rule passes {show(expected.passed)} to the inputs ({books})"
    )
    if agrees([total], [expected.passed]):
        return f"{start}. Your sum is right, so the units are all there, but they lie at the wrong inputs"
    gap = total - expected.passed
    direction = "too much" if gap > 0 else "too little"
    for names in (("bias",), ("stabilizer",), ("dropped",), ("bias", "stabilizer"), ("bias", "dropped"), COLUMNS):
        part = sum(getattr(expected, name) for name in names)
        if part and agrees([gap], [part]):
            return f"{start}. You pass on {show(total)}: what belongs to {' and '.join(names)} went to the inputs"
    return f"{start}. You pass on {show(total)}, which is {show(abs(gap))} {direction}"


def likely_mistakes(answers: Sequence[Any], rule: LinearRule, cases: Sequence[DenseCase]) -> list[str]:
    """The known deviations that give the student's numbers on every case, in words."""
    return [
        words
        for words, other in _deviating(rule)
        if all(agrees(answer, divide(other, case).relevance) for answer, case in zip(answers, cases, strict=True))
    ]


def _deviating(rule: LinearRule) -> Iterator[tuple[str, LinearRule]]:
    """The rule with each known mistake built in, and the rules that could have been meant instead."""
    for deviation in DEVIATIONS:
        options = dict(deviation.options).get(rule.name)
        try:
            if options:
                changes = dict(part.split("=") for part in options.split(","))
                yield deviation.words, with_options(rule, **changes)
            elif deviation.lines.startswith("Dense|"):
                other = parse(deviation.lines.partition("=")[2])
                if isinstance(other, LinearRule) and other != rule:
                    yield deviation.words, other
        except (RuleError, LrpError):
            continue  # this rule does not have the option
