"""What every layer is: three pure methods, and the two-line use on top of them.

    compute(*xs) -> y                     the forward pass
    distribute(R, rule, xs, y) -> Propagation   layer-wise relevance propagation, with what was lost and where
    pullback(g, xs, y) -> tuple           the vector-Jacobian product, for the gradient methods

Arrays are channels-last with the samples first. A layer is a frozen dataclass whose fields are its constructor's
arguments: arrays are its weights, everything else its settings, and files store just these.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import RuleError, ShapeError, StateError
from lrp.rules import Identity, LinearRule, PlainGradient, Rule, engine, parse
from lrp.rules.engine import Propagation

Shape = tuple[int | None, ...]


@dataclass(frozen=True, eq=False)
class Layer(ABC):
    """The base of all layers. Two layers are the same only if they are the same object."""

    rules: ClassVar[tuple[type[Rule], ...]] = (Identity,)
    default_rule: ClassVar[Rule | None] = Identity()  # None: a composite must say

    @abstractmethod
    def compute(self, *xs: Array) -> Array:
        """The layer's output. Pure: nothing is remembered."""

    @abstractmethod
    def distribute(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        """Divide the relevance R of the output y = compute(*xs) over the inputs, by a rule that the layer accepts."""

    @abstractmethod
    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        """g^T dy/dx for each input: the gradient of sum(g * y)."""

    @abstractmethod
    def output_shape(self, *shapes: Shape) -> Shape:
        """The shape of one sample's output (None where the length is free); ShapeError where the inputs do not fit."""

    def divide(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        """distribute(), and the rule that every layer knows: `gradient`, its pullback."""
        if type(rule) is PlainGradient:  # a final class; this is asked at every node, and isinstance() of rules is slow
            return engine.difference_as_dropped(R, *self.pullback(R, xs, y))
        return self.distribute(R, rule, xs, y)

    def forward(self, *xs: Any) -> Array:
        """compute(), remembering inputs and output for the next call of lrp()."""
        inputs = tuple(np.asarray(x) for x in xs)
        try:
            self.output_shape(*(x.shape[1:] for x in inputs))
        except ShapeError as error:
            raise ShapeError(f"{type(self).__name__}: {error}") from None
        y = self.compute(*inputs)
        object.__setattr__(self, "_last", (inputs, y))
        return y

    def lrp(self, R: Any, rule: Rule | str | None = None) -> Any:
        """The relevance of the last forward input: an array, or a tuple where the layer has several inputs.

        R has the shape and unit of the relevance of the output. The rule may be left out where the layer has a
        default. What does not reach the inputs (bias, stabilizer, dropped) is told by distribute().
        """
        name = type(self).__name__
        if not hasattr(self, "_last"):
            raise StateError(
                f"{name}: lrp() needs the activations of a forward pass; call forward(x) before lrp(R, rule)"
            )
        inputs, y = self._last
        R = np.asarray(R)
        if R.shape != y.shape:
            raise ShapeError(f"{name}: expected relevance of the output's shape {y.shape}, got {R.shape}")
        chosen = self.check_rule(parse(rule) if isinstance(rule, str) else rule, name)
        parts = self.divide(R, chosen, inputs, y).parts
        return parts[0] if len(parts) == 1 else parts

    def accepts(self, rule: Rule) -> bool:
        """Whether divide() knows the rule."""
        return isinstance(rule, (*self.rules, PlainGradient))

    def check_rule(self, rule: Rule | None, subject: str) -> Rule:
        """The rule, or the default for None; RuleError where there is none or the layer does not know it."""
        chosen = self.default_rule if rule is None else rule
        kinds = ", ".join(sorted(kind.__name__ for kind in self.rules)) or "no rule"
        if chosen is None:
            raise RuleError(f"{subject}: a {type(self).__name__} layer needs a rule ({kinds}), got none; see lrp.rules")
        if not self.accepts(chosen):
            raise RuleError(f"{subject}: a {type(self).__name__} layer takes {kinds}, got {chosen.text()!r}")
        return chosen

    def weights(self) -> dict[str, Array]:
        """The arrays among the constructor's arguments, by name."""
        return {f.name: v for f in fields(self) if isinstance(v := getattr(self, f.name), np.ndarray)}

    def settings(self) -> dict[str, Any]:
        """The other arguments, by name."""
        return {f.name: v for f in fields(self) if not isinstance(v := getattr(self, f.name), np.ndarray)}

    def __getstate__(self) -> dict[str, Any]:
        """The arguments: what is copied and pickled. What a layer remembers can be made again."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def astype(self, dtype: str) -> Layer:
        """The same layer with its weights in another arithmetic: "float32", "float64" or "exact"."""
        floats = {name: w for name, w in self.weights().items() if w.dtype.kind in "fO"}
        return replace(self, **{name: arrays.cast(w, dtype) for name, w in floats.items()})


@dataclass(frozen=True, eq=False)
class LinearLayer(Layer):
    """y = apply(weight, x) + bias. The engine divides its relevance by any table rule."""

    rules: ClassVar[tuple[type[Rule], ...]] = (LinearRule,)
    default_rule: ClassVar[Rule | None] = None

    weight: Array
    bias: Array | None = None

    @abstractmethod
    def apply(self, weight: Array, x: Any) -> Array:
        """The linear map with any weight array of the layer's own shape."""

    @abstractmethod
    def adjoint(self, weight: Array, s: Array, shape: tuple[int, ...]) -> Any:
        """Its transpose: <apply(weight, x), s> = <x, adjoint(weight, s, x.shape)>."""

    def compute(self, *xs: Array) -> Array:
        y = self.apply(self.weight, xs[0])
        return y if self.bias is None else np.add(y, self.bias, out=y if y.flags.owndata else None)

    def distribute(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        if not isinstance(rule, LinearRule):
            raise RuleError(f"{type(self).__name__}: expected a rule with a table, got {rule.text()!r}")
        return engine.distribute(rule, self, xs[0], y, R)

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        return (self.adjoint(self.weight, g, xs[0].shape),)


@dataclass(frozen=True, eq=False)
class IndexingLayer(Layer):
    """A layer whose every output is a copy of one input: relevance goes back the way the copies came.

    A subclass gives compute() and pullback(); for copies the pullback of R is the relevance of the inputs.
    """

    def distribute(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        return engine.all_to_inputs(*self.pullback(R, xs, y))


def as_weight(value: Any, subject: str) -> Array:
    """A weight array as given, integers made float64; numbers alone are not weights of anything."""
    array = np.asarray(value)
    if array.dtype.kind in "iub":
        array = array.astype(np.float64)
    if array.dtype.kind not in "fO":
        raise ShapeError(f"{subject}: expected an array of numbers, got dtype {array.dtype}")
    return array


def is_constant(weight: Array) -> bool:
    """Whether the weight is one number for all connections, stored once (as the engine's ones are)."""
    return not any(weight.strides) and weight.size > 1
