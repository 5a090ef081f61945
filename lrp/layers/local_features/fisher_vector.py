"""The Fisher vector encoder: posteriors of a Gaussian mixture and Fisher pooling in one layer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from lrp.arrays import Array
from lrp.layers.base import Layer, Shape
from lrp.layers.local_features.fisher_pooling import FisherPooling
from lrp.layers.local_features.mixture import Posteriors
from lrp.layers.local_features.pyramid import WHOLE, Pyramid, as_pyramid
from lrp.layers.rule_checks import is_proportional, linear_rule
from lrp.rules import LinearRule, Propagation, Rule, epsilon


@dataclass(frozen=True, eq=False)
class FisherVector(Layer):
    """Descriptors to Fisher vector: `Posteriors`, then `FisherPooling` with them.

    x (n, L, D) and, for a pyramid, positions (n, L, 2) -> (n, cells * 2 K D). Does not include the power and L2
    normalisations: SignedPower and L2Normalize. Relevance: the posteriors are weights, fixed at their values, and
    receive none; see FisherPooling.

    Parameters
    ----------
    priors, means, variances : Array
        lambda (K,), mu and sigma^2 (K, D) of the Gaussian mixture.
    threshold, hard
        See Posteriors.
    pyramid : tuple of (rows, columns)
        The grids of the spatial pyramid; by default the whole picture.
    """

    accepted: ClassVar[str] = "zero or epsilon, without rms"
    rules: ClassVar[tuple[type[Rule], ...]] = (LinearRule,)
    default_rule: ClassVar[Rule | None] = epsilon(1)

    priors: Array
    means: Array
    variances: Array
    threshold: float = 0.0
    hard: bool = False
    pyramid: Pyramid = WHOLE

    def __post_init__(self) -> None:
        checked = self.posteriors
        for name in ("priors", "means", "variances"):
            object.__setattr__(self, name, getattr(checked, name))
        object.__setattr__(self, "pyramid", as_pyramid(self.pyramid))

    @property
    def posteriors(self) -> Posteriors:
        """The first half: descriptors -> posteriors."""
        return Posteriors(self.priors, self.means, self.variances, self.threshold, self.hard)

    @property
    def pooling(self) -> FisherPooling:
        """The second half: descriptors, posteriors, positions -> Fisher vector; its scales are roots, so floats."""
        present = self.posteriors.present
        priors, variances = (a.astype(np.float64) for a in (self.priors, self.variances))
        root = np.sqrt(np.where(present, priors, 1))
        variances = np.where(present[:, None], variances, 1)
        return FisherPooling(
            self.means, variances, 1 / (np.sqrt(variances) * root[:, None]), np.sqrt(0.5) / root, self.pyramid
        )

    def admits(self, rule: Rule) -> bool:
        return is_proportional(rule) and not linear_rule(rule, self).stabilizer.rms

    def compute(self, *xs: Array) -> Array:
        return self.pooling.compute(*self.with_posteriors(xs))

    def with_posteriors(self, xs: tuple[Array, ...]) -> tuple[Array, ...]:
        """The inputs of the second half."""
        return (xs[0], self.posteriors.compute(xs[0]), *xs[1:])

    def propagate(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        divided = self.pooling.propagate(R, rule, self.with_posteriors(xs), y)
        to_x, _, *others = divided.parts
        return replace(divided, parts=(to_x, *others))

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        inputs = self.with_posteriors(xs)
        to_x, to_gamma, *others = self.pooling.pullback(g, inputs, y)
        (through,) = self.posteriors.pullback(to_gamma, (xs[0],), inputs[1])
        return (to_x + through, *others)

    def output_shape(self, *shapes: Shape) -> Shape:
        return self.pooling.output_shape(shapes[0], self.posteriors.output_shape(shapes[0]), *shapes[1:])
