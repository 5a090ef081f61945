"""One-vs-rest linear support vector machines on the squared hinge, in the primal."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import optimize

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import InputError, SettingError, ShapeError
from lrp.layers.local_features import LinearSVM


def fit_svm(
    vectors: Any,
    labels: Any,
    cost: float = 1.0,
    balanced: bool = False,
    tolerance: float = 1e-8,
    max_iterations: int = 2000,
) -> LinearSVM:
    """For each class c the minimum of 1/2 |w_c|^2 + cost sum_i max(0, 1 - y_ic (w_c x_i + b_c))^2, by L-BFGS

    The bias is not penalised. The minimum lies in the span of the samples, so V may be far larger than n: the number of
    unknowns is min(n, V) + 1.

    Parameters
    ----------
    vectors : array
        (n, V).
    labels : array
        (n, classes), true where sample i shows class c (it may show several): y_ic = +1, else -1.
    cost : float
        The weight of the squared hinge.
    balanced : bool
        Multiply the cost of a sample by n / (2 n_side), n_side the number of samples on its side of the class.
    tolerance : float
        Of the gradient.
    max_iterations : int
        Of L-BFGS.

    Returns
    -------
    LinearSVM
        One score per class.

    Raises
    ------
    InputError
        If a class has no sample, or every one; for NaN and infinity.
    SettingError
        If the cost is not positive.
    ShapeError
        If vectors and labels do not fit.

    Examples
    --------
    >>> svm = fit_svm([[0.0], [1.0], [3.0], [4.0]], [[False], [False], [True], [True]], cost=100.0)
    >>> (svm.compute(np.array([[1.0], [3.0]])) > 0).ravel().tolist()
    [False, True]
    """
    x, marks = np.asarray(vectors, dtype=np.float64), np.asarray(labels)
    if x.ndim != 2 or marks.ndim != 2 or len(x) != len(marks):
        raise ShapeError(
            f"SVM: expected vectors (n, V) and labels (n, classes) of as many samples, got {x.shape} and {marks.shape}"
        )
    if not cost > 0:
        raise SettingError(f"SVM: expected a positive cost, got {cost}")
    arrays.check_finite(x, "SVM")
    one_sided = np.flatnonzero((marks > 0).all(axis=0) | ~(marks > 0).any(axis=0))
    if len(one_sided):
        raise InputError(
            f"SVM: expected samples with and without every class, got none of one kind for class {int(one_sided[0])}; "
            "leave the class out"
        )
    coordinates, back = _span(x)
    solutions = []
    for mark in (marks > 0).T:
        sides = np.where(mark, mark.sum(), (~mark).sum())
        costs = cost * (len(x) / (2 * sides) if balanced else np.ones(len(x)))
        solutions.append(_fit(coordinates, np.where(mark, 1.0, -1.0), costs, tolerance, max_iterations))
    weight = back @ np.stack([solution[:-1] for solution in solutions], axis=1)
    return LinearSVM(weight, np.array([solution[-1] for solution in solutions]))


def _span(x: Array) -> tuple[Array, Array]:
    """Coordinates (n, r) of the samples in an orthonormal basis of their span, and the basis (V, r)."""
    if x.shape[1] <= len(x):
        return x, np.eye(x.shape[1])
    values, vectors = np.linalg.eigh(x @ x.T)
    kept = values > values[-1] * len(x) * np.finfo(float).eps
    root = np.sqrt(values[kept])
    return vectors[:, kept] * root, x.T @ (vectors[:, kept] / root)


def _fit(x: Array, y: Array, costs: Array, tolerance: float, max_iterations: int) -> Array:
    """(w, b) of one class; one cost per sample."""

    def objective(parameters: Array) -> tuple[float, Array]:
        w, b = parameters[:-1], parameters[-1]
        slack = np.maximum(0, 1 - y * (x @ w + b))
        to_score = -2 * costs * slack * y
        return float(0.5 * (w @ w) + costs @ (slack * slack)), np.append(w + x.T @ to_score, to_score.sum())

    result = optimize.minimize(
        objective,
        np.zeros(x.shape[1] + 1),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": max_iterations, "ftol": tolerance * np.finfo(float).eps, "gtol": tolerance, "maxcor": 20},
    )
    return np.asarray(result.x)
