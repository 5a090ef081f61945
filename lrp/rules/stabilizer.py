"""How a denominator is kept away from zero."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from lrp import parallel
from lrp.arrays import Array, is_exact, scalar, transcendental

sqrt = transcendental(np.sqrt, "sqrt")


class Stab(Enum):
    """How a stabilizer moves a denominator away from zero."""

    SIGN = "sign"  # z + eps s(z), the published form
    PLUS = "plus"  # z + eps, blind to the sign: a negative z is moved towards zero
    CLIP = "clip"  # s(z) max(|z|, eps): only small denominators are moved
    ONE = "one"  # 1: the messages are not divided at all


@dataclass(frozen=True)
class Stabilizer:
    """stab(z) = z + eps s(z) with s(z) = +1 for z >= 0 and -1 for z < 0.

    Source: Bach et al. 2015, Eq. (58)

    s(0) = +1, never numpy's sign, which would leave a zero denominator unstabilised. eps = 0 changes nothing.
    The other fields are departures of implementations: mode; zero, the value of stab(0) where it is not stab(z) at
    z = 0; rms, a multiple of the root mean square of z over the whole batch that is added to eps (then a sample's
    result depends on its batch).
    """

    eps: Fraction = Fraction(0)
    mode: Stab = Stab.SIGN
    zero: Fraction | None = None
    rms: Fraction = Fraction(0)

    @cached_property
    def moves(self) -> bool:
        """Whether stab(z) can differ from z."""
        return self != Stabilizer()

    def shift(self, z: Array) -> Array:
        """stab(z) - z, as computed in the arithmetic of z."""
        eps = self._eps(z)
        return parallel.map_blocks(lambda z: self._shift(z, eps), z)

    def _shift(self, z: Array, eps: Any) -> Array:
        if self.mode is Stab.SIGN:
            shift = np.where(z >= 0, eps, -eps) if is_exact(z) else np.copysign(eps, z + 0)  # -0 + 0 = +0: s(-0) = +1
        elif self.mode is Stab.PLUS:
            shift = np.full(z.shape, eps, dtype=z.dtype)
        elif self.mode is Stab.CLIP:
            least = np.maximum(np.abs(z), eps)
            shift = np.where(z >= 0, least, -least) - z
        else:
            shift = scalar(1, z) - z
        return shift if self.zero is None else np.where(z == 0, scalar(self.zero, z), shift)

    def keeps_off_zero(self, z: Array) -> bool:
        """Whether stab(z) cannot be 0, if that follows from the settings alone."""
        return self.mode is Stab.SIGN and self.zero is None and bool(self._eps_alone(z) > 0)

    @cached_property
    def _float(self) -> float:
        return float(self.eps)

    def _eps_alone(self, z: Array) -> Any:
        """eps in the arithmetic of z."""
        return self.eps if is_exact(z) else z.dtype.type(self._float)

    def _eps(self, z: Array) -> Any:
        """eps, with its multiple of the root mean square."""
        eps = self._eps_alone(z)
        return eps + scalar(self.rms, z) * sqrt((z * z).mean()) if self.rms else eps

    def __str__(self) -> str:
        return f"eps {float(self.eps):g}"
