"""Multi-head attention."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from lrp import arrays
from lrp.arrays import Array, transcendental
from lrp.errors import RuleError, ShapeError
from lrp.layers.activations import softmax_relevance
from lrp.layers.attention.products import halves
from lrp.layers.base import Layer, Shape, as_weight
from lrp.layers.dense import Dense
from lrp.rules import LinearRule, Rule, engine
from lrp.rules.engine import Propagation

exp = transcendental(np.exp, "exp")


@dataclass(frozen=True)
class _Pass:
    """The forward pass of one call: per-head arrays (n, h, t, d), scores and weights (n, h, t, s)."""

    q: Array
    k: Array
    v: Array
    scores: Array
    weights: Array
    heads: Array


@dataclass(frozen=True, eq=False)
class MultiHeadAttention(Layer):
    """y = sum_h softmax(q_h k_h^T / sqrt(d)) v_h W_h + b, with q_h, k_h, v_h linear in query, key and value

    Source: Achtibat et al. 2024, bilinear and softmax rules

    Inputs: query (n, t, e), value (n, s, e'), key (n, s, e''), then masks if any: `masks` names them in order among
    "query" (n, t), "value" (n, s), "key" (n, s), "pair" (n, t, s). Kernels (e, h, d), out (h, d', o); biases (h, d),
    (o,). scale: of the scores, instead of 1 / sqrt(d). causal: step t sees steps up to t. Relevance: the rule on the
    four projections, its stabilizer in the two products (half to each factor); the softmax does not conserve, and what
    it loses or makes stands as dropped.
    """

    rules: ClassVar[tuple[type[Rule], ...]] = (LinearRule,)
    default_rule: ClassVar[Rule | None] = None

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
            raise ShapeError(f"MultiHeadAttention: expected kernels with 3 axes, got {[k.shape for k in kernels]}")
        q, k, v, o = (kernel.shape for kernel in kernels)
        if q[1:] != k[1:] or q[1] != v[1] or v[1:] != o[:2]:
            raise ShapeError(f"MultiHeadAttention: expected heads and lengths that fit, got {q}, {k}, {v} and {o}")
        for part, shape in (("query", q[1:]), ("key", k[1:]), ("value", v[1:]), ("output", o[2:])):
            bias = getattr(self, f"{part}_bias")
            if bias is not None and bias.shape != shape:
                raise ShapeError(f"MultiHeadAttention: expected a {part}_bias of shape {shape}, got {bias.shape}")

    def accepts(self, rule: Rule) -> bool:
        return isinstance(rule, LinearRule) and rule.low is None

    def _projection(self, part: str) -> Dense:
        """The projection to all heads at once: (e, h d); of the output (h d', o)."""
        kernel, bias = getattr(self, f"{part}_kernel"), getattr(self, f"{part}_bias")
        shape = (-1, kernel.shape[2]) if part == "output" else (len(kernel), -1)
        return Dense(kernel.reshape(shape), None if bias is None else bias.reshape(-1))

    def _split(self, x: Array) -> Array:
        """(n, t, h d) -> (n, h, t, d)"""
        return x.reshape(*x.shape[:2], self.query_kernel.shape[1], -1).transpose(0, 2, 1, 3)

    @staticmethod
    def _join(x: Array) -> Array:
        """(n, h, t, d) -> (n, t, h d)"""
        return x.transpose(0, 2, 1, 3).reshape(len(x), x.shape[2], -1)

    def _scale(self, like: Array) -> Any:
        scale = self.query_kernel.shape[2] ** -0.5 if self.scale is None else self.scale
        return arrays.scalar(scale, like)

    def _allowed(self, xs: tuple[Array, ...]) -> Array | None:
        """Which step may look at which: (n or 1, 1, t, s), or None where all may."""
        allowed: Any = None
        for name, mask in zip(self.masks, xs[3:], strict=True):
            seen = mask != 0
            seen = seen[:, :, None] if name == "query" else seen if name == "pair" else seen[:, None, :]
            allowed = seen if allowed is None else allowed & seen
        if self.causal:
            below = np.tri(xs[0].shape[1], xs[1].shape[1], dtype=bool)[None]
            allowed = below if allowed is None else allowed & below
        return None if allowed is None else allowed[:, None]

    def _pass(self, xs: tuple[Array, ...]) -> _Pass:
        query, value, key = xs[:3]
        q, k, v = (
            self._split(self._projection(part).compute(x))
            for part, x in (("query", query), ("key", key), ("value", value))
        )
        scores = (q * self._scale(q)) @ k.swapaxes(-1, -2)
        allowed = self._allowed(xs)
        if allowed is not None:
            scores = np.where(allowed, scores, arrays.scalar(-1e9, scores))
        e = exp(scores - scores.max(axis=-1, keepdims=True))
        weights = e / e.sum(axis=-1, keepdims=True)
        if allowed is not None:  # masked scores are no numbers of the model's: they count as 0
            scores = np.where(allowed, scores, arrays.scalar(0, scores))
        return _Pass(q, k, v, scores, weights, weights @ v)

    def compute(self, *xs: Array) -> Array:
        return self._projection("output").compute(self._join(self._pass(xs).heads))

    def _nothing(self, xs: tuple[Array, ...], like: Array) -> tuple[Array, ...]:
        """What masks receive."""
        return tuple(arrays.zeros(mask.shape, like) for mask in xs[3:])

    def distribute(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        if not isinstance(rule, LinearRule):
            raise RuleError(f"MultiHeadAttention: expected a rule with a table, got {rule.text()!r}")
        run, query, value, key = self._pass(xs), *xs[:3]
        out = self._projection("output")
        shares = [engine.distribute(rule, out, self._join(run.heads), y, R)]
        R_heads = self._split(shares[0].parts[0])
        shares.append(
            halves(
                R_heads,
                run.heads,
                rule,
                lambda s: (s @ run.v.swapaxes(-1, -2), run.weights.swapaxes(-1, -2) @ s),
                run.weights,
                run.v,
            )
        )
        R_weights, R_v = shares[1].parts
        R_scores = softmax_relevance(R_weights, run.scores, run.weights)
        scale = self._scale(run.q)
        shares.append(
            halves(
                R_scores,
                run.scores,
                rule,
                lambda s: (scale * (s @ run.k), scale * (s.swapaxes(-1, -2) @ run.q)),
                run.q,
                run.k,
            )
        )
        R_q, R_k = shares[2].parts
        parts = []
        for part, x, relevance in (("query", query, R_q), ("value", value, R_v), ("key", key, R_k)):
            layer = self._projection(part)
            shares.append(engine.distribute(rule, layer, x, layer.compute(x), self._join(relevance)))
            parts.append(shares[-1].parts[0])
        lost = arrays.sum_per_sample(R_weights) - arrays.sum_per_sample(R_scores)
        zero = arrays.zeros((len(R),), lost)
        return Propagation(
            (*parts, *self._nothing(xs, R)),
            sum((s.bias for s in shares), zero),
            sum((s.stabilizer for s in shares), zero),
            sum((s.dropped for s in shares), lost),
            sum((s.gross for s in shares), arrays.sum_abs(R_weights) + arrays.sum_abs(R_scores)),
        )

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        run = self._pass(xs)
        flat = run.heads.transpose(0, 2, 1, 3).reshape(len(g), g.shape[1], -1)
        g_heads = self._split(self._projection("output").pullback(g, (flat,), y)[0])
        g_weights = g_heads @ run.v.swapaxes(-1, -2)
        g_scores = run.weights * (g_weights - (g_weights * run.weights).sum(axis=-1, keepdims=True))
        allowed, scale = self._allowed(xs), self._scale(run.q)
        if allowed is not None:
            g_scores = np.where(allowed, g_scores, arrays.scalar(0, g_scores))
        g_parts = {
            "query": scale * (g_scores @ run.k),
            "value": run.weights.swapaxes(-1, -2) @ g_heads,
            "key": scale * (g_scores.swapaxes(-1, -2) @ run.q),
        }
        parts = [
            self._projection(part).pullback(self._join(g_part), (x,), y)[0]
            for (part, g_part), x in zip(g_parts.items(), xs, strict=False)
        ]
        return (*parts, *self._nothing(xs, g))

    def output_shape(self, *shapes: Shape) -> Shape:
        kernels = (self.query_kernel, self.value_kernel, self.key_kernel)
        if len(shapes) != 3 + len(self.masks):
            raise ShapeError(f"MultiHeadAttention: expected {3 + len(self.masks)} inputs, got {len(shapes)}")
        for shape, kernel in zip(shapes, kernels, strict=False):
            if len(shape) != 2 or shape[1] != len(kernel):
                raise ShapeError(f"MultiHeadAttention: expected steps and {len(kernel)} features, got {shape} a sample")
        return (shapes[0][0], self.output_kernel.shape[2])
