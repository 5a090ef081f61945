"""Checks that a student of the course calls: they run a function on hidden small cases, in exact arithmetic.

    from lrp.lessons import check, fractions
    check.rule(my_epsilon, "epsilon:1/4")

A check prints one line when all cases agree. Otherwise it raises `LessonError`, whose text says which case, which
input, which unit of relevance is missing, and the likely mistake. `fractions` makes arrays of Fractions.
The lessons themselves are the notebooks in the folder lessons/ of the repository.
"""

from lrp.lessons import check
from lrp.lessons.cases import fractions, show
from lrp.lessons.diagnosis import LessonError

__all__ = ["LessonError", "check", "fractions", "show"]
