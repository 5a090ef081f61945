"""Numbers that are the same in every language and release: small dyadic fractions from a given recurrence.

    state <- (6364136223846793005 state + 1442695040888963407) mod 2^64,   draw = state >> 33

All are multiples of 1/8 between -3 and 3, so that float32 represents them exactly and no input is rounded.
"""

from __future__ import annotations

import hashlib

import numpy as np

from lrp.arrays import Array


class Numbers:
    """A sequence of draws; the first 8 bytes of the name's SHA-256 are its initial state."""

    def __init__(self, name: str) -> None:
        self.state = int.from_bytes(hashlib.sha256(name.encode("utf-8")).digest()[:8], "little")

    def draw(self, below: int) -> int:
        """An integer from 0 to below - 1."""
        self.state = (6364136223846793005 * self.state + 1442695040888963407) % (1 << 64)
        return (self.state >> 33) % below

    def array(self, *shape: int) -> Array:
        """Multiples of 1/8 from -3 to 3, never 0. float64."""
        values = [(1 + self.draw(24)) * (1 - 2 * self.draw(2)) / 8 for _ in range(int(np.prod(shape)))]
        return np.array(values, dtype=np.float64).reshape(shape)

    def choices(self, shape: tuple[int, ...], below: int) -> Array:
        """Integers from 0 to below - 1, such as tokens. int64."""
        values = [self.draw(below) for _ in range(int(np.prod(shape)))]
        return np.array(values, dtype=np.int64).reshape(shape)


def with_zeros(x: Array) -> Array:
    """x with every third entry 0 and every seventh -0.0, in row-major order."""
    flat = x.copy().ravel()
    flat[::3] = 0.0
    flat[::7] = -0.0
    return flat.reshape(x.shape)


def with_ties(x: Array) -> Array:
    """x rounded to -1, 0 or 1, so that most windows have several largest entries."""
    return np.sign(x) * (np.abs(x) > 1)
