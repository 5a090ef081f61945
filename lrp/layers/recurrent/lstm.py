"""Long short-term memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lrp.arrays import Array
from lrp.layers.activations import Activation
from lrp.layers.recurrent.cell_activations import ACTIVATIONS
from lrp.layers.recurrent.ledger import RecurrentLedger
from lrp.layers.recurrent.recurrent import Recurrent, States, Step


@dataclass(frozen=True, eq=False)
class LSTM(Recurrent):
    """z_i, z_f, z_g, z_o = the blocks of x_t W + h_{t-1} U + b
    i, f, o = sigmoid(z_i), sigmoid(z_f), sigmoid(z_o),   g = tanh(z_g)
    c_t = f c_{t-1} + i g
    h_t = o tanh(c_t)

    Relevance of one step; the gates i, f, o receive none:

        R(c_t)         += R(h_t)
        R(f c), R(i g)  = the rule on the sum f c_{t-1} + i g
        R(c_{t-1})      = R(f c)
        R(x), R(h_{t-1}) = the rule on z_g = x_t W_g + h_{t-1} U_g + b_g, for R(i g)

    Source: Arras et al. 2017, signal-take-all

    Parameters
    ----------
    kernel, recurrent, bias : Array
        W (d, 4 u), U (u, 4 u) and b (4 u,), or None for no bias; blocks in the order i, f, g, o.
    activation, recurrent_activation : str
        The function of g and of c_t, and that of the gates: names in ACTIVATIONS.
    output, reverse, masked, initial, zero_masked
        See Recurrent; the states are h and c.
    """

    blocks: ClassVar[int] = 4
    state_count: ClassVar[int] = 2

    recurrent_activation: str = "sigmoid"

    @property
    def gate(self) -> Activation:
        """The activation of the gates."""
        return ACTIVATIONS[self.recurrent_activation]

    def step(self, x: Array, states: States) -> Step:
        h_before, c_before = states
        z = x @ self.kernel + h_before @ self.recurrent
        z = z if self.bias is None else z + self.bias
        z_i, z_f, z_g, z_o = np.split(z, 4, axis=-1)
        i, f, g, o = self.gate.compute(z_i), self.gate.compute(z_f), self.function.compute(z_g), self.gate.compute(z_o)
        c = f * c_before + i * g
        tanh_c = self.function.compute(c)
        h = o * tanh_c
        return Step(x, states, (h, c), (z, i, f, g, o, tanh_c))

    def step_relevance(self, R: States, step: Step, ledger: RecurrentLedger) -> tuple[Array, States]:
        R_h, R_c = R
        h_before, c_before = step.before
        _, i, f, g, _, _ = step.own
        R_fc, R_ig = ledger.divide_sum(R_h + R_c, f * c_before, i * g)
        block = slice(2 * self.units, 3 * self.units)
        W_g, U_g = self.kernel[:, block], self.recurrent[:, block]
        b_g = None if self.bias is None else self.bias[block]
        R_x, R_h_before = ledger.divide_linear(R_ig, np.concatenate([W_g, U_g]), b_g, step.x, h_before)
        return R_x, (R_h_before, R_fc)

    def step_pullback(self, grad: States, step: Step) -> tuple[Array, States]:
        d_h, d_c = grad
        c_before, c = step.before[1], step.after[1]
        z, i, f, g, o, tanh_c = step.own
        z_i, z_f, z_g, z_o = np.split(z, 4, axis=-1)
        d_c = d_c + self.function.pullback(d_h * o, (c,), tanh_c)[0]
        d_z = np.concatenate(
            [
                *self.gate.pullback(d_c * g, (z_i,), i),
                *self.gate.pullback(d_c * c_before, (z_f,), f),
                *self.function.pullback(d_c * i, (z_g,), g),
                *self.gate.pullback(d_h * tanh_c, (z_o,), o),
            ],
            axis=-1,
        )
        return np.asarray(d_z @ self.kernel.T), (np.asarray(d_z @ self.recurrent.T), d_c * f)
