"""The results of a forward pass, of a gradient, and of an explanation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lrp import arrays
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


@dataclass(frozen=True, eq=False)
class Explanation:
    """The result of every explanation method.

    All methods give

        method      the method's name in `lrp.methods.METHODS`
        relevance   in the form of x (an array, a tuple, a dict by name) and in the input's layout; methods that compute
                    one number per pixel keep the channel axis with length 1: pictures (n, h, w, c) -> (n, h, w, 1)
        target      (n,) the number of the explained output, one per sample
        score       (n,) the explained output at x, before a final softmax
        settings    the method's settings, by name
        expected    (n,) what each sample's relevance should sum to by the method's own theorem; None: it has none
        details     other arrays that the method computes, by name

    and those that have them (None or empty for the others)

        ledger      where the relevance went, node by node
        relevances  the relevance of each node's output, by name
        trace       the forward pass
        rules       the rule of each node
        start       where the backward pass started and with which relevance, in words
        profile     the library whose conventions the rules were computed by; "paper": the published equations
    """

    method: str
    relevance: Any
    target: Array
    score: Array
    settings: dict[str, Any] = field(default_factory=dict)
    expected: Array | None = None
    details: dict[str, Array] = field(default_factory=dict)
    # declared as present: layer-wise relevance propagation always gives both; None for methods that have none
    ledger: Ledger = None  # type: ignore[assignment]
    trace: Trace = None  # type: ignore[assignment]
    relevances: dict[str, Array] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)
    start: str = ""
    profile: str = ""

    def parts(self) -> tuple[Array, ...]:
        """The relevance of each input, in the network's order, whatever form it has."""
        if isinstance(self.relevance, Mapping):
            return tuple(self.relevance.values())
        return self.relevance if isinstance(self.relevance, tuple) else (self.relevance,)

    def total(self) -> Array:
        """(n,) the sum of each sample's relevance over all inputs."""
        sums = [arrays.sum_per_sample(np.asarray(part)) for part in self.parts()]
        return np.asarray(sum(sums[1:], sums[0]))

    def gap(self) -> Array | None:
        """(n,) expected - total(): what is missing from completeness; None for a method that promises no sum."""
        return None if self.expected is None else np.asarray(self.expected - self.total())
