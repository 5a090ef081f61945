"""Conservative, positive, consistent: the definitions of a heatmap's properties, with the worst case of a batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lrp import arrays
from lrp.arrays import Array, Number
from lrp.errors import ShapeError


@dataclass(frozen=True)
class Certificate:
    """Whether a property holds for every sample of a batch, and the worst case.

    worst: |f - sum R| or -min R, in the unit of f. sample: its number. entry: the index of the pixel, () for a sum.
    """

    name: str
    holds: bool
    worst: Any
    sample: int
    entry: tuple[int, ...] = ()

    def __str__(self) -> str:
        place = f"sample {self.sample}" + (f", entry {self.entry}" if self.entry else "")
        return f"{'' if self.holds else 'not '}{self.name}: at worst {float(self.worst):.3g}, {place}"


def conservative(R: Array, f: Array, tolerance: Number = 0) -> Certificate:
    """f(x) = sum_p R_p(x) for all x of the batch, up to the tolerance

    Source: Montavon et al. 2017, Definition 1

    Parameters
    ----------
    R : array
        (n, ...) relevance of the inputs.
    f : array
        (n,) the explained output.
    tolerance : number
        In the unit of f; 0 for Fractions.

    Returns
    -------
    Certificate

    Raises
    ------
    ShapeError
        If there is no sample, or not one f per sample.

    Examples
    --------
    >>> import numpy as np
    >>> print(conservative(np.array([[1.0, 2.0], [0.0, 4.0]]), np.array([3.0, 5.0])))
    not conservative: at worst 1, sample 1
    """
    if len(R) == 0 or np.shape(f) != (len(R),):
        raise ShapeError(f"conservative: expected one value f for each of {len(R)} heatmaps, got {np.shape(f)}")
    gap = np.abs(f - arrays.sum_per_sample(R))
    sample = int(np.argmax(gap))
    return Certificate("conservative", bool(gap[sample] <= tolerance), gap[sample], sample)


def positive(R: Array, tolerance: Number = 0) -> Certificate:
    """R_p(x) >= 0 for all x and p, up to the tolerance

    Source: Montavon et al. 2017, Definition 2

    Parameters
    ----------
    R : array
        (n, ...) relevance of the inputs.
    tolerance : number
        In the unit of R; 0 for Fractions.

    Returns
    -------
    Certificate

    Raises
    ------
    ShapeError
        If R is empty.

    Examples
    --------
    >>> import numpy as np
    >>> print(positive(np.array([[1.0, -2.0]])))
    not positive: at worst 2, sample 0, entry (1,)
    """
    if R.size == 0:
        raise ShapeError(f"positive: expected at least one heatmap with pixels, got shape {R.shape}")
    sample, *entry = (int(i) for i in np.unravel_index(int(np.argmin(R)), R.shape))
    low = R[(sample, *entry)]
    return Certificate("positive", bool(low >= -tolerance), max(0 * low, -low), sample, tuple(entry))


def consistent(R: Array, f: Array, tolerance: Number = 0) -> Certificate:
    """Conservative and positive; then f(x) = 0 implies R(x) = 0

    Source: Montavon et al. 2017, Definition 3

    This is no measure of quality: R_p = f(x)/d is consistent.

    Parameters
    ----------
    R : array
        (n, ...) relevance of the inputs.
    f : array
        (n,) the explained output.
    tolerance : number
        In the unit of f; 0 for Fractions.

    Returns
    -------
    Certificate
        With the worse of the two cases, whose property is in its name.

    Raises
    ------
    ShapeError
        As `conservative` and `positive`.

    Examples
    --------
    >>> import numpy as np
    >>> consistent(np.array([[1.0, 2.0]]), np.array([3.0])).holds
    True
    """
    both = conservative(R, f, tolerance), positive(R, tolerance)
    worst = max(both, key=lambda c: c.worst)
    name = f"consistent (worst: {worst.name})"
    return Certificate(name, all(c.holds for c in both), worst.worst, worst.sample, worst.entry)
