"""What regions are replaced by. A replacement is a whole picture, drawn once per picture and repetition; each region
takes its own part of it, so all methods and all orders use the same noise.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.errors import SettingError
from lrp.graph import Network
from lrp.methods.perturbation import blurred_copy


class Replacement(ABC):
    """A rule for the picture from which the replaced regions are taken."""

    @abstractmethod
    def picture(self, x: Array, rng: np.random.Generator) -> Array:
        """The replacing picture (*spatial, c) for one picture x (*spatial, c)."""

    @property
    @abstractmethod
    def text(self) -> str:
        """The rule in words, for printed results."""


@dataclass(frozen=True)
class Uniform(Replacement):
    """Each number uniform between low and high: the valid range of the network's input

    Source: Samek et al. 2017, region perturbation

    low, high: numbers, or one per channel.

    Examples
    --------
    >>> import numpy as np
    >>> Uniform(0, 1).picture(np.zeros((2, 2, 3)), np.random.default_rng(0)).shape
    (2, 2, 3)
    """

    low: Any
    high: Any

    def picture(self, x: Array, rng: np.random.Generator) -> Array:
        low, high = np.asarray(self.low), np.asarray(self.high)
        return np.asarray(low + (high - low) * rng.random(x.shape), dtype=x.dtype)

    @property
    def text(self) -> str:
        return f"uniform between {_short(self.low)} and {_short(self.high)}"


@dataclass(frozen=True)
class Constant(Replacement):
    """One value everywhere, such as the mean

    Source: Samek et al. 2017, region perturbation

    value: a number, or one per channel.

    Examples
    --------
    >>> import numpy as np
    >>> Constant((1, 2)).picture(np.zeros((1, 1, 2)), np.random.default_rng(0)).tolist()
    [[[1.0, 2.0]]]
    """

    value: Any

    def picture(self, x: Array, rng: np.random.Generator) -> Array:
        return np.array(np.broadcast_to(np.asarray(self.value), x.shape), dtype=x.dtype)

    @property
    def text(self) -> str:
        return f"constant {_short(self.value)}"


@dataclass(frozen=True)
class Blur(Replacement):
    """The picture under a Gaussian filter with a standard deviation of `sigma` pixels

    Source: Samek et al. 2017, region perturbation

    Examples
    --------
    >>> Blur(2).text
    'blur of 2 pixels'
    """

    sigma: float = 3.0

    def picture(self, x: Array, rng: np.random.Generator) -> Array:
        return blurred_copy(x[None], self.sigma)[0]

    @property
    def text(self) -> str:
        return f"blur of {self.sigma:g} pixels"


@dataclass(frozen=True)
class Dirichlet(Replacement):
    """Each pixel's c channels are low + (high - low) p, with (p_1 .. p_c, rest) from the Dirichlet distribution

    Source: Samek et al. 2017, region perturbation (names the distribution; its parameters 1, .., 1 are our choice)

    Colours are uniform on the simplex; for one channel it is the uniform distribution.

    Examples
    --------
    >>> import numpy as np
    >>> bool(Dirichlet(0, 1).picture(np.zeros((4, 4, 3)), np.random.default_rng(0)).sum(axis=-1).max() <= 1)
    True
    """

    low: Any
    high: Any

    def picture(self, x: Array, rng: np.random.Generator) -> Array:
        drawn = rng.exponential(size=(*x.shape[:-1], x.shape[-1] + 1))
        p = drawn[..., :-1] / drawn.sum(axis=-1, keepdims=True)
        low, high = np.asarray(self.low), np.asarray(self.high)
        return np.asarray(low + (high - low) * p, dtype=x.dtype)

    @property
    def text(self) -> str:
        return f"Dirichlet between {_short(self.low)} and {_short(self.high)}"


@dataclass(frozen=True)
class Flip(Replacement):
    """x -> low + high - x, the negative of the picture

    Source: Bach et al. 2015, pixel-flipping

    Examples
    --------
    >>> import numpy as np
    >>> Flip(0, 1).picture(np.array([[[0.25]]]), np.random.default_rng(0)).tolist()
    [[[0.75]]]
    """

    low: Any
    high: Any

    def picture(self, x: Array, rng: np.random.Generator) -> Array:
        return np.asarray(np.asarray(self.low) + np.asarray(self.high) - x, dtype=x.dtype)

    @property
    def text(self) -> str:
        return f"flipped between {_short(self.low)} and {_short(self.high)}"


def bounds(network: Network, x: Array) -> tuple[Any, Any]:
    """The valid range of the input: from the model's metadata, else the smallest and largest number of x."""
    known = network.metadata.bounds()
    return (float(x.min()), float(x.max())) if known is None else known


def replacement(name: str, network: Network, x: Array) -> Replacement:
    """A replacement by its name, with the bounds of the network's input; "constant" is the mean of each channel of x.

    x: all pictures of the evaluation, channels last; statistics of one batch alone would depend on the batch size.
    SettingError for an unknown name.
    """
    low, high = bounds(network, x)
    known: dict[str, Replacement] = {
        "uniform": Uniform(low, high),
        "constant": Constant(tuple(x.reshape(-1, x.shape[-1]).mean(axis=0, dtype=np.float64).tolist())),
        "blur": Blur(),
        "dirichlet": Dirichlet(low, high),
        "flip": Flip(low, high),
    }
    if name not in known:
        raise SettingError(f"replacement: expected one of {', '.join(known)}, got {name!r}")
    return known[name]


def _short(value: Any) -> str:
    """One number, or several with commas between them."""
    return ",".join(f"{float(v):g}" for v in np.ravel(value))
