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
    """A network, an input, a start and a composite, whose relevance under the published equations is unique.

    id: group/subject/rule/edge, a path. x: by the names of the network's inputs. start: relevance of the network's
    output, or None for the target's logit. target: one per sample, or None if `start` is given.
    """

    id: str
    network: Network
    x: dict[str, Array]
    composite: str
    start: Array | None = None
    target: tuple[int, ...] | None = None

    @property
    def group(self) -> str:
        """The file that holds the case: group/subject."""
        return "/".join(self.id.split("/")[:2])

    @cached_property
    def answer(self) -> Explanation:
        """The published equations, in Fractions if all layers allow it, else in float64."""
        try:
            return self._run(self.network.exact(), "paper", self.composite, None)
        except ExactError:
            return self._run(self.network, "paper", self.composite, None)

    @property
    def exact(self) -> bool:
        """Whether the answer is in Fractions."""
        return self.answer.ledger.eps == 0

    def explain(self, profile: Profile | str, composite: str | None = None, start: Any = None) -> Explanation:
        """The case in float64 by the conventions of another profile."""
        return self._run(self.network, profile, composite or self.composite, start)

    def _run(self, network: Network, profile: Profile | str, composite: str, start: Any) -> Explanation:
        given = self.start if start is None else start
        target = None if self.target is None else list(self.target)
        return network.explain(self.x, target, composite, start=given, profile=profile)
