"""Gradient descent with running moments."""

from __future__ import annotations

import numpy as np

from lrp.arrays import Array


class Adam:
    """theta <- theta - rate m^ / (sqrt(v^) + 1e-8), m^ and v^ the bias-corrected running means of g and g^2

        m <- b1 m + (1 - b1) g,   v <- b2 v + (1 - b2) g^2,   m^ = m / (1 - b1^t),   v^ = v / (1 - b2^t)   at step t

    Source: Kingma and Ba 2015, Adam
    """

    def __init__(self, rate: float, decay: tuple[float, float] = (0.9, 0.999)) -> None:
        self.rate, self.decay, self.count = rate, decay, 0
        self.m: Array = np.zeros(())
        self.v: Array = np.zeros(())

    def step(self, theta: Array, g: Array) -> Array:
        """The next theta, for the gradient g of the loss."""
        one, two = self.decay
        self.count += 1
        self.m = one * self.m + (1 - one) * g
        self.v = two * self.v + (1 - two) * g * g
        m, v = self.m / (1 - one**self.count), self.v / (1 - two**self.count)
        return np.asarray(theta - self.rate * m / (np.sqrt(v) + 1e-8))
