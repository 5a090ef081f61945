"""How the maps of different outputs become one: chains of non-negative shares converge to a matrix of rank 1.

Under z+ a layer divides R by M_ji = x_i w_ij^+ / sum_i' x_i' w_i'j^+, rows of non-negative numbers that sum to 1, and
the map of output k is row k of M^(n) M^(n-1) ... M^(1). With every further factor the rows can only come closer:

    d(M) = max_jk 1/2 sum_i |M_ji - M_ki|,      d(A B) <= d(A) d(B) <= d(A)

Where d reaches 0 all rows are the same, whatever the output: the product has rank 1.

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
    """The explanation of one input x (1, ...) for each of these outputs: its relevances have the outputs in front.

    With the start "one" each node's relevance, an output a row, is the product of the layers' shares above it.
    """
    if len(x) != 1 or not len(outputs):
        raise ShapeError(f"maps_of_outputs: expected one input and some outputs, got {len(x)} and {len(outputs)}")
    return network.explain(np.repeat(x, len(outputs), axis=0), list(outputs), composite, start=start)


def largest_difference(maps: Array) -> Any:
    """d = max over pairs of rows of 1/2 sum |difference|: (k, ...) -> one number, exact in Fractions

    0: all rows are equal; 1, for rows that are >= 0 with the sum 1: two rows have no entry in common.
    """
    rows = _rows(maps)
    gaps = [abs(rows[i] - rows[k]).sum() for i in range(len(rows)) for k in range(i)]
    return max(gaps) / arrays.scalar(2, rows)


def singular_ratio(maps: Array) -> float:
    """sigma_2 / sigma_1 of the rows: 0 for rank 1, that is where one map is a multiple of each other. Floats only."""
    sigma = np.linalg.svd(_rows(maps), compute_uv=False)
    return float(sigma[1] / sigma[0]) if sigma[0] else float("nan")


def _rows(maps: Array) -> Array:
    """(k, D) with k > 1."""
    if len(maps) < 2:
        raise ShapeError(f"maps: expected at least 2 of them to compare, got {len(maps)}")
    return np.asarray(maps).reshape(len(maps), -1)
