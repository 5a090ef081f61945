"""Whether the roots are what the theory assumes: zeros, in the input domain, in the linear region of the input.

A Taylor expansion of first order is exact only within one linear region: N_f(x), the points that have the gradient of x
and are joined to x by a straight segment of points with that gradient.

Source: Sixt and Landgraf 2022, linear region of the input
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from lrp import arrays
from lrp.arrays import Array, Number, scalar
from lrp.errors import SettingError
from lrp.graph import Network
from lrp.taylor.directions import Direction
from lrp.taylor.roots import Neurons, Roots
from lrp.taylor.search import Inside

GradientOf = Callable[[Array], Array]  # points (m, D) -> gradients (m, D)
NUDGE = 1e-6  # a root is moved by this fraction of the way to x, off the kink of its own neuron


@dataclass(frozen=True)
class Check:
    """A yes or no for each root that was found.

    holds, found: booleans (n, m). share: the fraction of the found roots for which it holds, NaN if none was found.
    """

    name: str
    holds: Array
    found: Array

    @property
    def share(self) -> float:
        count = int(self.found.sum())
        return float((self.holds & self.found).sum() / count) if count else float("nan")

    def __str__(self) -> str:
        return f"{self.name}: {100 * self.share:.1f} % of {int(self.found.sum())} roots"


def zero_activation(found: Roots, tolerance: Number = 0) -> Check:
    """max(0, z_j(xt^(j))) <= tolerance

    Parameters
    ----------
    found : Roots
    tolerance : number
        In the unit of z; 0 for Fractions, a positive number for floats, which round.

    Returns
    -------
    Check

    Examples
    --------
    >>> import numpy as np
    >>> from lrp.layers import Dense
    >>> from lrp.taylor.directions import ZPlus
    >>> from lrp.taylor.roots import neurons_of, roots
    >>> neurons = neurons_of(Dense(np.array([[1.0], [2.0]]), np.array([-1.0])), (2,))
    >>> found = roots(neurons, np.array([[2.0, 1.0]]), ZPlus())
    >>> print(zero_activation(found, 1e-12))
    zero activation: 100.0 % of 1 roots
    """
    z = found.z_at_root
    holds: Array = np.asarray(z <= scalar(tolerance, z), dtype=bool)
    return Check("zero activation", holds, found.found)


def in_domain(found: Roots, direction: Direction) -> Check:
    """Whether every entry of the root lies in the direction's input domain, without tolerance

    Parameters
    ----------
    found : Roots
    direction : Direction

    Returns
    -------
    Check

    Examples
    --------
    >>> import numpy as np
    >>> from lrp.layers import Dense
    >>> from lrp.taylor.directions import ZPlus
    >>> from lrp.taylor.roots import neurons_of, roots
    >>> neurons = neurons_of(Dense(np.array([[1.0], [2.0]]), np.array([-1.0])), (2,))
    >>> found = roots(neurons, np.array([[2.0, 1.0]]), ZPlus())
    >>> print(in_domain(found, ZPlus()))
    in the input domain: 100.0 % of 1 roots
    """
    inside: Array = np.asarray(direction.inside(found.points).all(axis=-1), dtype=bool)
    return Check("in the input domain", inside, found.found)


def in_layer_region(found: Roots, nudge: Number = NUDGE) -> Check:
    """Whether the layer's neurons (those of `found`) are active at the root exactly where they are active at x

    Source: Sixt and Landgraf 2022, linear region of the input

    The region of one layer is convex, so the segment from x to the root lies in it too.

    Parameters
    ----------
    found : Roots
    nudge : number
        The root is moved towards x by this fraction of the way.

    Returns
    -------
    Check

    Examples
    --------
    >>> import numpy as np
    >>> from lrp.layers import Dense
    >>> from lrp.taylor.directions import ZPlus
    >>> from lrp.taylor.roots import neurons_of, roots
    >>> neurons = neurons_of(Dense(np.array([[1.0], [2.0]]), np.array([-1.0])), (2,))
    >>> found = roots(neurons, np.array([[2.0, 1.0]]), ZPlus())
    >>> print(in_layer_region(found))
    in the layer's region: 100.0 % of 1 roots
    """
    points = nudged(found, nudge)
    at_x = found.z > 0
    at_root = np.stack([found.neurons.z(points[i]) > 0 for i in range(len(points))])  # (n, m roots, m neurons)
    return Check("in the layer's region", (at_root == at_x[:, None]).all(axis=-1), found.found)


def in_network_region(
    found: Roots,
    gradient: GradientOf,
    samples: int = 1,
    nudge: Number = NUDGE,
    rtol: float = 1e-3,
    atol: float = 1e-5,
) -> Check:
    """Whether the network's input gradient at the root, and at points between, equals that at x

    Source: Sixt and Landgraf 2022, linear region of the input

    Parameters
    ----------
    found : Roots
    gradient : callable
        points (m, D) -> gradients (m, D), such as `gradient_of(network, target)`.
    samples : int
        Points at equal distances on the segment, the root last. 1 tests the root alone, an upper bound of the share.
    nudge : number
        The root is moved towards x by this fraction of the way.
    rtol, atol : float
        |g - g(x)| <= atol + rtol |g(x)| for each entry; both 0 for Fractions.

    Returns
    -------
    Check

    Raises
    ------
    SettingError
        If samples < 1.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp.layers import Dense
    >>> from lrp.taylor.directions import ZPlus
    >>> from lrp.taylor.roots import neurons_of, roots
    >>> neurons = neurons_of(Dense(np.array([[1.0], [2.0]]), np.array([-1.0])), (2,))
    >>> found = roots(neurons, np.array([[2.0, 1.0]]), ZPlus())
    >>> print(in_network_region(found, lambda points: np.ones_like(points)))  # of a linear function
    in the network's region: 100.0 % of 1 roots
    """
    if samples < 1:
        raise SettingError(f"in_network_region: expected at least 1 point on the segment, got {samples}")
    points = nudged(found, nudge)
    holds = np.zeros(found.found.shape, dtype=bool)
    for i, x in enumerate(found.x):
        left = np.flatnonzero(found.found[i])
        for k in range(samples, 0, -1):  # the root first: most candidates fail there
            part = scalar(k, x) / scalar(samples, x)
            if len(left):
                left = left[same_gradient(gradient, x, x + part * (points[i, left] - x), rtol, atol)]
        holds[i, left] = True
    return Check("in the network's region", holds, found.found)


def same_gradient(gradient: GradientOf, x: Array, points: Array, rtol: float = 1e-3, atol: float = 1e-5) -> Array:
    """(m,) booleans: whether the gradient at each of the points (m, D) equals that at x (D,), within the tolerances."""
    here, there = gradient(x[None]), gradient(points)
    allowed = scalar(atol, x) + scalar(rtol, x) * np.abs(here)
    return np.asarray((np.abs(there - here) <= allowed).all(axis=-1), dtype=bool)


def network_region(gradient: GradientOf, x: Array, rtol: float = 1e-3, atol: float = 1e-5) -> Inside:
    """For a search: a function that says which points (m, D) have the gradient of x (D,). It tests the points, not
    the way.
    """
    return lambda points: same_gradient(gradient, x, points, rtol, atol)


def layer_region(neurons: Neurons, x: Array) -> Inside:
    """For a search: a function that says at which points (m, D) the neurons active at x (D,) are active, and no
    others.
    """
    active = neurons.z(x[None]) > 0
    return lambda points: np.asarray(((neurons.z(points) > 0) == active).all(axis=-1), dtype=bool)


def gradient_of(network: Network, target: Any) -> GradientOf:
    """The gradient of one logit with respect to the flattened input, as the checks above take it."""
    (name,) = network.inputs
    shape = network.shapes[name]

    def gradient(points: Array) -> Array:
        x = points.reshape(len(points), *(length or 1 for length in shape))
        return np.asarray(network.gradient(x, target).gradient).reshape(points.shape)

    return gradient


def nudged(found: Roots, nudge: Number) -> Array:
    """The roots moved towards x by this fraction of the way."""
    share = scalar(nudge, found.x)
    return np.asarray(found.points + share * (found.x[:, None] - found.points)) + arrays.scalar(0, found.x)
