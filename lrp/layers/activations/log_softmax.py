"""The logarithm of softmax, as torch models often end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrp.arrays import Array
from lrp.layers.activations.common import Softmax, exp
from lrp.layers.activations.elementary import log


@dataclass(frozen=True, eq=False)
class LogSoftmax(Softmax):
    """y_c = z_c - log sum_c' exp(z_c'), over one axis; a Softmax for everything but its value and its slope."""

    def compute(self, *xs: Array) -> Array:
        shifted = xs[0] - xs[0].max(axis=self.axis, keepdims=True)
        return np.asarray(shifted - log(exp(shifted).sum(axis=self.axis, keepdims=True)))

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        return (g - exp(y) * g.sum(axis=self.axis, keepdims=True),)
