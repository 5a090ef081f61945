"""What the comparison of classifiers reports: average precision, and how much of the relevance is context."""

from __future__ import annotations

from typing import Any

import numpy as np

from lrp import arrays
from lrp.errors import InputError, ShapeError


def average_precision(scores: Any, labels: Any) -> float:
    """The mean of the precision at the rank of every positive sample: scores (n,), labels (n,) true for the class.

    AP = (1/P) sum over positives i of (number of positives that score at least s_i) / (number of samples that do)

    Samples of equal score share the last of their ranks. No interpolation at 11 points.
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
    """mu = (mean relevance outside the boxes of the class) / (mean relevance inside), None where it is not stable

    Source: Lapuschkin et al. 2016, outside-inside relevance ratio

    relevance (h, w), inside (h, w) true within any box. Large: the decision rests on context. None: the inside mean
    is not positive, or the boxes leave nothing outside or nothing inside; such pictures are to be counted, not
    averaged.
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
