"""Local response normalisation, and how relevance passes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from lrp import arrays
from lrp.arrays import Array, Number, rational
from lrp.errors import ExactError, SettingError, ShapeError
from lrp.layers.base import Layer, Shape
from lrp.layers.rule_checks import linear_rule
from lrp.rules import Identity, LinearRule, Propagation, Rule, all_to_inputs, distribute


@dataclass(frozen=True)
class Neighbours:
    """The window of each neuron: `size` entries along each of `axes`, `before` of them before it, cut at borders."""

    size: int
    before: int
    axes: tuple[int, ...]

    def offsets(self) -> list[tuple[int, ...]]:
        """The distance of each neighbour from the neuron; the neuron itself (all zeros) is one of them."""
        before = self.before
        return [tuple(o - before for o in index) for index in np.ndindex(*(self.size,) * len(self.axes))]

    def shifted(self, x: Array, offset: tuple[int, ...]) -> Array:
        """The array whose entry k is x at k + offset, 0 beyond the border."""
        result = arrays.zeros(x.shape, x)
        to, source = [slice(None)] * x.ndim, [slice(None)] * x.ndim
        for axis, o in zip(self.axes, offset, strict=True):
            length = x.shape[axis]
            to[axis] = slice(max(-o, 0), max(length - max(o, 0), 0))
            source[axis] = slice(min(max(o, 0), length), length + min(o, 0) if o < 0 else length)
        result[tuple(to)] = x[tuple(source)]
        return result


@dataclass(frozen=True)
class TaylorMap:
    """The first-order expansion of LRN at one input x: z_k = sum_j x_j w_jk, with w depending on x.

    weight (offsets, n, *spatial, c): entry o of neuron k is w for its neighbour j = k + offset.
    """

    neighbours: Neighbours
    weight: Array
    bias: None = None

    def apply(self, weight: Array, x: Any) -> Array:
        """z_k = sum over the offsets of weight * x_{k + offset}"""
        rows = zip(weight, self.neighbours.offsets(), strict=True)
        return np.asarray(sum(w * self.neighbours.shifted(x, offset) for w, offset in rows))

    def adjoint(self, weight: Array, s: Array, shape: tuple[int, ...]) -> Array:
        """x_j = sum over the offsets of (weight * s)_{j - offset}"""
        rows = zip(weight, self.neighbours.offsets(), strict=True)
        return np.asarray(sum(self.neighbours.shifted(w * s, tuple(-o for o in offset)) for w, offset in rows))


@dataclass(frozen=True, eq=False)
class LRN(Layer):
    """y_k = x_k / S_k^beta,   S_k = k + alpha/N sum_{j in window of k} x_j^2

    Source: Binder et al. 2016, local renormalization layers

    x (n, *spatial, c) -> the same shape. Takes `identity`, or any table rule on the normalised Taylor messages

        z_{k<-k} = x_k (k + alpha/N x_k^2)^(-beta)
        z_{j<-k} = -2 beta alpha/N x_k x_j^2 S_k^(-beta-1)        j != k

    (value at the reference that has x_k alone, gradient at the input). The authors' Caffe code multiplies these with
    R_k without dividing by their sum, which does not conserve; here they are normalised, as the paper has it.

    Parameters
    ----------
    size : int
        The number of neighbouring channels in a window, N = size; within a channel size x size positions, N their
        number. So count Caffe, torch and ONNX; TensorFlow's alpha is not divided by N.
    alpha, beta, k : number
        Of the formula: alpha >= 0, k > 0. In exact arithmetic beta is a whole number.
    within_channel : bool
        Whether the window lies on the spatial axes of one channel instead of across the channels.
    longer : str
        The side on which the window of an even size has one neighbour more: "after" the neuron, as in ONNX, or
        "before" it, as in torch. An odd window is symmetric.
    """

    rules: ClassVar[tuple[type[Rule], ...]] = (LinearRule, Identity)
    default_rule: ClassVar[Rule | None] = None

    size: int = 5
    alpha: Number = 1e-4
    beta: Number = 0.75
    k: Number = 1.0
    within_channel: bool = False
    longer: str = "after"

    def __post_init__(self) -> None:
        if not isinstance(self.size, (int, np.integer)) or self.size < 1:
            raise SettingError(f"LRN: expected a size of at least 1, got {self.size!r}; 5 channels are usual")
        if self.longer not in ("after", "before"):
            raise SettingError(
                f"LRN: expected longer to be 'after' (ONNX) or 'before' (torch), got {self.longer!r}; it is the side "
                "on which an even window has one neighbour more"
            )
        if self.k <= 0 or self.alpha < 0:
            raise SettingError(f"LRN: expected k > 0 and alpha >= 0, got k = {self.k}, alpha = {self.alpha}")

    def settings(self) -> dict[str, Any]:
        """The arguments; `longer` only where it is not the default, so that files without it stay as they are."""
        settings = super().settings()
        if self.longer == "after":
            del settings["longer"]
        return settings

    def neighbours(self, x: Array) -> Neighbours:
        """The window on the axes of x: the channels, or all that lie between samples and channels."""
        axes = tuple(range(1, x.ndim - 1)) if self.within_channel else (x.ndim - 1,)
        return Neighbours(self.size, (self.size - 1) // 2 if self.longer == "after" else self.size // 2, axes)

    def _alpha_N(self, x: Array) -> Any:
        """alpha / N"""
        count = self.size ** len(self.neighbours(x).axes)
        return arrays.scalar(self.alpha, x) / arrays.scalar(count, x)

    def scale(self, x: Array) -> Array:
        """S_k = k + alpha/N sum_{j in window of k} x_j^2"""
        window, k, squares = self.neighbours(x), arrays.scalar(self.k, x), x * x
        total = np.asarray(sum(window.shifted(squares, offset) for offset in window.offsets()))
        return k + self._alpha_N(x) * total

    def _power(self, S: Array, extra: int) -> Array:
        """S^-(beta + extra), exact where beta is a whole number."""
        exponent = rational(self.beta) + extra
        if not arrays.is_exact(S):
            return np.asarray(S ** S.dtype.type(-float(exponent)))
        if exponent.denominator != 1:
            raise ExactError(
                f"LRN: expected a whole number beta in exact arithmetic, got {float(self.beta):g}, whose powers are not"
                " rational; explain this network in float64"
            )
        return np.asarray(1 / S ** int(exponent))

    def compute(self, *xs: Array) -> Array:
        return xs[0] * self._power(self.scale(xs[0]), 0)

    def taylor(self, x: Array) -> TaylorMap:
        """The linear map whose contributions x_j w_jk are the messages z_{j<-k} of the class docstring."""
        window, S = self.neighbours(x), self.scale(x)
        k, beta, alpha_N = arrays.scalar(self.k, x), arrays.scalar(self.beta, x), self._alpha_N(x)
        w_own = self._power(k + alpha_N * x * x, 0)  # (k + alpha/N x_k^2)^(-beta)
        slope = arrays.scalar(-2, x) * beta * alpha_N * x * self._power(S, 1)  # -2 beta alpha/N x_k S_k^(-beta-1)
        return TaylorMap(
            window, np.stack([slope * window.shifted(x, o) if any(o) else w_own for o in window.offsets()])
        )

    def propagate(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        if isinstance(rule, Identity):
            return all_to_inputs(R)
        (x,) = xs
        taylor = self.taylor(x)
        return distribute(linear_rule(rule, self), taylor, x, taylor.apply(taylor.weight, x), R)

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        """g_j S_j^-beta - 2 beta alpha/N x_j sum_{k: j in window of k} g_k x_k S_k^(-beta-1)"""
        (x,) = xs
        window, S = self.neighbours(x), self.scale(x)
        inner = g * x * self._power(S, 1)
        around = np.asarray(sum(window.shifted(inner, tuple(-v for v in o)) for o in window.offsets()))
        factor = arrays.scalar(2, x) * arrays.scalar(self.beta, x) * self._alpha_N(x)
        return (g * self._power(S, 0) - factor * x * around,)

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        if self.within_channel and len(shape) < 2:
            raise ShapeError(f"expected spatial axes and channels last, got {shape} per sample")
        return shape
