"""Rules without a table: how a layer that is not linear divides relevance. Each choice is a value."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import Enum
from fractions import Fraction
from typing import Any

from lrp.arrays import Number, rational
from lrp.errors import RuleError
from lrp.rules.algebra import Rule
from lrp.rules.bound import number_text


@dataclass(frozen=True)
class NonlinearRule(Rule):
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
class Identity(NonlinearRule):
    """R_i = R_j: relevance passes unchanged, as through every activation function."""

    name = "identity"


class Ties(Enum):
    """Who wins where several inputs of a max-pooling window are equal."""

    SHARE = "share"  # all winners alike, in equal parts
    FIRST = "first"  # the first in row-major order
    ALL = "all"  # each winner the whole: relevance is multiplied, and the ledger shows a negative dropped


@dataclass(frozen=True)
class Winner(NonlinearRule):
    """All relevance of a max-pooling window goes to its largest input, y.

    eps > 0: as an epsilon rule on the winner, R y / (y + eps s(y)); the ledger counts the rest as stabilizer.
    """

    name = "winner"
    ties: Ties = Ties.SHARE
    eps: Fraction = Fraction(0)

    def _values(self) -> list[Any]:
        return [self.ties.value, number_text(self.eps)] if self.eps else [self.ties.value]


@dataclass(frozen=True)
class PlainGradient(NonlinearRule):
    """R_i = sum_j R_j dy_j/dx_i: the pullback instead of a rule, as in libraries that lack a rule for a layer.

    It need not conserve: the ledger counts the difference as dropped.
    """

    name = "gradient"


@dataclass(frozen=True)
class Uniform(NonlinearRule):
    """Each of m factors of a product receives R/m."""

    name = "uniform"


@dataclass(frozen=True)
class Signal(NonlinearRule):
    """All relevance of a product goes to one factor, the signal; the other factors, its gates, receive none."""

    name = "signal"
    index: int = 0


@dataclass(frozen=True)
class Taylor(NonlinearRule):
    """The first-order Taylor terms at the input: R_i = x_i sum_j R_j dlog(y_j)/dx_i for a softmax.

    Does not conserve: the term of order 0 has no input to go to; the ledger counts the difference as dropped.
    """

    name = "taylor"


def taylor() -> Taylor:
    """R_i = x_i (R_i - s_i sum_j R_j) for s = softmax(x)

    Source: Achtibat et al. 2024, softmax rule
    """
    return Taylor()


def identity() -> Identity:
    """R_i = R_j

    Source: Bach et al. 2015, activation layers
    """
    return Identity()


def winner(ties: str = "share", eps: Number = 0) -> Winner:
    """R_i = R_j for the largest input i of the window of j, else 0; ties "share" in equal parts, "first" or "all".

    Source: Bach et al. 2015, max-pooling

    Parameters
    ----------
    ties : "share", "first" or "all"
        Which of several equal largest inputs receive R_j: all in equal parts, the first in row-major order, or each the
        whole (relevance is multiplied; the ledger shows a negative dropped).
    eps : int, float or Fraction
        Stabilizer of the winner y: it receives R y / (y + eps s(y)), the stabilizer the rest.

    Returns
    -------
    Winner

    Raises
    ------
    RuleError
        For other values.

    Examples
    --------
    >>> winner("first").text()
    'winner:first'
    """
    try:
        return Winner(Ties(ties), rational(eps))
    except ValueError:
        raise RuleError(
            f"winner: expected ties to be 'share', 'first' or 'all' and a number eps, got {ties!r} and {eps!r}"
        ) from None


def gradient() -> PlainGradient:
    """R_i = sum_j R_j dy_j/dx_i, which no paper proposes: it reproduces libraries that fall back to the gradient."""
    return PlainGradient()


def uniform() -> Uniform:
    """R_i = R_j / m for each of the m factors of a product

    Source: Achtibat et al. 2024, uniform rule
    """
    return Uniform()


def signal(index: int | str = 0) -> Signal:
    """R_i = R_j for the factor at `index`, 0 for its gates

    Source: Arras et al. 2017, signal-take-all

    Parameters
    ----------
    index : int
        The number of the factor among the layer's inputs, from 0.

    Returns
    -------
    Signal

    Raises
    ------
    RuleError
        If index is not a whole number.

    Examples
    --------
    >>> signal(1).text()
    'signal:1'
    """
    try:
        return Signal(int(index))
    except ValueError:
        raise RuleError(f"signal: expected the number of an input, got {index!r}") from None
