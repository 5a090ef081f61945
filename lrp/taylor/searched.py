"""The recursive decomposition with roots found by search, inside the linear region, at every layer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.graph import Network
from lrp.layers import Dense, Layer, ReLU
from lrp.taylor.membership import gradient_of, network_region
from lrp.taylor.recursive import ConstantRoot, Recursion
from lrp.taylor.search import Search


def searched(
    layers: Sequence[Dense],
    x: Array,
    output: int,
    search: Search,
    rng: np.random.Generator,
    rectified: bool = False,
) -> Recursion:
    """The recursion for the input x whose roots, one for each neuron above, are the search's lowest candidates

    Source: Sixt and Landgraf 2022, full backward decomposition

    At each level the candidates come from the region in which the rest of the network, from there up, has one
    gradient; a neuron's root is the candidate with the smallest |R_j^{l+1}|, which inside the region is affine:

        R^{l+1}(b) = A b - c,   A = sum_j G_j,  c = sum_j G_j root^(j),  G_j the gradient of R_j^{l+2} at its root

    Its value there is the unresolved relevance of `Recursion.account`. The roots are constants, so the result is
    gradient x (input - root).

    Parameters
    ----------
    layers : sequence of Dense
        From the input up; a ReLU follows each but the last.
    x : array
        (D,) floats.
    output : int
        The explained output.
    search : Search
    rng : numpy.random.Generator
    rectified : bool
        Whether a ReLU follows the last layer too.

    Returns
    -------
    Recursion

    Examples
    --------
    >>> import numpy as np
    >>> from lrp.layers import Dense
    >>> from lrp.taylor.search import Bisection
    >>> layers, x = [Dense(np.eye(2)), Dense(np.array([[1.0], [1.0]]))], np.array([1.0, 2.0])
    >>> found = searched(layers, x, 0, Bisection(directions=5), np.random.default_rng(0))
    >>> abs(sum(float(line.outside) for line in found.account(x))) < 1e-9
    True
    """
    plain = Recursion(layers, [ConstantRoot(arrays.zeros((1, len(d.weight)), x)) for d in layers], output, rectified)
    values, found = plain.activations(x), []
    A = np.zeros(len(values[-1]))
    A[output] = 1.0
    c = np.zeros(len(A))
    for level in reversed(range(len(layers))):
        a = values[level]
        inside = network_region(gradient_of(_rest(layers[level:], rectified), output), a)
        drawn = search.candidates(inside, a, rng)
        R = A * np.stack([plain.step(level, point)[0] for point in drawn]) - c
        points = drawn[np.argmin(np.abs(R), axis=0)]
        G = A[:, None] * plain.step(level, a)[1]
        A, c = G.sum(axis=0), (G * points).sum(axis=0)
        found.append(ConstantRoot(points))
    return Recursion(layers, found[::-1], output, rectified)


def _rest(layers: Sequence[Dense], rectified: bool) -> Network:
    """These layers as a network."""
    chain: list[Layer] = [part for layer in layers for part in (layer, ReLU())]
    return Network.sequential(chain if rectified else chain[:-1], (len(layers[0].weight),))
