"""Long short-term memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lrp.arrays import Array
from lrp.layers.activations import Activation
from lrp.layers.recurrent.gates import ACTIVATIONS, RecurrentLedger
from lrp.layers.recurrent.simple_rnn import Recurrent, States, Step


@dataclass(frozen=True, eq=False)
class LSTM(Recurrent):
    """c_t = f_t c_{t-1} + i_t g_t,   h_t = o_t tanh(c_t)

    with i, f, o = sigmoid and g = tanh of the blocks of x_t W + h_{t-1} U + b, in the order i, f, g, o.

    Source: Arras et al. 2017, signal-take-all

    The gates i, f, o receive no relevance: R(c_t) += R(h_t); c_t's two summands share by the rule, and that of i g goes
    to g.
    """

    blocks: ClassVar[int] = 4
    state_count: ClassVar[int] = 2

    recurrent_activation: str = "sigmoid"

    @property
    def gate(self) -> Activation:
        """The activation of the gates."""
        return ACTIVATIONS[self.recurrent_activation]

    def step(self, x: Array, states: States) -> Step:
        h, c = states
        z = x @ self.kernel + h @ self.recurrent
        z = z if self.bias is None else z + self.bias
        zi, zf, zg, zo = np.split(z, 4, axis=-1)
        i, f, g, o = self.gate.compute(zi), self.gate.compute(zf), self.function.compute(zg), self.gate.compute(zo)
        new = f * c + i * g
        out = self.function.compute(new)
        return Step(x, states, (o * out, new), (z, i, f, g, o, out))

    def step_pullback(self, g: States, step: Step) -> tuple[Array, States]:
        z, i, f, signal, o, out = step.own
        zi, zf, zg, zo = np.split(z, 4, axis=-1)
        c, new = step.before[1], step.after[1]
        gc = g[1] + self.function.pullback(g[0] * o, (new,), out)[0]
        blocks = [
            *self.gate.pullback(gc * signal, (zi,), i),
            *self.gate.pullback(gc * c, (zf,), f),
            *self.function.pullback(gc * i, (zg,), signal),
            *self.gate.pullback(g[0] * out, (zo,), o),
        ]
        gz = np.concatenate(blocks, axis=-1)
        return np.asarray(gz @ self.kernel.T), (np.asarray(gz @ self.recurrent.T), gc * f)

    def step_relevance(self, R: States, step: Step, account: RecurrentLedger) -> tuple[Array, States]:
        _, i, f, signal, _, _ = step.own
        h, c = step.before
        to_past, to_signal = account.divide_sum(R[0] + R[1], f * c, i * signal)
        block = slice(2 * self.units, 3 * self.units)
        weight = np.concatenate([self.kernel[:, block], self.recurrent[:, block]])
        bias = None if self.bias is None else self.bias[block]
        to_x, to_h = account.divide_linear(to_signal, weight, bias, step.x, h)
        return to_x, (to_h, to_past)
