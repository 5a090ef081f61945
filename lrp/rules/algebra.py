"""What a propagation rule is: a value, not code.

A rule of a linear layer is a few *groups*; each group is a sum of *terms*; each term is a source u (the input x,
ones, or a bound of the input), a weight (w, w^2 or 1) and a 2x2 sign table T:

    z_k = sum_j sum_{a,c in {+,-}} T[a,c] u_j^a w_jk^c        u^+ = max(u,0), u^- = min(u,0), likewise w
    s_k = lambda R_k / stab(z_k)
    R_j = sum_groups sum_a u_j^a sum_k (T[a,+] w^+ + T[a,-] w^-)_jk s_k

The bias is the weight of one more input that is always 1: its row is u^+, so its share follows from the same table.
`lrp.rules.engine` chooses between its two implementations, `reference` and `fast`;
`lrp.rules.catalogue` names the published rules.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction
from functools import cached_property
from typing import Any

from lrp.arrays import Number, rational
from lrp.errors import RuleError
from lrp.rules.bound import Bound, number_text
from lrp.rules.stabilizer import Stabilizer


class Source(Enum):
    """What a term multiplies its weight with."""

    X = "x"
    ONE = "1"
    LOW = "low"
    HIGH = "high"


class Weight(Enum):
    """How a term reads the weight w of a connection."""

    W = "w"
    SQUARE = "w^2"
    ONE = "1"


class Gate(Enum):
    """For which output neurons a group is defined: all, or by the sign of the pre-activation z."""

    ALWAYS = "always"
    POSITIVE = "z>0"
    NEGATIVE = "z<0"


Row = tuple[Fraction, Fraction]
Table = tuple[Row, Row]


def table(rows: list[list[Number]]) -> Table:
    """A sign table, rows u+ u-, columns w+ w-, as Fractions."""
    (a, b), (c, d) = rows
    return (rational(a), rational(b)), (rational(c), rational(d))


ALL = table([[1, 1], [1, 1]])


@dataclass(frozen=True, kw_only=True)
class Term:
    """One summand of a group's z: sign * sum_j sum_{a,c} T[a,c] u_j^a w_jk^c.

    Parameters
    ----------
    source : Source
        What the weights are multiplied with: the input x, ones, or a bound of the input.
    weight : Weight
        How the weights are read: w, w^2 or 1.
    table : Table
        T, as `table()` makes it: rows u+ u-, columns w+ w-.
    sign : 1 or -1

    Raises
    ------
    RuleError
        If a field has another type or value.

    Examples
    --------
    >>> print(Term(table=table([[1, 0], [0, 1]])))
    + x w [1,0] [0,1]
    """

    source: Source = Source.X
    weight: Weight = Weight.W
    table: Table = ALL
    sign: int = 1

    def __post_init__(self) -> None:
        if not isinstance(self.source, Source) or not isinstance(self.weight, Weight):
            raise RuleError(f"Term: expected a Source and a Weight, got {self.source!r} and {self.weight!r}")
        if self.sign not in (1, -1):
            raise RuleError(f"Term: expected sign 1 or -1, got {self.sign!r}; put other factors into the table")
        rows = self.table if isinstance(self.table, tuple) else ()
        if [len(row) for row in rows if isinstance(row, tuple)] != [2, 2] or not all(
            isinstance(entry, Fraction) for row in rows for entry in row
        ):
            raise RuleError(
                f"Term: expected a table of 2 x 2 Fractions, got {self.table!r}; make it with table([[a, b], [c, d]])"
            )

    @cached_property
    def is_plain(self) -> bool:
        """Whether it reads every weight as it is."""
        return self.weight is Weight.W and self.table == ALL

    @cached_property
    def is_uniform(self) -> bool:
        """Whether it reads weights alike for u+ and u-."""
        return self.table[0] == self.table[1]

    @cached_property
    def readings(self) -> tuple[str, str]:
        """How it reads the weights that meet u+, and u-, as text: terms that read alike have the same one."""
        above, below = (f"{self.weight.value} {row[0]} {row[1]}" for row in self.table)
        return above, below

    def __str__(self) -> str:
        rows = " ".join("[" + ",".join(str(entry) for entry in row) + "]" for row in self.table)
        return f"{'-' if self.sign < 0 else '+'} {self.source.value} {self.weight.value} {rows}"


@dataclass(frozen=True)
class Group:
    """Terms that share one denominator and receive the share `factor` (lambda) of R."""

    terms: tuple[Term, ...]
    factor: Fraction = Fraction(1)
    gate: Gate = Gate.ALWAYS

    @cached_property
    def is_forward(self) -> bool:
        """Whether the group's z is the layer's own pre-activation."""
        return self.terms == (Term(),)

    def __str__(self) -> str:
        gate = "" if self.gate is Gate.ALWAYS else f" where {self.gate.value}"
        return f"lambda {self.factor}{gate}: " + "  ".join(map(str, self.terms))


class Rule(ABC):
    """How the relevance of a node's output is divided over its inputs. Rules are compared by value."""

    name: str

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """The rule as plain data; `lrp.rules.from_dict` is the inverse."""

    @abstractmethod
    def text(self) -> str:
        """The rule in the form that `lrp.rules.parse` reads, such as "alpha_beta:2,1"."""


