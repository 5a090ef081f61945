"""The type of one golden-vector case: a network, its input, the start of the relevance, and the composite."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lrp.arrays import Array
from lrp.errors import ExactError
from lrp.graph import Explanation, Network, Profile


@dataclass(frozen=True)
class GoldenCase:
    """A question with one answer: the relevance of every node under the published equations.

    id: group/subject/rule/edge, a path. x: by the name of the network's inputs. start: relevance of the network's
    output, or None for the target's logit. target: one a sample, or None with a given start.
    """

    id: str
    network: Network
    x: dict[str, Array]
    composite: str
    start: Array | None = None
    target: tuple[int, ...] | None = None

    @property
    def group(self) -> str:
        """The file that the case stands in: group/subject."""
        return "/".join(self.id.split("/")[:2])

    @cached_property
    def answer(self) -> Explanation:
        """The published equations in Fractions where that is possible, in float64 elsewhere."""
        try:
            return self._run(self.network.exact(), "paper", self.composite, None)
        except ExactError:
            return self._run(self.network, "paper", self.composite, None)

    @property
    def exact(self) -> bool:
        """Whether every number of the answer is rational and held as such."""
        return self.answer.ledger.eps == 0

    def explain(self, profile: Profile | str, composite: str | None = None, start: Any = None) -> Explanation:
        """The case in float64 by other conventions."""
        return self._run(self.network, profile, composite or self.composite, start)

    def _run(self, network: Network, profile: Profile | str, composite: str, start: Any) -> Explanation:
        given = self.start if start is None else start
        target = None if self.target is None else list(self.target)
        return network.explain(self.x, target, composite, given, profile=profile)
