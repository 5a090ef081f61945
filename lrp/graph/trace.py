"""What a forward pass and a backward pass leave behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lrp.arrays import Array
from lrp.graph.ledger import Ledger
from lrp.rules import Rule


@dataclass(frozen=True)
class Trace:
    """The activations of one forward pass: `values[node name]` for every node, `outputs` by name."""

    values: dict[str, Array]
    output_names: tuple[str, ...]

    @property
    def outputs(self) -> dict[str, Array]:
        """The network's outputs by name."""
        return {name: self.values[name] for name in self.output_names}

    @property
    def output(self) -> Array:
        """The first output."""
        return self.values[self.output_names[0]]


@dataclass(frozen=True)
class Gradient:
    """The gradient of sum(start * output): `gradient` in the form of x, `gradients` of each node's output."""

    gradient: Any
    gradients: dict[str, Array]
    trace: Trace
    target: Array


@dataclass(frozen=True)
class Explanation:
    """A decomposed prediction.

    relevance: in the form and layout of x, in the unit of the explained output. relevances: of each node's output.
    rules: what each node did. start: where the backward pass began and with what, in words. target: one output
    number a sample (of the flattened output). profile: whose conventions the rules were computed by.
    """

    relevance: Any
    relevances: dict[str, Array]
    ledger: Ledger
    trace: Trace
    rules: dict[str, Rule]
    target: Array
    start: str
    profile: str = "paper"
