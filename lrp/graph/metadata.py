"""What a network knows beside its arithmetic: its classes, the range of its input, its preprocessing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lrp.errors import SettingError
from lrp.graph.preprocessing import Preprocessing


@dataclass(frozen=True)
class Metadata:
    """classes: the outputs' names in order. input_range: (low, high) of the network's own input, one a channel.

    extra: anything else that a file should carry, as plain JSON data (a vocabulary, a licence).
    """

    classes: tuple[str, ...] = ()
    input_range: tuple[Any, Any] | None = None
    preprocessing: Preprocessing | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "classes", tuple(str(name) for name in self.classes))
        if self.input_range is not None:
            low, high = self.input_range
            object.__setattr__(self, "input_range", (np.asarray(low).tolist(), np.asarray(high).tolist()))
            if (np.asarray(low) > np.asarray(high)).any():
                raise SettingError(f"input range: expected low <= high, got {low} and {high}; exchange them")

    def bounds(self) -> tuple[Any, Any] | None:
        """(low, high) of the input: as stated, or what the preprocessing makes of black and white; None if unknown."""
        if self.input_range is not None:
            return self.input_range
        return None if self.preprocessing is None else self.preprocessing.range()

    def class_name(self, index: int) -> str:
        """The name of an output, or its number where names are unknown."""
        return self.classes[index] if index < len(self.classes) else str(index)
