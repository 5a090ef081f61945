"""The base of the recurrent layers: a cell, run over the steps of a sequence."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import SettingError, ShapeError
from lrp.layers.activations import Activation
from lrp.layers.base import Layer, Shape, as_weight
from lrp.layers.recurrent.cell_activations import ACTIVATIONS
from lrp.layers.recurrent.ledger import RecurrentLedger
from lrp.layers.rule_checks import linear_rule
from lrp.layers.shape import spread_mask
from lrp.rules import LinearRule, Propagation, Rule

States = tuple[Array, ...]

OUTPUTS = ("last", "sequence", "state", "cell")


@dataclass(frozen=True)
class Step:
    """One step of a cell: x_t, the states before and after it, and the arrays that the cell needs again (`own`)."""

    x: Array
    before: States
    after: States
    own: tuple[Array, ...]


@dataclass(frozen=True, eq=False)
class Recurrent(Layer):
    """The base: a cell, run over the steps of x (n, t, d).

    Inputs: x, then the mask (n, t) if `masked`, then the first states (n, u) if `initial`. Relevance: the rule divides
    each sum in the cell; of a product of a gate and a signal all goes to the signal. What reaches a first state that is
    not an input is dropped. Masks receive none.

    Source: Arras et al. 2017, signal-take-all

    Parameters
    ----------
    kernel, recurrent, bias : Array
        The weights, in `blocks` blocks of u columns; see the cell.
    activation : str
        The function of the signal, a name in ACTIVATIONS.
    output : str
        "last" (n, u), "sequence" (n, t, u), or the final "state" or "cell" (n, u).
    reverse : bool
        Whether the last step comes first, in the outputs too.
    masked : bool
        Whether a mask is an input. A step whose mask is 0 does not change the states.
    initial : bool
        Whether the first states are inputs; otherwise they are 0.
    zero_masked : bool
        Whether the output of a masked step is 0; otherwise it is the output of the step before it.
    """

    rules: ClassVar[tuple[type[Rule], ...]] = (LinearRule,)
    default_rule: ClassVar[Rule | None] = None
    accepted: ClassVar[str] = "a rule with a table other than z_box"
    blocks: ClassVar[int] = 1
    state_count: ClassVar[int] = 1

    kernel: Array
    recurrent: Array
    bias: Array | None = None
    activation: str = "tanh"
    output: str = "last"
    reverse: bool = False
    masked: bool = False
    initial: bool = False
    zero_masked: bool = False

    def __post_init__(self) -> None:
        name = type(self).__name__
        kernel, recurrent = as_weight(self.kernel, f"{name} kernel"), as_weight(self.recurrent, f"{name} recurrent")
        units = len(recurrent)
        if (
            kernel.ndim != 2
            or recurrent.shape != (units, self.blocks * units)
            or kernel.shape[1:] != recurrent.shape[1:]
        ):
            raise ShapeError(
                f"{name}: expected a kernel (inputs, {self.blocks} units) and a recurrent one (units, {self.blocks} "
                f"units), got {kernel.shape} and {recurrent.shape}; is one of them transposed?"
            )
        object.__setattr__(self, "kernel", kernel)
        object.__setattr__(self, "recurrent", recurrent)
        if self.bias is not None:
            bias = as_weight(self.bias, f"{name} bias")
            if bias.shape != self.bias_shape():
                raise ShapeError(f"{name}: expected a bias of shape {self.bias_shape()}, got {bias.shape}")
            object.__setattr__(self, "bias", bias)
        if self.output not in OUTPUTS[: 2 + self.state_count]:
            raise SettingError(
                f"{name}: expected an output among {OUTPUTS[:2 + self.state_count]}, got {self.output!r}"
            )
        for key in ("activation", "recurrent_activation"):
            if getattr(self, key, "tanh") not in ACTIVATIONS:
                raise SettingError(
                    f"{name}: expected an {key} among {', '.join(ACTIVATIONS)}, got {getattr(self, key)!r}"
                )

    @property
    def units(self) -> int:
        """The length of a state."""
        return len(self.recurrent)

    @property
    def function(self) -> Activation:
        """The activation of the signal."""
        return ACTIVATIONS[self.activation]

    def bias_shape(self) -> tuple[int, ...]:
        """The shape that a bias must have."""
        return (self.blocks * self.units,)

    @abstractmethod
    def step(self, x: Array, states: States) -> Step:
        """One step of the cell: x (n, d), states (n, u); the first state is its output."""

    @abstractmethod
    def step_pullback(self, grad: States, step: Step) -> tuple[Array, States]:
        """The gradients of one step: with respect to x_t and to the states before, from those of the states after."""

    @abstractmethod
    def step_relevance(self, R: States, step: Step, ledger: RecurrentLedger) -> tuple[Array, States]:
        """The relevance of x_t and of the states before, from that of the states after."""

    def admits(self, rule: Rule) -> bool:
        return isinstance(rule, LinearRule) and rule.low is None

    def _inputs(self, xs: tuple[Array, ...]) -> tuple[Array, Array | None, States]:
        """x with the first step first, the mask likewise as (n, t, 1), and the first states."""
        rest = list(xs[1:])
        x, mask = xs[0], None
        if self.masked:
            mask = spread_mask(rest.pop(0), x)
        if self.reverse:
            x, mask = x[:, ::-1], mask if mask is None else mask[:, ::-1]
        zero = arrays.zeros((len(x), self.units), x)
        return x, mask, tuple(rest) if self.initial else (zero,) * self.state_count

    def _run(self, xs: tuple[Array, ...]) -> tuple[list[Step], list[Array], States]:
        """All steps, the outputs, and the final states."""
        x, mask, states = self._inputs(xs)
        steps, outputs = [], []
        output = arrays.zeros((len(x), self.units), x)
        for t in range(x.shape[1]):
            step = self.step(x[:, t], states)
            steps.append(step)
            if mask is None:
                states, output = step.after, step.after[0]
            else:
                m = mask[:, t]
                states = tuple(m * new + (1 - m) * old for new, old in zip(step.after, states, strict=True))
                output = m * step.after[0] + (0 if self.zero_masked else (1 - m) * output)
            outputs.append(output)
        return steps, outputs, states

    def compute(self, *xs: Array) -> Array:
        _, outputs, states = self._run(xs)
        if self.output == "sequence":
            return np.stack(outputs, axis=1)
        return outputs[-1] if self.output == "last" else states[OUTPUTS.index(self.output) - 2]

    def propagate(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        ledger = RecurrentLedger(linear_rule(rule, self), R)
        parts = self._backward(R, xs, lambda S, step: self.step_relevance(S, step, ledger), ledger.drop)
        return ledger.close(parts)

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        return self._backward(g, xs, self.step_pullback, lambda lost: None)

    def _backward(
        self,
        R: Array,
        xs: tuple[Array, ...],
        step_back: Callable[[States, Step], tuple[Array, States]],
        drop: Callable[[Array], None],
    ) -> tuple[Array, ...]:
        """Relevance or gradient R of the output, carried to x and the first states, one step after the other.

        step_back(R of the states after a step, step) = (R of x_t, R of the states before); drop(R) is called with what
        ends at a state or an output that is no input of the layer.
        """
        steps, _, _ = self._run(xs)
        x, mask, _ = self._inputs(xs)
        zero = arrays.zeros((len(x), self.units), R)
        arriving: list[Array] = [zero] * self.state_count  # at the states after the step
        carried = R if self.output == "last" else zero  # at the output of the step
        if self.output in OUTPUTS[2:]:
            arriving[OUTPUTS.index(self.output) - 2] = R
        to_x = []
        for t in reversed(range(len(steps))):
            m: Any = 1 if mask is None else mask[:, t]
            emitted = carried + R[:, t] if self.output == "sequence" else carried
            inside = [m * S for S in arriving]
            inside[0] = inside[0] + m * emitted
            part, before = step_back(tuple(inside), steps[t])
            to_x.append(part)
            carried = zero
            if mask is None:
                arriving = list(before)
            else:
                arriving = [S + (1 - m) * old for S, old in zip(before, arriving, strict=True)]
                carried = (1 - m) * emitted
                if self.zero_masked:
                    drop(carried)
                    carried = zero
        drop(carried)
        result = np.stack(to_x if self.reverse else to_x[::-1], axis=1)
        parts = [result] + ([arrays.zeros(xs[1].shape, R)] if self.masked else [])
        if self.initial:
            return (*parts, *arriving)
        for S in arriving:
            drop(S)
        return tuple(parts)

    def output_shape(self, *shapes: Shape) -> Shape:
        name, shape = type(self).__name__, shapes[0]
        count = 1 + self.masked + (self.state_count if self.initial else 0)
        if len(shapes) != count or len(shape) != 2 or shape[1] != self.kernel.shape[0]:
            raise ShapeError(
                f"{name}: expected {count} inputs, the first with steps and {self.kernel.shape[0]} features, got"
                f" {list(shapes)}"
            )
        if any(s != (self.units,) for s in shapes[1 + self.masked :]):
            raise ShapeError(f"{name}: expected first states of length {self.units}, got {list(shapes)}")
        return (shape[0], self.units) if self.output == "sequence" else (self.units,)
