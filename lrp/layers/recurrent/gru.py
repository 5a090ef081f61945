"""Gated recurrent unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lrp.arrays import Array
from lrp.layers.activations import Activation
from lrp.layers.recurrent.gates import ACTIVATIONS, RecurrentLedger
from lrp.layers.recurrent.simple_rnn import Recurrent, States, Step


@dataclass(frozen=True, eq=False)
class GRU(Recurrent):
    """h_t = z_t h_{t-1} + (1 - z_t) g_t,   z, r = sigmoid of their blocks, in the order z, r, g

        g_t = tanh(x_t W_g + b_g + r_t (h_{t-1} U_g + c_g))         reset_after: bias (2, 3 u), rows b and c
        g_t = tanh(x_t W_g + b_g + (r_t h_{t-1}) U_g)               otherwise:   bias (3 u,)

    Source: Arras et al. 2017, signal-take-all

    z and r are gates and receive no relevance; z h and (1 - z) g share by the rule, then each goes to its signal.
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
        """Beside x W, and beside h U."""
        if self.bias is None:
            return None, None
        return (self.bias[0], self.bias[1]) if self.reset_after else (self.bias, None)

    def step(self, x: Array, states: States) -> Step:
        (h,), u = states, self.units
        beside_x, beside_h = self._biases()
        zx = x @ self.kernel
        zx = zx if beside_x is None else zx + beside_x
        zh = h @ (self.recurrent if self.reset_after else self.recurrent[:, : 2 * u])
        zh = zh if beside_h is None else zh + beside_h
        z, r = (self.gate.compute(zx[:, k * u : (k + 1) * u] + zh[:, k * u : (k + 1) * u]) for k in (0, 1))
        inner = zh[:, 2 * u :] if self.reset_after else (r * h) @ self.recurrent[:, 2 * u :]
        pre = zx[:, 2 * u :] + (r * inner if self.reset_after else inner)
        g = self.function.compute(pre)
        return Step(x, states, (z * h + (1 - z) * g,), (zx, zh, z, r, inner, pre, g))

    def step_pullback(self, g: States, step: Step) -> tuple[Array, States]:
        zx, zh, z, r, inner, pre, signal = step.own
        (h,), (go,), u = step.before, g, self.units
        (gpre,) = self.function.pullback(go * (1 - z), (pre,), signal)
        last = self.recurrent[:, 2 * u :]
        if self.reset_after:
            gr, ginner = gpre * inner, gpre * r
            gh = ginner @ last.T
        else:
            past = gpre @ last.T
            gr, gh = past * h, past * r
        (gzz,) = self.gate.pullback(go * (h - signal), (zx[:, :u] + zh[:, :u],), z)
        (gzr,) = self.gate.pullback(gr, (zx[:, u : 2 * u] + zh[:, u : 2 * u],), r)
        gates = np.concatenate([gzz, gzr], axis=-1)
        gx = np.concatenate([gates, gpre], axis=-1) @ self.kernel.T
        return np.asarray(gx), (np.asarray(go * z + gh + gates @ self.recurrent[:, : 2 * u].T),)

    def step_relevance(self, R: States, step: Step, account: RecurrentLedger) -> tuple[Array, States]:
        zx, _, z, r, inner, _, signal = step.own
        (h,), block = step.before, slice(2 * self.units, None)
        beside_x, beside_h = (None if b is None else b[block] for b in self._biases())
        to_past, to_signal = account.divide_sum(R[0], z * h, (1 - z) * signal)
        w, v = self.kernel[:, block], self.recurrent[:, block]
        if self.reset_after:
            from_x, from_h = account.divide_sum(to_signal, zx[:, block], r * inner)
            (to_x,) = account.divide_linear(from_x, w, beside_x, step.x)
            (to_h,) = account.divide_linear(from_h, v, beside_h, h)
        else:
            to_x, to_h = account.divide_linear(to_signal, np.concatenate([w, v]), beside_x, step.x, r * h)
        return to_x, (to_past + to_h,)
