"""The functions of the activations that leave the rational numbers: arrays of Fractions meet an ExactError."""

from __future__ import annotations

import numpy as np

from lrp.arrays import Array, transcendental


def _expit(z: Array) -> Array:
    from scipy import special  # loaded where needed: it takes longer than the rest of the package together

    return np.asarray(special.expit(z))


def _erf(z: Array) -> Array:
    from scipy import special

    return np.asarray(special.erf(z))


exp = transcendental(np.exp, "exp")

expm1 = transcendental(np.expm1, "expm1")

tanh = transcendental(np.tanh, "tanh")

logistic = transcendental(_expit, "sigmoid")

log1pexp = transcendental(lambda z: np.logaddexp(z, z.dtype.type(0)), "softplus")

erf = transcendental(_erf, "erf")

log = transcendental(np.log, "log")

sqrt = transcendental(np.sqrt, "sqrt")
