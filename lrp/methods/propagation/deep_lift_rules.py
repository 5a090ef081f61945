"""DeepLIFT's rules for activations: what becomes of a multiplier at y = f(z)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import SettingError
from lrp.layers import Activation

Pair = tuple[Array, Array]  # what belongs to the positive and to the negative part of a difference


class ActivationRule(ABC):
    """How the difference dy of y = f(z) is divided over the parts dz+ >= 0 and dz- <= 0 of its input's."""

    name: ClassVar[str]

    @abstractmethod
    def slopes(self, layer: Activation, z0: Array, ends: Pair, parts: Pair) -> Pair:
        """(dy+/dz+, dy-/dz-) from the reference z0; ends = (f(z0), f(z)), parts = (dz+, dz-)."""


@dataclass(frozen=True)
class Rescale(ActivationRule):
    """m+ = m- = dy/dz

    Source: Shrikumar et al. 2017, Rescale rule
    """

    name = "rescale"

    def slopes(self, layer: Activation, z0: Array, ends: Pair, parts: Pair) -> Pair:
        dz = parts[0] + parts[1]
        m = secant(ends[1] - ends[0], dz, derivative(layer, z0, dz))
        return m, m


@dataclass(frozen=True)
class RevealCancel(ActivationRule):
    """The mean over both orders in which dz+ and dz- can come:

        dy+ = 1/2 [f(z0 + dz+) - f(z0)] + 1/2 [f(z0 + dz- + dz+) - f(z0 + dz-)]        m+ = dy+/dz+
        dy- = 1/2 [f(z0 + dz-) - f(z0)] + 1/2 [f(z0 + dz+ + dz-) - f(z0 + dz+)]        m- = dy-/dz-

    Source: Shrikumar et al. 2017, RevealCancel rule
    """

    name = "reveal_cancel"

    def slopes(self, layer: Activation, z0: Array, ends: Pair, parts: Pair) -> Pair:
        (up, down), (start, both) = parts, ends
        half = 1 / arrays.scalar(2, z0)
        above, below = layer.compute(z0 + up), layer.compute(z0 + down)
        dy_up = half * (above - start) + half * (both - below)
        dy_down = half * (below - start) + half * (both - above)
        slope = derivative(layer, z0, up + down)
        return secant(dy_up, up, slope), secant(dy_down, down, slope)


RESCALE, REVEAL_CANCEL = Rescale(), RevealCancel()


def rule_named(text: str) -> ActivationRule:
    """A rule by its name; SettingError for another text."""
    rules = {rule.name: rule for rule in (RESCALE, REVEAL_CANCEL)}
    if text not in rules:
        raise SettingError(f"deep_lift: rule: expected one of {', '.join(rules)}, got {text!r}")
    return rules[text]


def far(dz: Array) -> Array:
    """Where dz is large enough to divide by: above the root of eps, beneath which rounding rules dy; exactly: not 0."""
    if arrays.is_exact(dz):
        return np.asarray(dz != 0, dtype=bool)
    return np.asarray(np.abs(dz) > np.sqrt(arrays.epsilon_of(dz)))


def secant(dy: Array, dz: Array, slope: Array) -> Array:
    """dy/dz, and the derivative where |dz| is too small."""
    return np.where(far(dz), arrays.divide_where(dy, dz, far(dz)), slope)


def derivative(layer: Activation, z0: Array, dz: Array) -> Array:
    """f' halfway, which is the secant's limit to second order."""
    middle = z0 + dz / arrays.scalar(2, z0)
    return layer.slope(middle, layer.compute(middle))
