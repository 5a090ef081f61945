"""Gated recurrent unit."""

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
class GRU(Recurrent):
    """z = sigmoid(x_t W_z + b_z + h_{t-1} U_z + c_z),   r = sigmoid(x_t W_r + b_r + h_{t-1} U_r + c_r)
    a = r (h_{t-1} U_g + c_g)      with reset_after
    a = (r h_{t-1}) U_g            without
    g = tanh(x_t W_g + b_g + a)
    h_t = z h_{t-1} + (1 - z) g

    Relevance of one step; the gates z and r receive none:

        R(z h), R((1-z) g) = the rule on the sum z h_{t-1} + (1 - z) g
        reset_after:  R(x W_g + b_g), R(a) = the rule on their sum, for R((1-z) g); each is divided by the rule again
        otherwise:    R(x), R(r h_{t-1})   = the rule on x_t W_g + (r h_{t-1}) U_g + b_g
        R(h_{t-1})         = R(z h) + what a gives to it

    Source: Arras et al. 2017, signal-take-all

    Parameters
    ----------
    kernel, recurrent, bias : Array
        W (d, 3 u), U (u, 3 u), blocks in the order z, r, g; bias (2, 3 u), its rows b and c, with reset_after, else
        b (3 u,); None for no bias.
    activation, recurrent_activation : str
        The function of g and that of the gates: names in ACTIVATIONS.
    reset_after : bool
        Whether the gate r multiplies after the product with U_g (as cuDNN does) or before.
    output, reverse, masked, initial, zero_masked
        See Recurrent.
    """

    blocks: ClassVar[int] = 3

    recurrent_activation: str = "sigmoid"
    reset_after: bool = True

    @property
    def gate(self) -> Activation:
        """The activation of the gates."""
        return ACTIVATIONS[self.recurrent_activation]

    def bias_shape(self) -> tuple[int, ...]:
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    def _biases(self) -> tuple[Array | None, Array | None]:
        """b and c: beside x W, and beside h U."""
        if self.bias is None:
            return None, None
        return (self.bias[0], self.bias[1]) if self.reset_after else (self.bias, None)

    def step(self, x: Array, states: States) -> Step:
        (h_before,), u = states, self.units
        b, c = self._biases()
        xW = x @ self.kernel
        xW = xW if b is None else xW + b
        hU = h_before @ (self.recurrent if self.reset_after else self.recurrent[:, : 2 * u])
        hU = hU if c is None else hU + c
        z = self.gate.compute(xW[:, :u] + hU[:, :u])
        r = self.gate.compute(xW[:, u : 2 * u] + hU[:, u : 2 * u])
        inner = hU[:, 2 * u :] if self.reset_after else (r * h_before) @ self.recurrent[:, 2 * u :]
        z_g = xW[:, 2 * u :] + (r * inner if self.reset_after else inner)
        g = self.function.compute(z_g)
        h = z * h_before + (1 - z) * g
        return Step(x, states, (h,), (xW, hU, z, r, inner, z_g, g))

    def step_relevance(self, R: States, step: Step, ledger: RecurrentLedger) -> tuple[Array, States]:
        (h_before,) = step.before
        xW, _, z, r, inner, _, g = step.own
        R_zh, R_g = ledger.divide_sum(R[0], z * h_before, (1 - z) * g)
        block = slice(2 * self.units, None)
        W_g, U_g = self.kernel[:, block], self.recurrent[:, block]
        b_g, c_g = (None if bias is None else bias[block] for bias in self._biases())
        if self.reset_after:
            R_xW, R_a = ledger.divide_sum(R_g, xW[:, block], r * inner)
            (R_x,) = ledger.divide_linear(R_xW, W_g, b_g, step.x)
            (R_h,) = ledger.divide_linear(R_a, U_g, c_g, h_before)
        else:
            R_x, R_h = ledger.divide_linear(R_g, np.concatenate([W_g, U_g]), b_g, step.x, r * h_before)
        return R_x, (R_zh + R_h,)

    def step_pullback(self, grad: States, step: Step) -> tuple[Array, States]:
        (d_h,), (h_before,), u = grad, step.before, self.units
        xW, hU, z, r, inner, z_g, g = step.own
        (d_zg,) = self.function.pullback(d_h * (1 - z), (z_g,), g)
        U_g = self.recurrent[:, 2 * u :]
        if self.reset_after:
            d_r, d_inner = d_zg * inner, d_zg * r
            d_before = d_inner @ U_g.T
        else:
            d_rh = d_zg @ U_g.T
            d_r, d_before = d_rh * h_before, d_rh * r
        (d_zz,) = self.gate.pullback(d_h * (h_before - g), (xW[:, :u] + hU[:, :u],), z)
        (d_zr,) = self.gate.pullback(d_r, (xW[:, u : 2 * u] + hU[:, u : 2 * u],), r)
        d_gates = np.concatenate([d_zz, d_zr], axis=-1)
        d_x = np.concatenate([d_gates, d_zg], axis=-1) @ self.kernel.T
        return np.asarray(d_x), (np.asarray(d_h * z + d_before + d_gates @ self.recurrent[:, : 2 * u].T),)
