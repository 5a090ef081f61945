"""Whether the roots are what the theory asks of them: zeros, in the input domain, in the linear region of the input.

A Taylor expansion of first order is exact only within one linear region: N_f(x), the points with the gradient of x
that a straight segment with that same gradient joins to x.

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
NUDGE = 1e-6  # how far towards x a root is moved to step off the kink of its own neuron, as a share of the way


@dataclass(frozen=True)
class Check:
    """A yes or no for each root that was found, (n, m), and the share of yes among them (NaN if none was found)."""

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
    """max(0, z_j(xt^(j))) <= tolerance: 0 for Fractions; floats round, so give one in the unit of z."""
    z = found.z_at_root
    holds: Array = np.asarray(z <= scalar(tolerance, z), dtype=bool)
    return Check("zero activation", holds, found.found)


def in_domain(found: Roots, direction: Direction) -> Check:
    """Whether every entry of the root lies in the direction's input domain (no tolerance)."""
    inside: Array = np.asarray(direction.inside(found.points).all(axis=-1), dtype=bool)
    return Check("in the input domain", inside, found.found)


def in_layer_region(found: Roots, nudge: Number = NUDGE) -> Check:
    """Whether all neurons of the layer (those given) are active at the root as they are at x.

    The region is convex, so the segment lies in it too. The root is moved towards x by the share `nudge` of the way.
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
    """Whether the network's input gradient at the root, and at points between, equals that at x.

    samples = 1: the end point alone, which bounds the share from above; more: so many points evenly on the segment,
    the root the last of them. rtol, atol: |g - g(x)| <= atol + rtol |g(x)|, entry by entry; both 0 for Fractions.
    """
    if samples < 1:
        raise SettingError(f"in_network_region: expected at least 1 point on the segment, got {samples}")
    points = nudged(found, nudge)
    holds = np.zeros(found.found.shape, dtype=bool)
    for i, x in enumerate(found.x):
        left = np.flatnonzero(found.found[i])
        for k in range(samples, 0, -1):  # the end point first: most roots need no further look
            part = scalar(k, x) / scalar(samples, x)
            if len(left):
                left = left[same_gradient(gradient, x, x + part * (points[i, left] - x), rtol, atol)]
        holds[i, left] = True
    return Check("in the network's region", holds, found.found)


def same_gradient(gradient: GradientOf, x: Array, points: Array, rtol: float = 1e-3, atol: float = 1e-5) -> Array:
    """(m,) whether the gradient at each of the points (m, D) equals that at x (D,)."""
    here, there = gradient(x[None]), gradient(points)
    allowed = scalar(atol, x) + scalar(rtol, x) * np.abs(here)
    return np.asarray((np.abs(there - here) <= allowed).all(axis=-1), dtype=bool)


def network_region(gradient: GradientOf, x: Array, rtol: float = 1e-3, atol: float = 1e-5) -> Inside:
    """Whether points (m, D) have the gradient of x (D,), for a search: at the points themselves, not on the way."""
    return lambda points: same_gradient(gradient, x, points, rtol, atol)


def layer_region(neurons: Neurons, x: Array) -> Inside:
    """Whether at points (m, D) those neurons are active that are active at x (D,), for a search."""
    active = neurons.z(x[None]) > 0
    return lambda points: np.asarray(((neurons.z(points) > 0) == active).all(axis=-1), dtype=bool)


def gradient_of(network: Network, target: Any) -> GradientOf:
    """The gradient of one logit with respect to the flattened input, for the checks above."""
    (name,) = network.inputs
    shape = network.shapes[name]

    def gradient(points: Array) -> Array:
        x = points.reshape(len(points), *(length or 1 for length in shape))
        return np.asarray(network.gradient(x, target).gradient).reshape(points.shape)

    return gradient


def nudged(found: Roots, nudge: Number) -> Array:
    """The roots moved by this share of the way towards x."""
    share = scalar(nudge, found.x)
    return np.asarray(found.points + share * (found.x[:, None] - found.points)) + arrays.scalar(0, found.x)
