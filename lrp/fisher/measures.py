"""Measures of classifiers: average precision, and the share of relevance on the context."""

from __future__ import annotations

from typing import Any

import numpy as np

from lrp import arrays
from lrp.errors import InputError, ShapeError


def average_precision(scores: Any, labels: Any) -> float:
    """AP = (1/P) sum over positives i of (number of positives that score at least s_i) / (number of samples that do)

    The mean of the precision at the rank of every positive sample. Samples of equal score share the last of their
    ranks. There is no interpolation at 11 points.

    Parameters
    ----------
    scores : array
        (n,).
    labels : array
        (n,) true for samples of the class.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ShapeError
        If the shapes differ, or no sample is positive.
    InputError
        For NaN and infinity.

    Examples
    --------
    >>> average_precision([3.0, 2.0, 1.0], [True, False, True])  # (1/1 + 2/3) / 2
    0.8333333333333333
    """
    scores, positive = np.asarray(scores, dtype=np.float64), np.asarray(labels).astype(bool)
    if scores.ndim != 1 or scores.shape != positive.shape or not positive.any():
        raise ShapeError(
            f"average precision: expected scores (n,) and labels (n,) with a positive one, got {scores.shape} and "
            f"{positive.shape} with {int(positive.sum())} positive"
        )
    arrays.check_finite(scores, "average precision")
    above = scores[None, :] >= scores[positive][:, None]  # (P, n)
    return float(((above & positive).sum(axis=1) / above.sum(axis=1)).mean())


def context_ratio(relevance: Any, inside: Any) -> float | None:
    """mu = (mean relevance outside the boxes of the class) / (mean relevance inside)

    Source: Lapuschkin et al. 2016, outside-inside relevance ratio

    A large mu: the decision relies on context.

    Parameters
    ----------
    relevance : array
        (h, w).
    inside : array
        (h, w) true within any box.

    Returns
    -------
    float or None
        None if the ratio is not stable: the mean inside is not positive, or the boxes leave nothing outside or nothing
        inside. Count such pictures; do not average over them.

    Raises
    ------
    ShapeError, InputError
        If the shapes differ; for NaN and infinity.

    Examples
    --------
    >>> context_ratio([[4.0, 1.0]], [[True, False]]), context_ratio([[-4.0, 1.0]], [[True, False]])
    (0.25, None)
    """
    R, boxes = np.asarray(relevance), np.asarray(inside).astype(bool)
    if R.shape != boxes.shape or R.ndim != 2:
        raise ShapeError(
            f"context ratio: expected relevance and mask of one shape (h, w), got {R.shape} and {boxes.shape}"
        )
    if not np.isfinite(R).all():
        raise InputError("context ratio: expected finite relevance, got NaN or infinity")
    if boxes.all() or not boxes.any() or R[boxes].mean() <= 0:
        return None
    return float(R[~boxes].mean() / R[boxes].mean())
