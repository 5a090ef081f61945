"""What a network knows beside its arithmetic: its classes, and how a picture becomes its input."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.errors import SettingError, ShapeError

ORDERS = ("gray", "rgb", "bgr")


@dataclass(frozen=True)
class Preprocessing:
    """x = (pixel - mean) / scale, for pixels from 0 to 255, per channel in the network's own channel order.

    mean and scale: one number or one per channel. channels: "gray", "rgb" or "bgr".
    """

    mean: tuple[float, ...] = (0.0,)
    scale: tuple[float, ...] = (255.0,)
    channels: str = "rgb"

    def __post_init__(self) -> None:
        for name in ("mean", "scale"):
            object.__setattr__(self, name, tuple(float(v) for v in np.atleast_1d(getattr(self, name))))
        if self.channels not in ORDERS:
            raise SettingError(f"preprocessing: expected channels among {ORDERS}, got {self.channels!r}")
        counts = (1, 1 if self.channels == "gray" else 3)
        if len(self.mean) not in counts or len(self.scale) not in counts:
            raise SettingError(
                f"preprocessing: expected one mean and scale, or one for each of the channels ({self.channels}), got"
                f" {len(self.mean)} and {len(self.scale)}"
            )
        if 0.0 in self.scale:
            raise SettingError("preprocessing: expected a scale that is not 0, for pixels are divided by it")

    def __call__(self, pixels: Array) -> Array:
        """(..., h, w, c) pixels from 0 to 255, gray or RGB, to the network's input in float64."""
        wanted = 1 if self.channels == "gray" else 3
        if pixels.shape[-1] != wanted:
            raise ShapeError(
                f"preprocessing: expected {wanted} channels ({self.channels}) on the last axis, got {pixels.shape}"
            )
        ordered = pixels[..., ::-1] if self.channels == "bgr" else pixels
        return (ordered.astype(np.float64) - np.array(self.mean)) / np.array(self.scale)

    def range(self) -> tuple[Array, Array]:
        """The network's input for pixels 0 and 255: the bounds that the z^B rule asks for, per channel."""
        ends = [(value - np.array(self.mean)) / np.array(self.scale) for value in (0.0, 255.0)]
        return np.minimum(*ends), np.maximum(*ends)


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
