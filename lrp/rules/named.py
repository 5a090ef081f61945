"""The rules that are no table: what a layer that is not linear does with relevance, each one's choice a value."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import Enum
from typing import Any

from lrp.errors import RuleError
from lrp.rules.algebra import Rule


@dataclass(frozen=True)
class NamedRule(Rule):
    """The base of the rules without a table; their parameters are their fields."""

    def to_dict(self) -> dict[str, Any]:
        return {"name": self.name, "parameters": self._values()}

    def text(self) -> str:
        values = self._values()
        return self.name + (":" + ",".join(map(str, values)) if values else "")

    def _values(self) -> list[Any]:
        values = [getattr(self, f.name) for f in fields(self)]
        return [value.value if isinstance(value, Enum) else value for value in values]

    def __str__(self) -> str:
        return self.text()


@dataclass(frozen=True)
class Identity(NamedRule):
    """R_i = R_j: relevance passes unchanged, as through every activation function."""

    name = "identity"


class Ties(Enum):
    """Who wins where several inputs of a max-pooling window are equal."""

    SHARE = "share"  # all winners alike, in equal parts
    FIRST = "first"  # the first in row-major order


@dataclass(frozen=True)
class Winner(NamedRule):
    """All relevance of a max-pooling window goes to its largest input."""

    name = "winner"
    ties: Ties = Ties.SHARE


@dataclass(frozen=True)
class Uniform(NamedRule):
    """Each of m factors of a product receives R/m."""

    name = "uniform"


@dataclass(frozen=True)
class Signal(NamedRule):
    """All relevance of a product goes to one factor, the signal; the other factors, its gates, receive none."""

    name = "signal"
    index: int = 0


def identity() -> Identity:
    """R_i = R_j

    Source: Bach et al. 2015, activation layers
    """
    return Identity()


def winner(ties: str = "share") -> Winner:
    """R_i = R_j for the largest input i of the window of j, else 0; ties "share" in equal parts or "first".

    Source: Bach et al. 2015, max-pooling
    """
    try:
        return Winner(Ties(ties))
    except ValueError:
        raise RuleError(f"winner: expected ties to be 'share' or 'first', got {ties!r}") from None


def uniform() -> Uniform:
    """R_i = R_j / m for each of the m factors of a product

    Source: Achtibat et al. 2024, uniform rule
    """
    return Uniform()


def signal(index: int | str = 0) -> Signal:
    """R_i = R_j for the factor at `index`, 0 for its gates

    Source: Arras et al. 2017, signal-take-all
    """
    try:
        return Signal(int(index))
    except ValueError:
        raise RuleError(f"signal: expected the number of an input, got {index!r}") from None
