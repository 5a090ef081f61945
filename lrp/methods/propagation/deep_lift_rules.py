"""DeepLIFT's rules for activations y = f(x): Rescale and RevealCancel."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import SettingError, did_you_mean
from lrp.layers import Activation


@dataclass(frozen=True, eq=False)
class Parts:
    """Two arrays, for the positive and for the negative part of a difference: (dx+, dx-), or multipliers (m+, m-)."""

    plus: Array
    minus: Array

    def __add__(self, other: Parts) -> Parts:
        """The multipliers of a fan-out add."""
        if self.plus is self.minus and other.plus is other.minus:
            return both(self.plus + other.plus)
        return Parts(self.plus + other.plus, self.minus + other.minus)

    @property
    def dtype(self) -> Any:
        """That of both arrays."""
        return self.plus.dtype


def both(m: Array) -> Parts:
    """One multiplier for both parts."""
    return Parts(m, m)


class ActivationRule(ABC):
    """How the difference dy of y = f(x) is divided over the parts dx+ >= 0 and dx- <= 0 of its input's."""

    name: ClassVar[str]

    @abstractmethod
    def multipliers(self, f: Activation, x0: Array, dx: Parts, y0: Array, y: Array) -> Parts:
        """(dy+/dx+, dy-/dx-) at the reference x0, with y0 = f(x0) and y = f(x0 + dx+ + dx-)."""


@dataclass(frozen=True)
class Rescale(ActivationRule):
    """m+ = m- = dy/dx

    Source: Shrikumar et al. 2017, Rescale rule
    """

    name = "rescale"

    def multipliers(self, f: Activation, x0: Array, dx: Parts, y0: Array, y: Array) -> Parts:
        whole = dx.plus + dx.minus
        return both(secant(y - y0, whole, derivative(f, x0, whole)))


@dataclass(frozen=True)
class RevealCancel(ActivationRule):
    """The mean over both orders in which dx+ and dx- can be added:

        dy+ = 1/2 [f(x0 + dx+) - f(x0)] + 1/2 [f(x0 + dx- + dx+) - f(x0 + dx-)]        m+ = dy+/dx+
        dy- = 1/2 [f(x0 + dx-) - f(x0)] + 1/2 [f(x0 + dx+ + dx-) - f(x0 + dx+)]        m- = dy-/dx-

    Source: Shrikumar et al. 2017, RevealCancel rule
    """

    name = "reveal_cancel"

    def multipliers(self, f: Activation, x0: Array, dx: Parts, y0: Array, y: Array) -> Parts:
        half = 1 / arrays.scalar(2, x0)
        y_plus, y_minus = f.compute(x0 + dx.plus), f.compute(x0 + dx.minus)
        dy_plus = half * (y_plus - y0) + half * (y - y_minus)
        dy_minus = half * (y_minus - y0) + half * (y - y_plus)
        slope = derivative(f, x0, dx.plus + dx.minus)
        return Parts(secant(dy_plus, dx.plus, slope), secant(dy_minus, dx.minus, slope))


RESCALE, REVEAL_CANCEL = Rescale(), RevealCancel()


def rule_named(text: str) -> ActivationRule:
    """A rule by its name; SettingError for another text."""
    rules = {rule.name: rule for rule in (RESCALE, REVEAL_CANCEL)}
    if text not in rules:
        raise SettingError(
            f"deep_lift: rule: expected one of {', '.join(rules)}, got {text!r}{did_you_mean(text, rules)}"
        )
    return rules[text]


def far(dx: Array) -> Array:
    """Where dx is large enough to divide by: above sqrt(eps), below it rounding dominates; in Fractions: not 0."""
    if arrays.is_exact(dx):
        return np.asarray(dx != 0, dtype=bool)
    return np.asarray(np.abs(dx) > np.sqrt(arrays.epsilon_of(dx)))


def secant(dy: Array, dx: Array, slope: Array) -> Array:
    """dy/dx, and the derivative where |dx| is too small."""
    return np.where(far(dx), arrays.divide_where(dy, dx, far(dx)), slope)


def derivative(f: Activation, x0: Array, dx: Array) -> Array:
    """f' at x0 + dx/2, which is the limit of dy/dx to second order."""
    middle = x0 + dx / arrays.scalar(2, x0)
    return f.slope(middle, f.compute(middle))
