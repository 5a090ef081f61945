"""Multi-head attention."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import ShapeError
from lrp.layers.activations import Softmax
from lrp.layers.attention.products import bilinear_rule
from lrp.layers.base import Layer, Shape, as_weight
from lrp.layers.dense import Dense
from lrp.layers.rule_checks import keeps_losses, linear_rule
from lrp.layers.sums import add_losses
from lrp.rules import LinearRule, Propagation, Rule, distribute, taylor

MASKED = -1e9  # the score of a step that must not be looked at: its softmax is 0 in float32 and float64
SOFTMAX = Softmax()


@dataclass(frozen=True)
class Steps:
    """What the six steps of one forward pass compute; n samples, h heads, t queries, s keys and values."""

    q: Array  # (n, h, t, d)
    k: Array  # (n, h, s, d)
    v: Array  # (n, h, s, d')
    S: Array  # (n, h, t, s) the scores, 0 where masked
    A: Array  # (n, h, t, s) the attention weights
    O: Array  # (n, h, t, d') the weighted values
    merged: Array  # (n, t, h d')
    y: Array  # (n, t, o)


@dataclass(frozen=True, eq=False)
class MultiHeadAttention(Layer):
    """Attention in six steps, for each head h:

        1. project and split    q = x_q W_q + b_q,   k = x_k W_k + b_k,   v = x_v W_v + b_v
        2. scores               S = q k^T / sqrt(d)
        3. mask                 S_ts = -1e9 where query t must not look at key s
        4. softmax              A_ts = exp(S_ts) / sum_s' exp(S_ts')
        5. weighted values      O = A v
        6. merge and project    y = [O_1 ... O_h] W_o + b_o

    Source: Achtibat et al. 2024, bilinear and softmax rules

    Inputs: query (n, t, e), value (n, s, e'), key (n, s, e''), then the masks, in the order of `masks`. Relevance: the
    rule divides that of the four projections; in the two products (steps 2 and 5) only its stabilizer is used, with
    half to each factor. The softmax rule does not conserve: the difference is counted as dropped. A masked score counts
    as 0. Masks receive no relevance.

    Parameters
    ----------
    query_kernel, key_kernel : Array
        W_q (e, h, d) and W_k (e'', h, d).
    value_kernel, output_kernel : Array
        W_v (e', h, d') and W_o (h, d', o).
    query_bias, key_bias, value_bias, output_bias : Array or None
        b_q and b_k (h, d), b_v (h, d'), b_o (o,).
    scale : float or None
        The factor of the scores; None: 1 / sqrt(d).
    causal : bool
        Whether query t looks at keys up to t only.
    masks : tuple of str
        Which masks are given as inputs, among "query" (n, t), "value" (n, s), "key" (n, s), "pair" (n, t, s). A query
        looks at a key if every mask, and `causal`, allows it; 0 forbids.
    """

    rules: ClassVar[tuple[type[Rule], ...]] = (LinearRule,)
    default_rule: ClassVar[Rule | None] = None
    accepted: ClassVar[str] = "a rule with a table other than z_box, with sink=keep"

    query_kernel: Array
    key_kernel: Array
    value_kernel: Array
    output_kernel: Array
    query_bias: Array | None = None
    key_bias: Array | None = None
    value_bias: Array | None = None
    output_bias: Array | None = None
    scale: float | None = None
    causal: bool = False
    masks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in self.weights():
            object.__setattr__(self, name, as_weight(getattr(self, name), f"MultiHeadAttention {name}"))
        object.__setattr__(self, "masks", tuple(self.masks))
        kernels = (self.query_kernel, self.key_kernel, self.value_kernel, self.output_kernel)
        if any(kernel.ndim != 3 for kernel in kernels):
            raise ShapeError(
                "MultiHeadAttention: expected kernels with 3 axes, (features, heads, length) and for the output "
                f"(heads, length, features), got {[k.shape for k in kernels]}"
            )
        q, k, v, o = (kernel.shape for kernel in kernels)
        if q[1:] != k[1:] or q[1] != v[1] or v[1:] != o[:2]:
            raise ShapeError(
                "MultiHeadAttention: expected heads and lengths that fit, (e, h, d), (e'', h, d), (e', h, d') and "
                f"(h, d', o), got {q}, {k}, {v} and {o}"
            )
        for part, shape in (("query", q[1:]), ("key", k[1:]), ("value", v[1:]), ("output", o[2:])):
            bias = getattr(self, f"{part}_bias")
            if bias is not None and bias.shape != shape:
                raise ShapeError(f"MultiHeadAttention: expected a {part}_bias of shape {shape}, got {bias.shape}")

    def admits(self, rule: Rule) -> bool:
        return isinstance(rule, LinearRule) and rule.low is None and keeps_losses(rule)

    def compute(self, *xs: Array) -> Array:
        return self.steps(xs).y

    def steps(self, xs: tuple[Array, ...]) -> Steps:
        """The forward pass, with what each step computes."""
        x_q, x_v, x_k = xs[:3]
        # 1. project and split
        q, k, v = (
            self._split(self._projection(part).compute(x)) for part, x in (("query", x_q), ("key", x_k), ("value", x_v))
        )
        # 2. scores
        S = (q * self._scale(q)) @ k.swapaxes(-1, -2)
        # 3. mask
        allowed = self._allowed(xs)
        masked = _where(allowed, S, MASKED)
        # 4. softmax
        A = SOFTMAX.compute(masked)
        # 5. weighted values
        O = A @ v
        # 6. merge and project
        merged = _merge(O)
        y = self._projection("output").compute(merged)
        return Steps(q, k, v, _where(allowed, S, 0), A, O, merged, y)

    def propagate(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        """The relevance of the six steps, from the last to the first."""
        rule = linear_rule(rule, self)
        x_q, x_v, x_k = xs[:3]
        f = self.steps(xs)
        # 6. merge and project
        projected = distribute(rule, self._projection("output"), f.merged, y, R)
        R_O = self._split(projected.parts[0])
        # 5. weighted values
        weighted = bilinear_rule(
            rule, f.A, f.v, f.O, R_O, lambda s: (s @ f.v.swapaxes(-1, -2), f.A.swapaxes(-1, -2) @ s)
        )
        R_A, R_v = weighted.parts
        # 4. softmax, and 3. mask: a masked score is 0, and so is its relevance
        softmax = SOFTMAX.propagate(R_A, taylor(), (f.S,), f.A)
        (R_S,) = softmax.parts
        # 2. scores
        scale = self._scale(f.q)
        scored = bilinear_rule(
            rule, f.q, f.k, f.S, R_S, lambda s: (scale * (s @ f.k), scale * (s.swapaxes(-1, -2) @ f.q))
        )
        R_q, R_k = scored.parts
        # 1. project and split
        inputs = []
        for part, x, R_part in (("query", x_q, R_q), ("value", x_v, R_v), ("key", x_k, R_k)):
            layer = self._projection(part)
            inputs.append(distribute(rule, layer, x, layer.compute(x), _merge(R_part)))
        parts = (*(step.parts[0] for step in inputs), *_zeros_like(xs[3:], R))
        return add_losses(parts, softmax, projected, weighted, scored, *inputs)

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        """The gradients of the six steps, from the last to the first."""
        f = self.steps(xs)
        # 6. merge and project
        (g_merged,) = self._projection("output").pullback(g, (f.merged,), y)
        g_O = self._split(g_merged)
        # 5. weighted values
        g_A, g_v = g_O @ f.v.swapaxes(-1, -2), f.A.swapaxes(-1, -2) @ g_O
        # 4. softmax
        (g_S,) = SOFTMAX.pullback(g_A, (f.S,), f.A)
        # 3. mask
        g_S = _where(self._allowed(xs), g_S, 0)
        # 2. scores
        scale = self._scale(f.q)
        g_q, g_k = scale * (g_S @ f.k), scale * (g_S.swapaxes(-1, -2) @ f.q)
        # 1. project and split
        inputs = [
            self._projection(part).pullback(_merge(g_part), (x,), y)[0]
            for part, x, g_part in zip(("query", "value", "key"), xs, (g_q, g_v, g_k), strict=False)
        ]
        return (*inputs, *_zeros_like(xs[3:], g))

    def _projection(self, part: str) -> Dense:
        """The projection to all heads at once: (e, h d); of the output (h d', o)."""
        kernel, bias = getattr(self, f"{part}_kernel"), getattr(self, f"{part}_bias")
        shape = (-1, kernel.shape[2]) if part == "output" else (len(kernel), -1)
        return Dense(kernel.reshape(shape), None if bias is None else bias.reshape(-1))

    def _split(self, x: Array) -> Array:
        """(n, t, h d) -> (n, h, t, d)"""
        return x.reshape(*x.shape[:2], self.query_kernel.shape[1], -1).transpose(0, 2, 1, 3)

    def _scale(self, like: Array) -> Any:
        """1 / sqrt(d), or the scale that was given."""
        scale = self.query_kernel.shape[2] ** -0.5 if self.scale is None else self.scale
        return arrays.scalar(scale, like)

    def _allowed(self, xs: tuple[Array, ...]) -> Array | None:
        """Which query may look at which key: booleans (n or 1, 1, t, s), or None where each may look at all."""
        t, s = xs[0].shape[1], xs[1].shape[1]
        conditions = [np.tri(t, s, dtype=bool)[None]] if self.causal else []
        for name, mask in zip(self.masks, xs[3:], strict=True):
            open_ = mask != 0
            conditions.append(open_ if name == "pair" else open_[:, :, None] if name == "query" else open_[:, None, :])
        if not conditions:
            return None
        allowed = conditions[0]
        for condition in conditions[1:]:
            allowed = allowed & condition
        return np.asarray(allowed[:, None])

    def output_shape(self, *shapes: Shape) -> Shape:
        kernels = (self.query_kernel, self.value_kernel, self.key_kernel)
        if len(shapes) != 3 + len(self.masks):
            raise ShapeError(
                f"MultiHeadAttention: expected {3 + len(self.masks)} inputs, got {len(shapes)}; they are query, value, "
                f"key{''.join(f', the mask of {name}' for name in self.masks)}"
            )
        for name, shape, kernel in zip(("query", "value", "key"), shapes, kernels, strict=False):
            if len(shape) != 2 or shape[1] != len(kernel):
                raise ShapeError(
                    f"MultiHeadAttention: expected steps and {len(kernel)} features in the {name}, got {shape} per "
                    "sample"
                )
        return (shapes[0][0], self.output_kernel.shape[2])


def _merge(x: Array) -> Array:
    """(n, h, t, d) -> (n, t, h d)"""
    return x.transpose(0, 2, 1, 3).reshape(len(x), x.shape[2], -1)


def _where(allowed: Array | None, x: Array, otherwise: float) -> Array:
    """x where allowed, `otherwise` elsewhere; None allows all."""
    return x if allowed is None else np.where(allowed, x, arrays.scalar(otherwise, x))


def _zeros_like(masks: tuple[Array, ...], like: Array) -> tuple[Array, ...]:
    """The relevance or the gradient of masks."""
    return tuple(arrays.zeros(mask.shape, like) for mask in masks)
