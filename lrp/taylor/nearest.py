"""The nearest root: min ||xi - x||^2 subject to f(xi) = 0 and xi in a box."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import InputError, SettingError
from lrp.layers import LinearLayer
from lrp.rules import Bound
from lrp.taylor.roots import Neurons, Roots


def nearest_roots(neurons: Neurons, x: Array, low: Any, high: Any) -> Roots:
    """Each active neuron's nearest root in the box: xt = clip(x - t w, low, high) with the t >= 0 at which z(xt) = 0

    Source: Montavon et al. 2017, nearest root

    z falls piecewise linearly in t, so t is exact, in Fractions too. Without a box (infinite bounds, floats only) the
    root is that of w^2.

    Parameters
    ----------
    neurons : Neurons
    x : array
        (n, ...) inputs in the box.
    low, high : number or array
        The bounds of the input.

    Returns
    -------
    Roots
        `found` is False for inactive neurons and for neurons with z > 0 in the whole box.

    Raises
    ------
    InputError
        If x lies outside the box.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp.layers import Dense
    >>> from lrp.taylor.roots import neurons_of
    >>> neurons = neurons_of(Dense(np.array([[1.0], [2.0]]), np.array([-1.0])), (2,))
    >>> nearest_roots(neurons, np.array([[1.0, 1.0]]), 0.0, 1.0).points[0, 0].round(6).tolist()  # x - 2/5 w
    [0.6, 0.2]
    """
    x = x.reshape(len(x), -1)
    l, h = Bound(low).like(x), Bound(high).like(x)
    if ((x < l) | (x > h)).any():
        raise InputError("nearest_roots: expected x within the bounds, got an entry outside; clip it or widen the box")
    z = neurons.z(x)
    points = np.repeat(x[:, None], len(neurons.bias), axis=1)
    found = np.zeros(z.shape, dtype=bool)
    for n, j in np.argwhere(z > 0):
        w = neurons.weight[j]
        t = _step(x[n], w, z[n, j], l[n], h[n])
        if t is not None:
            points[n, j], found[n, j] = np.minimum(np.maximum(x[n] - t * w, l[n]), h[n]), True
    return Roots(neurons, x, points, found)


def _step(x: Array, w: Array, z: Any, low: Array, high: Array) -> Any:
    """The t at which z - sum_i w_i min(t w_i, room_i) = 0; None if there is none. Entry i stops at t = room/w."""
    moving = np.flatnonzero(w != 0)
    stop = [((x[i] - low[i]) / w[i] if w[i] > 0 else (x[i] - high[i]) / w[i], w[i] * w[i]) for i in moving]
    slope, t = sum((square for _, square in stop), arrays.scalar(0, x)), arrays.scalar(0, x)
    for end, square in sorted(stop):
        if z <= slope * (end - t):
            return t + z / slope
        z, t, slope = z - slope * (end - t), end, slope - square
    return None


@dataclass(frozen=True)
class NearestRoot:
    """points: (n, ...) in the box, roots up to the error of the search. bound: (n,) a lower bound of each sample's
    distance to the nearest root, which holds however far the search came.
    """

    points: Array
    bound: Array


def nearest_root_of_sum(layer: LinearLayer, x: Array, low: Any, high: Any, steps: int = 500) -> NearestRoot:
    """The nearest root of f(x) = sum_j max(0, z_j(x)) in the box: the projection onto {z_j <= 0 for all j}

    Source: Montavon et al. 2017, nearest root

        xi(lambda) = clip(x - W lambda, low, high), lambda >= 0 by accelerated ascent on the dual function

        D(lambda) = 1/2 |xi - x|^2 + lambda . z(xi)  <=  1/2 (distance to the nearest root)^2,   grad D = z(xi)

    The result is approximate: f(xi) falls with the number of steps. Check it, and the bound sqrt(2 D).

    Parameters
    ----------
    layer : LinearLayer
    x : array
        (n, ...) inputs in the box; floats only.
    low, high : number or array
        The bounds of the input. A root must exist in the box: with biases <= 0 and 0 in the box it does.
    steps : int
        Steps of the ascent.

    Returns
    -------
    NearestRoot

    Raises
    ------
    SettingError
        For Fractions, or steps < 1.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp.layers import Dense
    >>> found = nearest_root_of_sum(Dense(np.array([[1.0], [2.0]]), np.array([-1.0])), np.array([[1.0, 1.0]]), 0.0, 1.0)
    >>> found.points.round(4).tolist(), found.bound.round(4).tolist()
    ([[0.6, 0.2]], [0.8944])
    """
    if arrays.is_exact(x) or steps < 1:
        raise SettingError(f"nearest_root_of_sum: expected floats and at least 1 step, got {x.dtype} and {steps}")
    l, h = Bound(low).like(x), Bound(high).like(x)
    rate = 1 / _norm_squared(layer, x[:1])
    y = np.zeros_like(layer.compute(x))
    previous, momentum = y, 1.0
    for _ in range(steps):
        z = layer.compute(_clipped(layer, x, y, l, h))
        lam = arrays.positive(y + rate * z)
        following = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        y = lam + (momentum - 1) / following * (lam - previous)
        previous, momentum = lam, following
    points = _clipped(layer, x, previous, l, h)
    dual = arrays.sum_per_sample((points - x) ** 2) / 2 + arrays.sum_per_sample(previous * layer.compute(points))
    return NearestRoot(points, np.sqrt(2 * np.maximum(dual, 0)))


def _clipped(layer: LinearLayer, x: Array, lam: Array, low: Array, high: Array) -> Array:
    """clip(x - W lambda, low, high)."""
    return np.asarray(np.clip(x - layer.adjoint(layer.weight, lam, x.shape), low, high))


def _norm_squared(layer: LinearLayer, x: Array, rounds: int = 50) -> float:
    """An upper estimate of the largest squared singular value of the weight: power iteration, plus 5 %."""
    u = np.ones_like(x) + np.arange(x.size).reshape(x.shape) / x.size
    size = 1.0
    for _ in range(rounds):
        u = np.asarray(layer.adjoint(layer.weight, layer.apply(layer.weight, u), x.shape))
        size = float(np.linalg.norm(u)) or 1.0
        u = u / size
    return 1.05 * size
