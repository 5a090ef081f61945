"""The only file that knows about dtypes: float64, float32, and exact rationals (dtype=object of Fractions)."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Callable

import numpy as np
from numpy.typing import NDArray

from lrp import parallel
from lrp.errors import ExactError, InputError

Array = NDArray[Any]
Number = int | float | Fraction

FLOATS = ("float32", "float64")
BLOCK = 128  # numbers that are summed in their own precision
LONG = 4096  # shorter arrays are not summed in blocks
_EPSILON = {np.dtype(name): float(np.finfo(name).eps) for name in FLOATS}
_rational = np.frompyfunc(Fraction, 1, 1)


def is_exact(array: Array) -> bool:
    """True for an array of Fractions."""
    return array.dtype.hasobject


def rational(value: Number | str) -> Fraction:
    """The rational number that the decimal text of a value means: 0.1 is 1/10, not the nearest binary float."""
    if isinstance(value, (float, np.floating)):
        return Fraction(repr(float(value)))
    return Fraction(value)


def exact(array: Array) -> Array:
    """A copy whose entries are Fractions of the very same value (a float is a rational number)."""
    array = np.asarray(array)
    if is_exact(array):
        return array.copy()
    result = np.empty(array.shape, dtype=object)
    result[...] = _rational(
        array.astype(np.float64).astype(object) if array.dtype.kind == "f" else array.astype(object)
    )
    return result


def cast(array: Any, dtype: str) -> Array:
    """The array in `dtype`: "float64", "float32" or "exact". Callers must not pass token indices."""
    array = np.asarray(array)
    if dtype == "exact":
        return exact(array)
    if is_exact(array):
        return array.astype(np.float64).astype(dtype)
    return array.astype(dtype, copy=False)


def dtype_name(array: Array) -> str:
    """ "exact", "float32" or "float64": the name that `cast` takes."""
    return "exact" if is_exact(array) else str(array.dtype)


def scalar(value: Number, like: Array) -> Any:
    """A rule's number in the arithmetic of `like`, so that float32 stays float32 and rationals stay exact."""
    if is_exact(like):
        return rational(value)
    return like.dtype.type(float(value))


def zeros(shape: tuple[int, ...], like: Array) -> Array:
    """Zeros in the arithmetic of `like`."""
    if is_exact(like):
        return np.full(shape, Fraction(0), dtype=object)
    return np.zeros(shape, dtype=like.dtype)


def ones(shape: tuple[int, ...], like: Array) -> Array:
    """Ones in the arithmetic of `like`."""
    if is_exact(like):
        return np.full(shape, Fraction(1), dtype=object)
    return np.ones(shape, dtype=like.dtype)


def positive(array: Array) -> Array:
    """max(array, 0), entry by entry; NaN stays NaN."""
    return np.asarray(np.maximum(array, scalar(0, array)))


def negative(array: Array) -> Array:
    """min(array, 0), entry by entry: negative or zero; NaN stays NaN."""
    return np.asarray(np.minimum(array, scalar(0, array)))


def divide_where(numerator: Array, denominator: Array, defined: Array) -> Array:
    """numerator / denominator where `defined`, 0 elsewhere; never divides by zero."""
    safe = np.array(np.broadcast_to(denominator, np.broadcast_shapes(denominator.shape, defined.shape)))
    safe[~defined] = scalar(1, safe)
    return np.asarray(numerator / safe * defined)  # a product with a mask is many times faster than where()


def sum_per_sample(array: Array) -> Array:
    """The sum over all axes but the first, in float64 (or exact): one number per sample. (n, ...) -> (n,)

    Floats are added in their own precision in blocks of 128, by a product with ones, and the blocks' sums in float64:
    faster than a plain sum, with a rounding error of a few eps of the sum of absolute values however long the array.
    """
    return parallel.sum_blocks(_total, array)


