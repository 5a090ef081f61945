"""How the maps of different outputs become equal: products of non-negative matrices converge to rank 1.

Under z+ a layer divides R by M_ji = x_i w_ij^+ / sum_i' x_i' w_i'j^+, rows of non-negative numbers that sum to 1, and
the map of output k is row k of M^(n) M^(n-1) ... M^(1). With every further factor the rows can only come closer:

    d(M) = max_jk 1/2 sum_i |M_ji - M_ki|,      d(A B) <= d(A) d(B) <= d(A)

At d = 0 all rows are the same for every output: the product has rank 1.

Source: Sixt, Granz and Landgraf 2020, convergence to rank 1
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import ShapeError
from lrp.graph import Network


def maps_of_outputs(network: Network, x: Array, composite: Any, outputs: Sequence[int], start: str = "one") -> Any:
    """The explanations of one input for several outputs, as one batch

    Source: Sixt, Granz and Landgraf 2020, convergence to rank 1

    With the start "one" the relevances of a node, one row per output, are the product of the matrices M above it.

    Parameters
    ----------
    network : Network
    x : array
        (1, ...) one input.
    composite : str or Composite
        The rule of every node.
    outputs : sequence of int
        The explained outputs.
    start : str or Start
        The relevance at the output.

    Returns
    -------
    Explanation
        Its sample k explains outputs[k].

    Raises
    ------
    ShapeError
        If x has more than one sample, or there is no output.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp import Network, layers
    >>> network = Network.sequential([layers.Dense(np.array([[1.0, 3.0], [1.0, 1.0]]))], (2,))
    >>> maps_of_outputs(network, np.ones((1, 2)), "*=z_plus", [0, 1]).relevance.tolist()
    [[0.5, 0.5], [0.75, 0.25]]
    """
    if len(x) != 1 or not len(outputs):
        raise ShapeError(f"maps_of_outputs: expected one input and some outputs, got {len(x)} and {len(outputs)}")
    return network.explain(np.repeat(x, len(outputs), axis=0), list(outputs), composite, start=start)


def largest_difference(maps: Array) -> Any:
    """d = max over pairs of rows of 1/2 sum |difference|

    Source: Sixt, Granz and Landgraf 2020, convergence to rank 1

    Parameters
    ----------
    maps : array
        (k, ...) with k > 1; floats or Fractions.

    Returns
    -------
    number
        0: all maps are equal. For maps >= 0 with the sum 1, 1: two maps have no entry in common.

    Raises
    ------
    ShapeError
        For fewer than 2 maps.

    Examples
    --------
    >>> import numpy as np
    >>> float(largest_difference(np.array([[0.5, 0.5], [0.75, 0.25]])))
    0.25
    """
    rows = _rows(maps)
    gaps = [abs(rows[i] - rows[k]).sum() for i in range(len(rows)) for k in range(i)]
    return max(gaps) / arrays.scalar(2, rows)


def singular_ratio(maps: Array) -> float:
    """sigma_2 / sigma_1 of the maps as rows: 0 for rank 1, where every map is a multiple of one

    Source: Sixt, Granz and Landgraf 2020, convergence to rank 1

    Parameters
    ----------
    maps : array
        (k, ...) with k > 1; floats only.

    Returns
    -------
    float
        NaN if all maps are 0.

    Raises
    ------
    ShapeError
        For fewer than 2 maps.

    Examples
    --------
    >>> import numpy as np
    >>> round(singular_ratio(np.array([[1.0, 2.0], [2.0, 4.0]])), 6)
    0.0
    """
    sigma = np.linalg.svd(_rows(maps), compute_uv=False)
    return float(sigma[1] / sigma[0]) if sigma[0] else float("nan")


def _rows(maps: Array) -> Array:
    """The maps as rows (k, D); ShapeError unless k > 1."""
    if len(maps) < 2:
        raise ShapeError(f"maps: expected at least 2 of them to compare, got {len(maps)}")
    return np.asarray(maps).reshape(len(maps), -1)
