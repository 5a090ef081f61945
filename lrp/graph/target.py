"""Which entry of the output is explained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.errors import TargetError, did_you_mean

# one output for all samples (number, class name, index of a sample's output), one per sample, None: the largest
TargetLike = int | str | tuple[int, ...] | Sequence[int | str] | Array | None


def target_numbers(target: TargetLike, z: Array, classes: tuple[str, ...]) -> Array:
    """The number of the explained entry of the flattened z (n, ...), one per sample.

    target: a number or class name for all samples, a list with one for each, a tuple that indexes one sample's
    output, or None for the largest entry (the first of several).
    """
    flat, shape = z.reshape(len(z), -1), z.shape[1:]
    if target is None:
        return np.asarray(flat.argmax(axis=1))
    if isinstance(target, tuple):
        if len(target) != len(shape) or not all(0 <= i < n for i, n in zip(target, shape, strict=True)):
            raise TargetError(f"target: expected an index into outputs of shape {shape}, got {target}")
        target = int(np.ravel_multi_index(target, shape))
    each: list[Any] = [target] * len(flat) if np.ndim(target) == 0 else list(target)  # type: ignore[arg-type]
    if len(each) != len(flat):
        raise TargetError(f"target: expected one, or one for each of {len(flat)} samples, got {len(each)}")
    return np.array([_number(one, flat.shape[1], classes) for one in each])


def picked(z: Array, target: Array) -> Array:
    """(n,) the entry of each sample's flattened z (n, ...) at its target (n,)."""
    return np.asarray(z.reshape(len(z), -1)[np.arange(len(z)), target])


def _number(target: Any, count: int, classes: tuple[str, ...]) -> int:
    """One target's number."""
    if isinstance(target, str):
        if target in classes:
            return classes.index(target)
        if not target.isdigit():
            names = f"one of the classes {', '.join(classes[:12])}{' ...' if len(classes) > 12 else ''}"
            raise TargetError(
                f"target: expected {names if classes else f'a number from 0 to {count - 1}'}, got {target!r}"
                f"{did_you_mean(target, classes)}"
            )
        target = int(target)
    if isinstance(target, bool) or not isinstance(target, (int, np.integer)) or not 0 <= target < count:
        raise TargetError(f"target: expected a whole number from 0 to {count - 1}, got {target!r}")
    return int(target)
