"""Small cases in Fractions: the hidden ones that checks use, and the helpers that make arrays of Fractions readable."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from lrp.arrays import Array


def fractions(values: Any) -> Array:
    """The same numbers as an array of fractions.Fraction.

    Parameters
    ----------
    values : nested lists, or an array, of int, float, Fraction, or text such as "1/3"

    Returns
    -------
    array of dtype object

    Examples
    --------
    >>> from lrp.lessons import fractions
    >>> fractions([1, "1/3"]).sum()
    Fraction(4, 3)
    """
    array = np.asarray(values, dtype=object)
    result = np.empty(array.shape, dtype=object)
    for index, value in np.ndenumerate(array):
        result[index] = Fraction(value)
    return result


def show(values: Any) -> str:
    """Numbers as text: fractions as 1/3, nested lists in brackets.

    >>> from lrp.lessons import fractions, show
    >>> show(fractions([[1, "1/3"], [0, -2]]))
    '[[1, 1/3], [0, -2]]'
    """
    if isinstance(values, np.ndarray):
        values = values.tolist()
    if isinstance(values, (list, tuple)):
        return "[" + ", ".join(map(show, values)) + "]"
    if isinstance(values, float):
        return f"{values:.6g}"
    return str(values)


@dataclass(frozen=True)
class DenseCase:
    """One sample at a dense layer: x (d,), w (d, k), b (k,), and R (k,), the relevance of its k outputs."""

    title: str
    x: Array
    w: Array
    b: Array
    R: Array

    def text(self) -> str:
        """The case as a student would type it."""
        return f"x = {show(self.x)}, w = {show(self.w)}, b = {show(self.b)}, R = {show(self.R)}"


def _case(title: str, x: Any, w: Any, b: Any, R: Any) -> DenseCase:
    return DenseCase(title, fractions(x), fractions(w), fractions(b), fractions(R))


# From easy to awkward, so that the first case that fails is the simplest one.
DENSE_CASES = (
    _case("one neuron, no bias", [1, 2], [[3], [1]], [0], [5]),
    _case("two neurons, no bias", [1, 2, 1], [[1, 2], [2, 1], [3, 1]], [0, 0], [4, 3]),
    _case("negative weights", [1, 2, 1], [[3, -1], [-1, 2], [1, 1]], [0, 0], [2, 3]),
    _case("a positive bias", [2, 1], [[1], [2]], [3], [7]),
    _case("a negative bias", [2, 3], [[2, 1], [1, 1]], [-2, -1], [5, 2]),
    _case("a neuron with a negative sum", [1, 3], [[1, 2], [-2, 1]], [1, -1], [3, 2]),
    _case("negative inputs", [-1, 2, 3], [[2, -1], [1, -2], [-1, 1]], [1, 2], [1, -2]),
    _case("a neuron without negative contributions", [1, 1], [[1, 2], [2, -1]], [0, 1], [3, 1]),
    _case("an input that is 0", [0, 2, 1], [[5, 1], [1, -1], [1, 1]], [1, 0], [2, 1]),
    _case("a neuron whose sum is exactly 0", [1, 1], [[1, 2], [-1, 1]], [0, 1], [2, 4]),
)
