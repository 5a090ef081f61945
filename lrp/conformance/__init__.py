"""Measuring other implementations: golden vectors, their check with likely reasons, and a runner of other libraries.

`case.py`, `cases.py`: what a case is, and all of them. `vectors.py`: their files. `check.py`: results against them;
`reasons.py` and `deviations.py`: why a result differs. `oracles`: libraries that are run. `examples.py` and
`disagreements.py`: docs/disagreements.md.
"""

from lrp.conformance.case import GoldenCase
from lrp.conformance.cases import cases
from lrp.conformance.check import Report, Verdict, check, judge, run
from lrp.conformance.deviations import SINGLE as DEVIATIONS
from lrp.conformance.results import read_results
from lrp.conformance.vectors import Vector, read, write

__all__ = [
    "DEVIATIONS",
    "GoldenCase",
    "Report",
    "Vector",
    "Verdict",
    "cases",
    "check",
    "judge",
    "read",
    "read_results",
    "run",
    "write",
]
