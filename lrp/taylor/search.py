"""Roots found by search inside the linear region of the input, for functions without a known closed form."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import SettingError
from lrp.taylor.roots import Neurons, Roots

Inside = Callable[[Array], Array]  # points (m, D) -> (m,) booleans: whether each lies in the region
Function = Callable[[Array], Array]  # points (m, D) -> (m,) the relevance there


@dataclass(frozen=True)
class SearchResult:
    """The candidate at which the function is lowest.

    point: (D,). value: the function there, the unresolved relevance; 0 at a root. candidates: all points that were
    tried.
    """

    point: Array
    value: float
    candidates: Array


@dataclass(frozen=True)
class Search(ABC):
    """A method that draws points from the linear region of x."""

    @abstractmethod
    def candidates(self, inside: Inside, x: Array, rng: np.random.Generator) -> Array:
        """Points (m, D) in the region of x (D,), x itself the first."""


@dataclass(frozen=True)
class Bisection(Search):
    """Random unit directions; along each the step to the region's edge by bisection, and points on the way there

    Source: Sixt and Landgraf 2022, random directions with bisection

    directions, points: their number, and points per direction. refinements: halvings. reach: the longest step.
    Bisection
    assumes that the region meets the ray in one piece from x on, as a convex region does; only points inside are kept.
    SettingError unless all are positive.

    Examples
    --------
    >>> import numpy as np
    >>> search = Bisection(directions=3, points=2)
    >>> search.candidates(lambda points: abs(points).max(axis=1) < 1, np.zeros(2), np.random.default_rng(0)).shape
    (7, 2)
    """

    directions: int = 50
    points: int = 10
    refinements: int = 10
    reach: float = 10.0

    def __post_init__(self) -> None:
        if min(self.directions, self.points, self.refinements) < 1 or not self.reach > 0:
            raise SettingError(f"Bisection: expected positive numbers, got {self}")

    def candidates(self, inside: Inside, x: Array, rng: np.random.Generator) -> Array:
        d = rng.normal(size=(self.directions, x.size))
        d /= np.linalg.norm(d, axis=1, keepdims=True)
        good, bad = np.zeros(self.directions), np.full(self.directions, self.reach)
        good = np.where(inside(x + bad[:, None] * d), bad, good)
        for _ in range(self.refinements):
            middle = (good + bad) / 2
            yes = inside(x + middle[:, None] * d)
            good, bad = np.where(yes, middle, good), np.where(yes, bad, middle)
        parts = np.arange(1, self.points + 1) / self.points
        found = (x + (parts[:, None] * good)[..., None] * d).reshape(-1, x.size)
        return np.concatenate([x[None], found[inside(found)]])


@dataclass(frozen=True)
class MetropolisHastings(Search):
    """A random walk with normal steps that stays where it is if a step would leave the region

    Source: Sixt and Landgraf 2022, Metropolis-Hastings in the region

    The target density is uniform on the region, so a step inside is always accepted. steps: of each walk. width: the
    standard deviation of a step. chains: parallel walks. SettingError unless all are positive.

    Examples
    --------
    >>> import numpy as np
    >>> search = MetropolisHastings(steps=4, chains=2)
    >>> search.candidates(lambda points: abs(points).max(axis=1) < 1, np.zeros(2), np.random.default_rng(0)).shape
    (9, 2)
    """

    steps: int = 100
    width: float = 0.1
    chains: int = 10

    def __post_init__(self) -> None:
        if min(self.steps, self.chains) < 1 or not self.width > 0:
            raise SettingError(f"MetropolisHastings: expected positive numbers, got {self}")

    def candidates(self, inside: Inside, x: Array, rng: np.random.Generator) -> Array:
        here = np.repeat(x[None], self.chains, axis=0)
        visited = [x[None]]
        for _ in range(self.steps):
            proposed = here + self.width * rng.normal(size=here.shape)
            here = np.where(inside(proposed)[:, None], proposed, here)
            visited.append(here)
        return np.concatenate(visited)


def root_by_search(
    function: Function, inside: Inside, x: Array, search: Search, rng: np.random.Generator
) -> SearchResult:
    """The candidate at which the function is lowest

    Parameters
    ----------
    function : callable
        points (m, D) -> relevance (m,).
    inside : callable
        points (m, D) -> booleans (m,), the region of x.
    x : array
        (D,) the input, itself a candidate.
    search : Search
    rng : numpy.random.Generator

    Returns
    -------
    SearchResult

    Examples
    --------
    >>> import numpy as np
    >>> inside = lambda points: abs(points - 1).max(axis=1) <= 1
    >>> found = root_by_search(lambda p: p.sum(axis=1), inside, np.ones(2), Bisection(), np.random.default_rng(0))
    >>> found.value < 0.5
    True
    """
    drawn = search.candidates(inside, x, rng)
    values = function(drawn)
    best = int(np.argmin(values))
    return SearchResult(drawn[best], float(values[best]), drawn)


def searched_roots(
    neurons: Neurons, x: Array, region: Callable[[Array], Inside], search: Search, rng: np.random.Generator
) -> Roots:
    """Each active neuron's lowest candidate, as Roots

    Parameters
    ----------
    neurons : Neurons
    x : array
        (n, ...) inputs of the layer.
    region : callable
        x (D,) -> a function that says which points lie in its region; one search per input serves all neurons.
    search : Search
    rng : numpy.random.Generator

    Returns
    -------
    Roots
        Found where the activation falls at all; `Roots.unresolved` and `zero_activation` say how far.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp.layers import Dense
    >>> from lrp.taylor.roots import neurons_of
    >>> neurons = neurons_of(Dense(np.array([[1.0], [2.0]])), (2,))
    >>> everywhere = lambda x: lambda points: np.ones(len(points), dtype=bool)
    >>> found = searched_roots(neurons, np.ones((1, 2)), everywhere, Bisection(), np.random.default_rng(0))
    >>> bool(found.found.all()), bool((found.z_at_root < found.z).all())
    (True, True)
    """
    x = x.reshape(len(x), -1)
    points = np.repeat(x[:, None], len(neurons.bias), axis=1)
    for n, one in enumerate(x):
        drawn = search.candidates(region(one), one, rng)
        points[n] = drawn[np.argmin(arrays.positive(neurons.z(drawn)), axis=0)]
    z = neurons.z(x)
    fallen = Roots(neurons, x, points, z > 0)
    return Roots(neurons, x, points, np.asarray((z > 0) & (fallen.z_at_root < z), dtype=bool))
