"""What every measure of a long evaluation gets: a batch of pictures with their heatmaps, and the settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.errors import SettingError
from lrp.evaluation.maps import input_layout
from lrp.evaluation.replacement import Replacement, replacement
from lrp.graph import Explanation, Network
from lrp.methods import Method


@dataclass(frozen=True)
class Settings:
    """The settings of all measures in one place; each measure reads those that concern it (see METRICS).

    steps: regions or pixels replaced. size: pixels of a region along each axis. repetitions: draws of the noise.
    probability:
    follow the softmax instead of the logit. subsets: of sensitivity_n. tolerance: of the pointing game, in
    pixels. seed: of all
    random numbers.

    Examples
    --------
    >>> Settings(steps=50).size
    9
    """

    steps: int = 100
    size: int = 9
    replacement: str = "uniform"
    repetitions: int = 10
    probability: bool = False
    subsets: int = 100
    tolerance: float = 15.0
    seed: int = 0


@dataclass(frozen=True, eq=False)
class EvaluationBatch:
    """A batch of n pictures, their heatmaps, and the data that some measures need besides.

    first: the number of the batch's first picture in the whole evaluation. masks: (n, *spatial), true on the object.
    target: the explained output of each picture. pictures: all pictures of the evaluation, for statistics over them.
    """

    network: Network
    x: Array
    attribution: Explanation
    method: Method
    settings: Settings
    first: int = 0
    masks: Array | None = None
    target: list[int] = field(default_factory=list)
    pictures: Array | None = None

    def replacement(self, name: str) -> Replacement:
        """The replacement of that name, with the range and the mean of all pictures of the evaluation."""
        pictures = self.x if self.pictures is None else self.pictures
        return replacement(name, self.network, input_layout(self.network).channels_last(pictures))

    def objects(self, metric: str) -> Array:
        """The masks; SettingError if the data has none."""
        if self.masks is None:
            raise SettingError(
                f"{metric}: expected data with `masks`, true on the object of each picture, got none; add an array"
                " `masks` (n, h, w) to the .npz or .h5 file"
            )
        return self.masks


def rng_of(settings: Settings, first: int) -> np.random.Generator:
    """The random generator for methods that need one, for the batch whose first picture has the number `first`."""
    return np.random.default_rng([settings.seed, first, 1_000_003])


def explained(network: Network, x: Array, method: Method, target: Any, settings: Settings, first: int) -> Explanation:
    """The heatmaps of one batch, by `method`."""
    return method(network, x, target, rng_of(settings, first))
