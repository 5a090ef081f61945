"""Where the backward pass starts and with what: a named policy, printed with every result."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

from lrp import arrays
from lrp.arrays import Array, Number
from lrp.errors import InputError, ShapeError, did_you_mean


class Start(ABC):
    """The relevance of the logits, from their values and the targets."""

    @abstractmethod
    def relevance(self, z: Array, targets: Array) -> Array:
        """R with the shape of z (n, ...); targets (n,) are numbers of the flattened logits."""

    @abstractmethod
    def text(self, node: str) -> str:
        """The policy in words."""


@dataclass(frozen=True)
class Logit(Start):
    """R_c = z_c for the target, 0 for the others."""

    def relevance(self, z: Array, targets: Array) -> Array:
        return at_target(z, targets, np.asarray(z.reshape(len(z), -1)[np.arange(len(z)), targets]))

    def text(self, node: str) -> str:
        return f"starts at {node} with the target's own value"


@dataclass(frozen=True)
class Rectified(Start):
    """R_c = max(z_c, 0) for the target, 0 for the others: nothing at all for a target that is not positive."""

    def relevance(self, z: Array, targets: Array) -> Array:
        return arrays.positive(Logit().relevance(z, targets))

    def text(self, node: str) -> str:
        return f"starts at {node} with the target's own value where it is positive, with 0 elsewhere"


@dataclass(frozen=True)
class Constant(Start):
    """R_c = value for the target, 0 for the others."""

    value: Number = 1

    def relevance(self, z: Array, targets: Array) -> Array:
        return at_target(z, targets, arrays.scalar(self.value, z))

    def text(self, node: str) -> str:
        return f"starts at {node} with {float(self.value):g} for the target"


@dataclass(frozen=True)
class Contrastive(Start):
    """R_c = z_c for the target, -z_c'/(C - 1) for the C - 1 others: the target's logit minus the mean of the others."""

    def relevance(self, z: Array, targets: Array) -> Array:
        flat = z.reshape(len(z), -1)
        others = max(flat.shape[1] - 1, 1)
        R = -flat / arrays.scalar(others, z)
        rows = np.arange(len(z))
        R[rows, targets] = flat[rows, targets]
        return np.asarray(R.reshape(z.shape))

    def text(self, node: str) -> str:
        return f"starts at {node} with the target's value minus the mean of the others"


@dataclass(frozen=True, eq=False)
class Given(Start):
    """R as the caller has it."""

    R: Array

    def relevance(self, z: Array, targets: Array) -> Array:
        R = arrays.cast(self.R, arrays.dtype_name(z))
        if R.shape != z.shape:
            raise ShapeError(f"start: expected relevance of the logits' shape {z.shape}, got {R.shape}")
        arrays.check_finite(R, "start")
        return R.copy()

    def text(self, node: str) -> str:
        return f"starts at {node} with the given array"


STARTS: dict[str, Start] = {
    "logit": Logit(),
    "relu": Rectified(),
    "one": Constant(1),
    "contrastive": Contrastive(),
}


StartLike = Start | str | Number | Array


def start(value: StartLike) -> Start:
    """A policy from its name, a number, an array, or itself."""
    if isinstance(value, Start):
        return value
    if isinstance(value, str):
        if value not in STARTS:
            near = did_you_mean(value, STARTS)
            raise InputError(f"start: expected one of {', '.join(STARTS)}, a number or an array, got {value!r}{near}")
        return STARTS[value]
    return Given(np.asarray(value)) if isinstance(value, (np.ndarray, list, tuple)) else Constant(value)


def at_target(z: Array, targets: Array, values: Any) -> Array:
    """Zeros of the shape of z, with the values at the targets."""
    R = arrays.zeros((len(z), z[0].size), z)
    R[np.arange(len(z)), targets] = values
    return R.reshape(z.shape)
