"""What is computed in units: the problem, which every worker gets once, and one unit's arrays."""

from __future__ import annotations

from typing import Any, Protocol

from lrp.arrays import Array

Arrays = dict[str, Array]
Result = tuple[Any, Arrays]  # (unit, its arrays)


class Problem(Protocol):
    """What all units share; it can be pickled. A unit is any hashable value whose text names it in messages."""

    def compute(self, unit: Any, /) -> Arrays:
        """The arrays of one unit, which do not depend on where it is computed."""
