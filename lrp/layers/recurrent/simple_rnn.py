"""The simple recurrent layer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrp.arrays import Array
from lrp.layers.recurrent.ledger import RecurrentLedger
from lrp.layers.recurrent.recurrent import Recurrent, States, Step


@dataclass(frozen=True, eq=False)
class SimpleRNN(Recurrent):
    """z_t = x_t W + h_{t-1} U + b,   h_t = f(z_t)

    R(x_t), R(h_{t-1}) = the rule on z_t, for R(h_t)

    Source: Arras et al. 2017, the linear message

    Parameters
    ----------
    kernel, recurrent, bias : Array
        W (d, u), U (u, u) and b (u,), or None for no bias.
    activation : str
        f, a name in ACTIVATIONS.
    output, reverse, masked, initial, zero_masked
        See Recurrent.
    """

    def step(self, x: Array, states: States) -> Step:
        (h_before,) = states
        z = x @ self.kernel + h_before @ self.recurrent
        z = z if self.bias is None else z + self.bias
        return Step(x, states, (self.function.compute(z),), (z,))

    def step_relevance(self, R: States, step: Step, ledger: RecurrentLedger) -> tuple[Array, States]:
        W_U = np.concatenate([self.kernel, self.recurrent])
        R_x, R_h = ledger.divide_linear(R[0], W_U, self.bias, step.x, step.before[0])
        return R_x, (R_h,)

    def step_pullback(self, grad: States, step: Step) -> tuple[Array, States]:
        (d_z,) = self.function.pullback(grad[0], step.own, step.after[0])
        return np.asarray(d_z @ self.kernel.T), (np.asarray(d_z @ self.recurrent.T),)