class OneSided(Enum):
    """The share of a group that is undefined for a neuron (denominator 0, or gate closed) while another is not."""

    DROP = "drop"  # the published formula: the share is lost; the ledger counts it as dropped
    RENORMALISE = "renormalise"  # the other groups' factors are scaled to sum to 1


class Sign(Enum):
    """Whose sign decides which column of a table a contribution x w belongs to."""

    PRODUCT = "product"  # that of x w, as the tables have it
    WEIGHT = "weight"  # that of w alone, as if every input were positive
    POSITIVE = "positive"  # that of w alone, and negative inputs contribute nothing


class Sink(Enum):
    """Where the relevance of the bias and of the stabilizer goes."""

    KEEP = "keep"  # it stays there, as columns of the ledger
    SPREAD = "spread"  # it is returned to the neuron's connected inputs in equal parts


@dataclass(frozen=True)
class LinearRule(Rule):
    """A rule of a linear layer as a table of groups; `parameters` are the numbers of its text form."""

    name: str
    groups: tuple[Group, ...]
    parameters: tuple[Fraction, ...] = ()
    stabilizer: Stabilizer = Stabilizer()
    bias: bool = True
    sink: Sink = Sink.KEEP
    one_sided: OneSided = OneSided.DROP
    whole_bias: bool = False  # the bias counts whole, with its sign, in every group, whatever the group's table
    sign: Sign = Sign.PRODUCT
    layer_gate: bool = False  # the gates always use z with the bias, also with bias=off
    count_padding: bool = False  # a source of ones is 1 in zero padding too; what falls there is dropped
    low: Bound | None = None
    high: Bound | None = None
    defaults: tuple[tuple[str, str], ...] = field(default=(), compare=False, repr=False)

    @cached_property
    def active(self) -> list[Group]:
        """The groups that have a share in R."""
        return [group for group in self.groups if group.factor != 0]

    @cached_property
    def shares_sum_to_one(self) -> bool:
        """Whether the groups' shares add up to R."""
        return sum(group.factor for group in self.groups) == 1

    @cached_property
    def partition_z(self) -> bool:
        """Whether there are two active groups, and their z add up to that of the forward pass, bias and all."""
        plain = all(g.gate is Gate.ALWAYS and g.terms == (Term(table=g.terms[0].table),) for g in self.active)
        if len(self.active) != 2 or self.whole_bias or not plain:
            return False
        rows = zip(*(group.terms[0].table for group in self.active), strict=True)
        return all(a + b == 1 for one, other in rows for a, b in zip(one, other, strict=True))

    def options(self) -> dict[str, str]:
        """The options that differ from the catalogue's defaults of this rule, as text."""
        now = option_texts(self)
        return {key: now[key] for key, default in self.defaults if now[key] != default}

    def text(self) -> str:
        return self._text

    @cached_property
    def _text(self) -> str:
        numbers = [number_text(p) for p in self.parameters]
        if self.low is not None and self.high is not None:
            numbers = [str(self.low), str(self.high)]
        parts = numbers + [f"{key}={value}" for key, value in self.options().items()]
        return self.name + (":" + ",".join(parts) if parts else "")

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {"name": self.name, "parameters": [str(p) for p in self.parameters]}
        for side in ("low", "high"):
            bound = getattr(self, side)
            if bound is not None:
                result[side] = bound.values.tolist()
        return {**result, **self.options()}

    def __str__(self) -> str:
        lines = [f"{self.text()}   ({self.stabilizer}, bias {'on' if self.bias else 'off'}, sink {self.sink.value})"]
        lines += [f"    {group}" for group in self.groups]
        return "\n".join(lines)


def option_texts(rule: LinearRule) -> dict[str, str]:
    """Every option of a linear rule as text: the right-hand sides of key=value in its text form."""
    stabilizer = rule.stabilizer
    return {
        "eps": number_text(stabilizer.eps),
        "stab": stabilizer.mode.value,
        "zero": "auto" if stabilizer.zero is None else number_text(stabilizer.zero),
        "rms": number_text(stabilizer.rms),
        "bias": ("whole" if rule.whole_bias else "on") if rule.bias else "off",
        "sign": rule.sign.value,
        "gate": "layer" if rule.layer_gate else "rule",
        "padding": "count" if rule.count_padding else "skip",
        "sink": rule.sink.value,
        "one_sided": rule.one_sided.value,
    }
