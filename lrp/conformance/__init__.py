"""The reference that others are measured by: golden vectors, the known deviations, a runner of other libraries."""

from lrp.conformance.case import Case, cases
from lrp.conformance.check import Report, Verdict, check, judge, run
from lrp.conformance.deviations import SINGLE as DEVIATIONS
from lrp.conformance.vectors import Vector, read, read_results, write

__all__ = [
    "DEVIATIONS",
    "Case",
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
