"""The bounds of the input that the z^B rule takes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from lrp.arrays import Array, Number, is_exact, rational
from lrp.errors import RuleError


@dataclass(frozen=True)
class Bound:
    """One side of the input's range: a number, one per channel, or one per pixel; compared by value."""

    values: Array = field(repr=False)

    def __post_init__(self) -> None:
        values = np.array(self.values, dtype=object if is_exact(np.asarray(self.values)) else np.float64)
        values.setflags(write=False)
        object.__setattr__(self, "values", values)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Bound) and np.array_equal(self.values, other.values)

    def __hash__(self) -> int:
        return hash((self.values.shape, tuple(self.values.ravel().tolist())))

    def like(self, x: Array) -> Array:
        """The bound for every entry of x, in the arithmetic of x; raises RuleError where it does not broadcast."""
        values = self.values
        if is_exact(x):
            values = np.asarray(np.frompyfunc(rational, 1, 1)(values), dtype=object)
        try:
            return np.broadcast_to(values.astype(x.dtype), x.shape)
        except ValueError:
            raise RuleError(
                f"z_box: bounds have shape {values.shape}, the input has {x.shape[1:]} a sample; "
                "give one number, one per channel, or one per entry"
            ) from None

    def __str__(self) -> str:
        if self.values.ndim > 1:
            return f"array{self.values.shape}"
        return "|".join(number_text(value) for value in self.values.ravel().tolist())


def number_text(value: Number) -> str:
    """A number as short as it can be and still be read back as the same one."""
    value = rational(value)
    return str(int(value)) if value.denominator == 1 else repr(float(value))