def _total(array: Array) -> Array:
    flat = array.reshape(len(array), -1)
    if is_exact(array):
        return np.asarray(flat.sum(axis=1) + Fraction(0))
    whole = flat.shape[1] // BLOCK * BLOCK if flat.shape[1] >= LONG else 0
    rest = np.add.reduce(flat[:, whole:], axis=1, dtype=np.float64)  # what flat.sum() calls, without its overhead
    if not whole:
        return np.asarray(rest)
    blocks = flat[:, :whole].reshape(len(flat), -1, BLOCK) @ np.ones(BLOCK, array.dtype)
    return np.asarray(rest + np.add.reduce(blocks, axis=1, dtype=np.float64))


def zero_sums(array: Array) -> Array:
    """Zeros of shape (n,), in the dtype of sum_per_sample(array)."""
    return zeros((len(array),), array) if is_exact(array) else np.zeros(len(array))


def weighted_sum(array: Array, weight: Array) -> Array:
    """sum_per_sample(array * weight) for weights of the last axis: (n, ..., c), (c,) -> (n,).

    A weight of any other shape that broadcasts to a sample is multiplied entry by entry.
    """
    if weight.ndim != 1 or len(weight) != array.shape[-1]:
        return sum_per_sample(array * weight)
    return parallel.sum_blocks(lambda part: _weighted(part, weight), array.reshape(len(array), -1, len(weight)))


def _weighted(array: Array, weight: Array) -> Array:
    """(n, positions, c), (c,) -> (n,)"""
    if is_exact(array):
        return np.asarray(array.sum(axis=1) @ weight + Fraction(0))
    whole = array.shape[1] // BLOCK * BLOCK  # short sums in the precision of the array, their sums in float64, as above
    sums = array[:, whole:].sum(axis=1, dtype=np.float64)
    if whole:
        blocks = array[:, :whole].reshape(len(array), -1, BLOCK, len(weight))
        sums += (np.ones((1, BLOCK), array.dtype) @ blocks).sum(axis=(1, 2), dtype=np.float64)
    return np.asarray(sums @ weight.astype(np.float64))


def sum_abs(array: Array) -> Array:
    """The sum of absolute values over all axes but the first: (n, ...) -> (n,)."""
    return parallel.sum_blocks(lambda part: _total(absolute(part)), array)


def weighted_sum_abs(array: Array, weight: Array) -> Array:
    """sum_abs(array * weight), as weighted_sum: (n, ..., c), (c,) -> (n,)"""
    if weight.ndim != 1 or len(weight) != array.shape[-1]:
        return sum_abs(array * weight)
    size, flat = np.abs(weight), array.reshape(len(array), -1, len(weight))
    return parallel.sum_blocks(lambda part: _weighted(absolute(part), size), flat)


def absolute(array: Array) -> Array:
    """|array|; the array itself if it has no negative entry: checking the minimum is cheaper than copying."""
    return array if array.size >= LONG and array.dtype != object and array.min() >= 0 else np.abs(array)


def epsilon_of(array: Array) -> float:
    """The spacing of floating-point numbers at 1; 0 for rationals, which do not round."""
    return 0.0 if is_exact(array) else _EPSILON[array.dtype]


def check_finite(array: Array, subject: str) -> None:
    """Raise InputError if a float array holds NaN or infinity."""
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        index = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise InputError(
            f"{subject}: expected finite numbers, got {float(array[index])!r} at index {index}; "
            "replace it before explaining, for no relevance can be computed from it"
        )


def transcendental(function: Callable[..., Array], name: str) -> Callable[..., Array]:
    """Wrap a numpy function that leaves the rational numbers, so that exact arrays meet a clear error.

    >>> transcendental(np.exp, "exp")(np.zeros(2))
    array([1., 1.])
    """

    def guarded(array: Array, *args: Any) -> Array:
        if is_exact(np.asarray(array)):
            raise ExactError(
                f"{name}: expected floating-point numbers, got Fractions, and {name} of a rational number is in general"
                " not rational; explain this network in float64, or cut it below this layer"
            )
        return function(array, *args)

    guarded.__name__ = name
    return guarded
