"""What every layer is. A subclass defines compute, propagate, pullback and output_shape; what callers use:

    compute(*xs) -> y                           the forward pass
    distribute(R, rule, xs, y) -> Propagation   layer-wise relevance propagation, with the losses and where they arise
    pullback(g, xs, y) -> tuple                 the vector-Jacobian product, for the gradient methods

Arrays are channels-last with the samples first. A layer is a frozen dataclass whose fields are the arguments of its
constructor: arrays are its weights, everything else its settings, and files store just these.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import RuleError, ShapeError, StateError
from lrp.layers.rule_checks import linear_rule
from lrp.rules import (
    Identity,
    LinearRule,
    PlainGradient,
    Propagation,
    Rule,
    all_to_inputs,
    difference_as_dropped,
    distribute,
    parse,
)

Shape = tuple[int | None, ...]


@dataclass(frozen=True, eq=False)
class Layer(ABC):
    """The base of all layers. Two layers are the same only if they are the same object.

    A layer never changes: threads may share it. Beside its fields it has two caches, which are not part of its value
    (neither compared, copied, pickled nor stored in files) and which need no lock:

    _modified   weights as the rules read them (`lrp.rules.flows`). Two threads that miss an entry compute equal arrays.
    _last       inputs and output of the last forward(), for lrp(); one per thread.
    """

    rules: ClassVar[tuple[type[Rule], ...]] = (Identity,)  # the kinds of rules that the layer takes
    default_rule: ClassVar[Rule | None] = Identity()  # None: a composite must give one
    accepted: ClassVar[str] = ""  # what admits() asks of a rule, in words for the error message

    @abstractmethod
    def compute(self, *xs: Array) -> Array:
        """The layer's output. Pure: nothing is remembered."""

    @abstractmethod
    def propagate(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        """What a subclass defines for distribute(): the same arguments, the rule checked by accepts()."""

    @abstractmethod
    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        """g^T dy/dx for each input: the gradient of sum(g * y)."""

    @abstractmethod
    def output_shape(self, *shapes: Shape) -> Shape:
        """The shape of one sample's output (None where the length is free); ShapeError where the inputs do not fit."""

    def admits(self, rule: Rule) -> bool:
        """Whether the layer does what this rule, one of the kinds in `rules`, and its options state."""
        return True

    def distribute(self, R: Array, rule: Rule | str | None, xs: tuple[Array, ...], y: Array) -> Propagation:
        """Divide the relevance of the output over the inputs.

        Parameters
        ----------
        R : Array
            The relevance of the output, of the shape of y: the samples first, in the unit of the explained output.
        rule : Rule, str or None
            A rule, its text such as "epsilon:0.01", or None for the default of the layer. Every layer takes
            "gradient", the pullback of R, which need not conserve.
        xs : tuple of Array
            The inputs, the samples first.
        y : Array
            The output, y = compute(*xs).

        Returns
        -------
        Propagation
            `parts`: the relevance of each input, of its shape. `bias`, `stabilizer`, `dropped`: the relevance that
            does not reach the inputs, by cause, one number per sample. Together they sum to R.

        Raises
        ------
        RuleError
            If the layer does not take the rule or one of its options.

        Examples
        --------
        >>> import numpy as np
        >>> from lrp.layers import Dense
        >>> layer, x = Dense(np.array([[1.0], [2.0]]), np.array([1.0])), np.array([[3.0, 2.0]])
        >>> y = layer.compute(x)
        >>> divided = layer.distribute(y, "zero", (x,), y)
        >>> divided.parts[0], divided.bias
        (array([[3., 4.]]), array([1.]))
        """
        chosen = self.check_rule(rule, type(self).__name__)
        if type(chosen) is PlainGradient:
            return difference_as_dropped(R, *self.pullback(R, xs, y))
        return self.propagate(R, chosen, xs, y)

    def forward(self, *xs: Any) -> Array:
        """compute(); inputs and output are kept for the next call of lrp() in the same thread."""
        inputs = tuple(np.asarray(x) for x in xs)
        try:
            self.output_shape(*(x.shape[1:] for x in inputs))
        except ShapeError as error:
            name, message = type(self).__name__, str(error)
            raise ShapeError(message if message.startswith(name) else f"{name}: {message}") from None
        y = self.compute(*inputs)
        last = vars(self).setdefault("_last", threading.local())  # of each thread its own; setdefault() is atomic
        last.inputs, last.y = inputs, y
        return y

    def lrp(self, R: Any, rule: Rule | str | None = None) -> Any:
        """The relevance of the inputs of this thread's last forward(): an array, or a tuple for several inputs.

        R has the shape and unit of the relevance of the output. The rule may be left out where the layer has a
        default. distribute() also returns what does not reach the inputs (bias, stabilizer, dropped).
        """
        name = type(self).__name__
        last: Any = vars(self).get("_last")
        if not hasattr(last, "y"):  # no forward pass in this thread
            raise StateError(
                f"{name}: lrp() needs the activations of a forward pass; call forward(x) before lrp(R, rule)"
            )
        inputs, y = last.inputs, last.y
        R = np.asarray(R)
        if R.shape != y.shape:
            raise ShapeError(f"{name}: expected relevance of the output's shape {y.shape}, got {R.shape}")
        parts = self.distribute(R, rule, inputs, y).parts
        return parts[0] if len(parts) == 1 else parts

    def accepts(self, rule: Rule) -> bool:
        """Whether distribute() takes the rule: `gradient`, or one of the kinds in `rules` that admits() allows."""
        return type(rule) is PlainGradient or (isinstance(rule, self.rules) and self.admits(rule))

    def check_rule(self, rule: Rule | str | None, subject: str) -> Rule:
        """The rule, read from its text, or the default for None; RuleError if the layer does not take it."""
        chosen = parse(rule) if isinstance(rule, str) else self.default_rule if rule is None else rule
        if chosen is not None and self.accepts(chosen):
            return chosen
        kind = type(self).__name__
        kinds = self.accepted or ", ".join(sorted(kind.__name__ for kind in self.rules))
        if chosen is None:
            raise RuleError(f"{subject}: a {kind} layer needs a rule ({kinds}), got none; see lrp.rules")
        raise RuleError(
            f"{subject}: expected a rule that a {kind} layer takes ({kinds}), got {chosen.text()!r}; see lrp.rules"
        )

    def weights(self) -> dict[str, Array]:
        """The arrays among the constructor's arguments, by name."""
        return {f.name: v for f in fields(self) if isinstance(v := getattr(self, f.name), np.ndarray)}

    def settings(self) -> dict[str, Any]:
        """The other arguments, by name."""
        return {f.name: v for f in fields(self) if not isinstance(v := getattr(self, f.name), np.ndarray)}

    def __getstate__(self) -> dict[str, Any]:
        """The constructor's arguments: what is copied and pickled. Caches are left out."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def astype(self, dtype: str) -> Layer:
        """The same layer with weights of another dtype: "float32", "float64" or "exact" (Fractions)."""
        floats = {name: w for name, w in self.weights().items() if w.dtype.kind in "fO"}
        return replace(self, **{name: arrays.cast(w, dtype) for name, w in floats.items()})


@dataclass(frozen=True, eq=False)
class LinearLayer(Layer):
    """y = apply(weight, x) + bias. Takes any rule with a table (LinearRule)."""

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

    def propagate(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        return distribute(linear_rule(rule, self), self, xs[0], y, R)

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        return (self.adjoint(self.weight, g, xs[0].shape),)


@dataclass(frozen=True, eq=False)
class IndexingLayer(Layer):
    """A layer whose outputs are copies of inputs: the relevance of an input is the sum over its copies.

    A subclass defines compute() and pullback(); for copies the pullback of R is the relevance of the inputs.
    """

    def propagate(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        return all_to_inputs(*self.pullback(R, xs, y))


def as_weight(value: Any, subject: str) -> Array:
    """The value as an array of weights: integers become float64; ShapeError if it holds no numbers."""
    array = np.asarray(value)
    if array.dtype.kind in "iub":
        array = array.astype(np.float64)
    if array.dtype.kind not in "fO":
        raise ShapeError(f"{subject}: expected an array of numbers, got dtype {array.dtype}")
    return array


def is_constant(weight: Array) -> bool:
    """Whether the weight is one number for all connections, stored once (as the engine's ones are)."""
    return not any(weight.strides) and weight.size > 1
