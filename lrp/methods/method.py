"""One method of the catalogue, and a method with its settings."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lrp.graph import Explanation, InputLike, Network, TargetLike


@dataclass(frozen=True)
class Entry:
    """A method of the catalogue.

    converters: for each setting of the text form the function from its text to its value; the key of the first may be
    left out. use, limits, sums_to: for the table in docs/methods.md (sums_to "": nothing in particular).
    """

    function: Callable[..., Explanation]
    converters: Mapping[str, Callable[[str], Any]] = field(default_factory=dict)
    example: str = ""
    use: str = ""
    limits: str = ""
    sums_to: str = ""


@dataclass(frozen=True, eq=False)
class Method:
    """A method with its settings: called like the functions of this package. text: its text form."""

    text: str
    function: Callable[..., Explanation]
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def __name__(self) -> str:
        """Its name in results."""
        return self.text

    def __call__(
        self, network: Network, x: InputLike, target: TargetLike = None, rng: np.random.Generator | None = None
    ) -> Explanation:
        """rng: for the methods that draw random numbers; the others ignore it."""
        settings = dict(self.settings)
        if rng is not None and "rng" in inspect.signature(self.function).parameters:
            settings["rng"] = rng
        return self.function(network, x, target, **settings)


def required(function: Callable[..., Explanation]) -> list[str]:
    """The settings of a method that have no default."""
    parameters = inspect.signature(function).parameters.values()
    return [p.name for p in parameters if p.kind is p.KEYWORD_ONLY and p.default is p.empty]
