"""The measures by name, each from one heatmap with what stands beside it: what a long evaluation computes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.errors import SettingError
from lrp.evaluation.completeness import completeness
from lrp.evaluation.complexity import complexity
from lrp.evaluation.continuity import continuity
from lrp.evaluation.input_invariance import input_invariance
from lrp.evaluation.maps import input_layout
from lrp.evaluation.measurement import Measurement
from lrp.evaluation.order import Order
from lrp.evaluation.outside_inside import outside_inside
from lrp.evaluation.pixel_flipping import pixel_flipping
from lrp.evaluation.pointing_game import pointing_game
from lrp.evaluation.randomisation import randomisation
from lrp.evaluation.region_perturbation import region_perturbation
from lrp.evaluation.relevance_mass import relevance_mass
from lrp.evaluation.replacement import Replacement, bounds, replacement
from lrp.evaluation.sensitivity_n import sensitivity_n
from lrp.graph import Explanation, Network
from lrp.methods import Method


@dataclass(frozen=True)
class Settings:
    """The numbers that measures take; each reads those it knows."""

    steps: int = 100
    size: int = 9
    replacement: str = "uniform"
    repetitions: int = 10
    probability: bool = False
    subsets: int = 100
    tolerance: float = 15.0
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Case:
    """A batch of pictures, their heatmaps, and what else a measure may need.

    first: the number of its first picture; pictures: all of the evaluation, of which x are some.
    """

    network: Network
    x: Array
    found: Explanation
    method: Method
    settings: Settings
    first: int = 0
    masks: Array | None = None
    target: list[int] = field(default_factory=list)
    pictures: Array | None = None

    def replacement(self, name: str) -> Replacement:
        """By its name, with the range and the mean of all pictures of the evaluation."""
        pictures = self.x if self.pictures is None else self.pictures
        return replacement(name, self.network, input_layout(self.network).channels_last(pictures))

    def objects(self, metric: str) -> Array:
        """The masks; SettingError where the data has none."""
        if self.masks is None:
            raise SettingError(f"{metric}: expected data with `masks`, true on the object of each picture, got none")
        return self.masks


def _regions(*orders: Order) -> Callable[[Case], Measurement]:
    """Region perturbation in these orders."""

    def measure(case: Case) -> Measurement:
        s = case.settings
        return region_perturbation(
            case.network,
            case.x,
            case.found,
            case.target,
            orders=orders,
            size=s.size,
            steps=s.steps,
            replacement=case.replacement(s.replacement),
            repetitions=s.repetitions,
            probability=s.probability,
            seed=s.seed,
            first=case.first,
        )

    return measure


def _flipping(case: Case) -> Measurement:
    s = case.settings
    return pixel_flipping(
        case.network,
        case.x,
        case.found,
        case.target,
        steps=s.steps,
        replacement=case.replacement("flip"),
        probability=s.probability,
        seed=s.seed,
        first=case.first,
    )


def _sensitivity_n(case: Case) -> Measurement:
    s = case.settings
    return sensitivity_n(
        case.network, case.x, case.found, case.target, subsets=s.subsets, seed=s.seed, first=case.first
    )


def _randomisation(case: Case) -> Measurement:
    return randomisation(case.network, case.x, case.method, case.target, seed=case.settings.seed)


def _continuity(case: Case) -> Measurement:
    return continuity(
        case.network, case.x, case.method, case.target, seed=case.settings.seed, first=case.first, samples=5
    )


def _input_invariance(case: Case) -> Measurement:
    """Under a shift of all inputs by the length of their range, downwards."""
    at = input_layout(case.network)
    picture = at.channels_last(case.x)
    low, high = bounds(case.network, picture if case.pictures is None else at.channels_last(case.pictures))
    shift = np.broadcast_to(np.asarray(low, dtype=float) - np.asarray(high, dtype=float), picture[:1].shape)
    return input_invariance(case.network, case.x, case.method, at.native(shift)[0], case.target)


METRICS: Mapping[str, Callable[[Case], Measurement]] = {
    "aopc": _regions(Order.MORF),
    "abpc": _regions(Order.MORF, Order.LERF),
    "pixel_flipping": _flipping,
    "sensitivity_n": _sensitivity_n,
    "complexity": lambda case: complexity(case.network, case.found),
    "completeness": lambda case: completeness(case.found),
    "continuity": _continuity,
    "randomisation": _randomisation,
    "input_invariance": _input_invariance,
    "pointing_game": lambda case: pointing_game(
        case.network, case.found, case.objects("pointing_game"), case.settings.tolerance
    ),
    "relevance_mass": lambda case: relevance_mass(case.network, case.found, case.objects("relevance_mass")),
    "outside_inside": lambda case: outside_inside(case.network, case.found, case.objects("outside_inside")),
}


def metric_name(text: str) -> str:
    """The name as METRICS has it; SettingError for one that it has not."""
    name = text.strip().replace("-", "_")
    if name not in METRICS:
        raise SettingError(f"metric: expected one of {', '.join(METRICS)}, got {text!r}")
    return name


def rng_of(settings: Settings, first: int) -> np.random.Generator:
    """The random numbers of methods that draw some, for the batch that begins with picture `first`."""
    return np.random.default_rng([settings.seed, first, 1_000_003])


def explained(network: Network, x: Array, method: Method, target: Any, settings: Settings, first: int) -> Explanation:
    """The heatmaps of one batch."""
    return method(network, x, target, rng_of(settings, first))
