"""What the profiles of several libraries share: classes of layers as patterns, and presets from templates."""

from __future__ import annotations

from collections.abc import Callable

from lrp.graph.composites import preset
from lrp.graph.profiles.profile import Preset

POOLS = "AvgPool|SumPool|GlobalAvgPool|GlobalSumPool"
SUMS = f"{POOLS}|Add|Average"
CONV, KERNEL = "Conv|ConvTranspose", "Conv|ConvTranspose|Dense"


def named(template: str, start: str | None = None, **defaults: float) -> Preset:
    """A preset from its lines with {parameters} in them."""
    words: Callable[..., str] = preset(template, **defaults)
    return Preset(words, start)
