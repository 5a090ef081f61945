"""Principal components as a layer: the projection of local descriptors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import SettingError, ShapeError
from lrp.layers.base import Layer, Shape, as_weight
from lrp.layers.dense import Dense
from lrp.rules import LinearRule, Propagation, Rule, Uniform, all_to_inputs, distribute, uniform


@dataclass(frozen=True, eq=False)
class PCA(Layer):
    """y_k = sum_i (x_i - mean_i) c_ik / scale_k

    Source: Lapuschkin et al. 2016, reduction of local descriptors

    x (n, ..., in) -> (n, ..., out). By default the relevance of a descriptor is divided over its entries in equal parts
    (`uniform`): only their sum is used by DenseSIFT. A rule with a table divides it as on a Dense layer with the bias
    -mean c / scale.

    Parameters
    ----------
    mean : Array
        (in,).
    components : Array
        c (in, out).
    scale : Array or None
        (out,), the standard deviations for whitening; None: 1.
    """

    rules: ClassVar[tuple[type[Rule], ...]] = (Uniform, LinearRule)
    default_rule: ClassVar[Rule | None] = uniform()

    mean: Array
    components: Array
    scale: Array | None = None

    def __post_init__(self) -> None:
        given = [("mean", self.mean), ("components", self.components)]
        given += [("scale", self.scale)] if self.scale is not None else []
        for name, value in given:
            object.__setattr__(self, name, as_weight(value, f"PCA {name}"))
        fits = self.components.ndim == 2 and self.mean.shape == self.components.shape[:1]
        if not fits or (self.scale is not None and self.scale.shape != self.components.shape[1:]):
            raise ShapeError(
                "PCA: expected a mean (in,), components (in, out) and a scale (out,) or None, got "
                f"{self.mean.shape}, {self.components.shape} and {None if self.scale is None else self.scale.shape}"
            )
        if self.scale is not None and not (self.scale > 0).all():
            raise SettingError(
                f"PCA: expected positive scales, got {self.scale.min()} for component {int(self.scale.argmin())}, in "
                "which the training descriptors do not vary; keep fewer components"
            )

    @property
    def dense(self) -> Dense:
        """The same map as a fully connected layer."""
        weight = self.components if self.scale is None else self.components / self.scale
        return Dense(weight, -(self.mean @ weight))

    def compute(self, *xs: Array) -> Array:
        return self.dense.compute(*xs)

    def propagate(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        if isinstance(rule, LinearRule):
            return distribute(rule, self.dense, xs[0], y, R)
        each = R.sum(axis=-1, keepdims=True) / len(self.mean)
        return all_to_inputs(each * arrays.ones(xs[0].shape, R))

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        return self.dense.pullback(g, xs, y)

    def output_shape(self, *shapes: Shape) -> Shape:
        return self.dense.output_shape(*shapes)
