"""Roots that lead to any explanation: what input-dependent roots allow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import InputError
from lrp.layers import Dense
from lrp.taylor.recursive import AffineRoot, ConstantRoot, Recursion


def steered(layers: Sequence[Dense], x: Array, target: Array, output: int, rectified: bool = False) -> Recursion:
    """Root functions with which the recursive Taylor decomposition of x gives any wanted relevance

    With q = df/da_1 and M = da_1/dx at x, a root of the second layer with the Jacobian J gives

        R^0 = ((I - J)^T q)^T M * (x - xt),   J = I - q u^T / q.q,   u^T M = target / (x - xt)

    Source: Sixt and Landgraf 2022, input-dependent roots

    xt = x - delta 1 with a delta at which every ReLU is as it is at x. At f_1(xt) the second root is f_1(x) moved a
    little towards 0, inside the region too; R^0(x) depends on nothing else. At f_1(x) the second root has moved by q
    sum target / q.q, for a large target out of the region: `Recursion.account` shows that as `outside`.

    Parameters
    ----------
    layers : sequence of Dense
        At least two, from the input up; a ReLU follows each but the last.
    x : array
        (D,) floats or Fractions.
    target : array
        (D,) the wanted relevance.
    output : int
        The explained output.
    rectified : bool
        Whether a ReLU follows the last layer too.

    Returns
    -------
    Recursion

    Raises
    ------
    InputError
        If fewer than D hidden neurons are active and independent, if q = 0, or if x lies on the edge of a region.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp.layers import Dense
    >>> layers, x = [Dense(np.eye(2)), Dense(np.array([[1.0], [1.0]]))], np.array([1.0, 2.0])
    >>> steered(layers, x, np.array([-5.0, 7.0]), 0).relevance(x).tolist()
    [-5.0, 7.0]
    """
    zeros = [ConstantRoot(arrays.zeros((1, len(layer.weight)), x)) for layer in layers]
    plain = Recursion(layers, zeros, output, rectified)
    values, q = plain.activations(x), plain.gradient(x, 1)
    M = plain.step(0, x)[1]
    if not (q != 0).any():
        raise InputError("steered: expected an output that depends on the hidden layer at x, got the gradient 0")
    delta = _small(plain, 0, x, arrays.ones(x.shape, x))
    u = _solved(M.T, target / delta)
    J = np.diag(arrays.ones(q.shape, x)) + arrays.scalar(0, x) - np.outer(q, u) / (q @ q)
    point = values[1] - _small(plain, 1, values[1], values[1]) * values[1]
    upper = [ConstantRoot(a[None]) for a in values[2:-1]]
    second = AffineRoot(J[None], (point - J @ plain.step(0, x - delta)[0])[None])
    return Recursion(layers, [ConstantRoot((x - delta)[None]), second, *upper], output, rectified)


def _small(plain: Recursion, level: int, a: Array, d: Array) -> Array:
    """A step 1, 1/2, 1/4 ... at which a - step d still has the gradient of a in every layer above."""
    step = arrays.scalar(1, a)
    for _ in range(60):
        if all((m == n).all() for m, n in zip(_jacobians(plain, level, a - step * d), _jacobians(plain, level, a))):
            return np.asarray(step)[()]  # a number
        step = step / 2
    raise InputError("steered: expected x inside a linear region, got a point on its edge; move it a little")


def _jacobians(plain: Recursion, level: int, a: Array) -> list[Array]:
    found = []
    for k in range(level, len(plain.layers)):
        a, M = plain.step(k, a)
        found.append(M)
    return found


def _solved(A: Array, b: Array) -> Array:
    """One solution u of A u = b for A (D, h) of rank D: least squares in floats, elimination in Fractions."""
    if not arrays.is_exact(A):
        u = np.linalg.lstsq(A, b, rcond=None)[0]
        if not np.allclose(A @ u, b, rtol=1e-6, atol=1e-9 * np.abs(b).max()):
            raise InputError(_TOO_NARROW)
        return np.asarray(u)
    rows = np.concatenate([A, b[:, None]], axis=1)
    pivots: list[int] = []
    for column in range(A.shape[1]):
        r = len(pivots)
        candidates = [i for i in range(r, len(rows)) if rows[i, column] != 0]
        if candidates:
            rows[[r, candidates[0]]] = rows[[candidates[0], r]]
            rows[r] = rows[r] / rows[r, column]
            for i in range(len(rows)):
                if i != r:
                    rows[i] = rows[i] - rows[i, column] * rows[r]
            pivots.append(column)
    if len(pivots) < len(A):
        raise InputError(_TOO_NARROW)
    u = arrays.zeros((A.shape[1],), A)
    u[pivots] = rows[: len(pivots), -1]
    return u


_TOO_NARROW = "steered: expected as many independent active hidden neurons as inputs, got fewer; use a wider layer"
