"""What a region is replaced by. Each is a picture of its own, drawn once for each picture and repetition, of which the
region's part is taken: so all methods and all orders meet the same noise.
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
    """A rule that makes the picture from which regions are replaced."""

    @abstractmethod
    def picture(self, x: Array, rng: np.random.Generator) -> Array:
        """(*spatial, c) for one picture x (*spatial, c)."""

    @property
    @abstractmethod
    def text(self) -> str:
        """The rule in words, printed with every result."""


@dataclass(frozen=True)
class Uniform(Replacement):
    """Each number uniform between low and high (numbers, or one a channel): the valid pixels, as the network sees them

    Source: Samek et al. 2017, region perturbation
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
    """One value everywhere, such as the mean (a number, or one a channel)

    Source: Samek et al. 2017, region perturbation
    """

    value: Any

    def picture(self, x: Array, rng: np.random.Generator) -> Array:
        return np.array(np.broadcast_to(np.asarray(self.value), x.shape), dtype=x.dtype)

    @property
    def text(self) -> str:
        return f"constant {_short(self.value)}"


@dataclass(frozen=True)
class Blur(Replacement):
    """The picture itself under a Gaussian of `sigma` pixels

    Source: Samek et al. 2017, region perturbation
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

    Colours uniform on the simplex; for one channel it is the uniform distribution.
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
    """

    low: Any
    high: Any

    def picture(self, x: Array, rng: np.random.Generator) -> Array:
        return np.asarray(np.asarray(self.low) + np.asarray(self.high) - x, dtype=x.dtype)

    @property
    def text(self) -> str:
        return f"flipped between {_short(self.low)} and {_short(self.high)}"


def bounds(network: Network, x: Array) -> tuple[Any, Any]:
    """The input's valid range: as the model stores it, else the smallest and largest number of x."""
    known = network.metadata.bounds()
    return (float(x.min()), float(x.max())) if known is None else known


def replacement(name: str, network: Network, x: Array) -> Replacement:
    """A replacement by its name, with the bounds of the network's input; constant: the mean of each channel of x.

    x: all pictures of the evaluation, channels-last, for what is taken from them must not depend on the batch.
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
    """A number, or a few."""
    return ",".join(f"{float(v):g}" for v in np.ravel(value))
