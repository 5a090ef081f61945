"""Recurrent layers and attention on one sample: values and relevance, step by step."""

from __future__ import annotations

import math

from tests.oracles.layers import dense_neurons
from tests.oracles.rules import propagate, stabilized


def sigmoid(z):
    return 1 / (1 + math.exp(-z))


class Losses:
    """The sums of bias, stabilizer and dropped over the steps of a layer."""

    def __init__(self):
        self.bias = self.stabilizer = self.dropped = 0

    def linear(self, rule, x, W, b, R):
        """R of z_k = sum_j x_j W_jk + b_k over the x_j."""
        messages, bias, stabilizer, dropped = propagate(dense_neurons(x, W, b), R, rule)
        self.bias, self.stabilizer, self.dropped = (
            self.bias + bias,
            self.stabilizer + stabilizer,
            self.dropped + dropped,
        )
        return [messages[j] for j in range(len(x))]

    def sum(self, rule, summands, R):
        """R of z_k = a_k + b_k + ... over a, b, ..."""
        result = [[0] * len(R) for _ in summands]
        for k in range(len(R)):
            for m, part in enumerate(self.linear(rule, [a[k] for a in summands], [[1]] * len(summands), None, [R[k]])):
                result[m][k] = part
        return result


def product(x, W, b=None):
    """sum_j x_j W_jk + b_k"""
    return [sum(x[j] * W[j][k] for j in range(len(x))) + (b[k] if b is not None else 0) for k in range(len(W[0]))]


def columns(W, first, last):
    """The columns first ... last - 1 of a list of rows, or these entries of a list of numbers."""
    return (
        [row[first:last] if hasattr(row, "__len__") else row for row in W]
        if hasattr(W[0], "__len__")
        else W[first:last]
    )


def run_simple_rnn(x, W, U, b, R, rule, f=math.tanh):
    """h_t = f(x_t W + h_{t-1} U + b): the last h, R of every x_t for the relevance R of it, and the losses."""
    h, past = [0.0] * len(U), []
    for x_t in x:
        past.append(h)
        h = [f(z) for z in product([*x_t, *h], [*W, *U], b)]
    losses, to_x = Losses(), []
    for x_t, h_before in zip(reversed(x), reversed(past)):
        R_both = losses.linear(rule, [*x_t, *h_before], [*W, *U], b, R)
        to_x.append(R_both[: len(x_t)])
        R = R_both[len(x_t) :]
    losses.dropped += sum(R)
    return h, to_x[::-1], losses


def run_lstm(x, W, U, b, R, rule):
    """The long short-term memory of Arras et al. 2017, blocks i, f, g, o; results as in run_simple_rnn."""
    u = len(U)
    h, c, past = [0.0] * u, [0.0] * u, []
    for x_t in x:
        z = product([*x_t, *h], [*W, *U], b)
        i, f, o = ([sigmoid(v) for v in z[k * u : (k + 1) * u]] for k in (0, 1, 3))
        g = [math.tanh(v) for v in z[2 * u : 3 * u]]
        kept, added = [f[k] * c[k] for k in range(u)], [i[k] * g[k] for k in range(u)]
        past.append((x_t, h, kept, added))
        c = [kept[k] + added[k] for k in range(u)]
        h = [o[k] * math.tanh(c[k]) for k in range(u)]
    losses, to_x = Losses(), []
    R_h, R_c = list(R), [0.0] * u
    for x_t, h_before, kept, added in reversed(past):
        R_c, R_g = losses.sum(rule, [kept, added], [R_h[k] + R_c[k] for k in range(u)])
        R_both = losses.linear(rule, [*x_t, *h_before], columns([*W, *U], 2 * u, 3 * u), columns(b, 2 * u, 3 * u), R_g)
        to_x.append(R_both[: len(x_t)])
        R_h = R_both[len(x_t) :]
    losses.dropped += sum(R_h) + sum(R_c)
    return h, to_x[::-1], losses


def run_gru(x, W, U, b, R, rule, reset_after):
    """The gated recurrent unit, blocks z, r, g; b (2, 3 u) with reset_after, else (3 u,); as run_simple_rnn."""
    u = len(U)
    beside_x, beside_h = (b[0], b[1]) if reset_after else (b, [0.0] * (3 * u))
    h, past = [0.0] * u, []
    for x_t in x:
        xW, hU = product(x_t, W, beside_x), product(h, U, beside_h)
        z, r = ([sigmoid(xW[k] + hU[k]) for k in range(first, first + u)] for first in (0, u))
        reset = [r[k] * h[k] for k in range(u)]
        a = [r[k] * hU[2 * u + k] for k in range(u)] if reset_after else product(reset, columns(U, 2 * u, 3 * u))
        g = [math.tanh(xW[2 * u + k] + a[k]) for k in range(u)]
        past.append(
            (x_t, h, reset, xW[2 * u :], a, [z[k] * h[k] for k in range(u)], [(1 - z[k]) * g[k] for k in range(u)])
        )
        h = [past[-1][5][k] + past[-1][6][k] for k in range(u)]
    losses, to_x = Losses(), []
    W_g, U_g = columns(W, 2 * u, 3 * u), columns(U, 2 * u, 3 * u)
    b_x, b_h = columns(beside_x, 2 * u, 3 * u), columns(beside_h, 2 * u, 3 * u)
    for x_t, h_before, reset, xW_g, a, kept, added in reversed(past):
        R_kept, R_g = losses.sum(rule, [kept, added], R)
        if reset_after:
            R_xW, R_a = losses.sum(rule, [xW_g, a], R_g)
            R_x = losses.linear(rule, x_t, W_g, b_x, R_xW)
            R_h = losses.linear(rule, h_before, U_g, b_h, R_a)
        else:
            R_both = losses.linear(rule, [*x_t, *reset], [*W_g, *U_g], b_x, R_g)
            R_x, R_h = R_both[: len(x_t)], R_both[len(x_t) :]
        to_x.append(R_x)
        R = [R_kept[k] + R_h[k] for k in range(u)]
    losses.dropped += sum(R)
    return h, to_x[::-1], losses


def run_attention(x_q, x_v, x_k, W, b, R, rule, eps, scale, allowed):
    """Multi-head attention of one sample: y, the relevance of x_q, x_v and x_k, and the losses.

    W, b: {"q": W_q (e, h, d), "k": ..., "v": ..., "o": W_o (h, d', o)} and likewise; allowed(t, s) says whether query t
    looks at key s. rule: of the four projections; eps: of the two products. Achtibat et al. 2024.
    """
    heads, steps, keys = len(W["q"][0]), range(len(x_q)), range(len(x_k))

    def project(x, name, head):
        return [product(row, [per_head[head] for per_head in W[name]], b[name][head]) for row in x]

    q, k, v = ([project(x, name, h) for h in range(heads)] for x, name in ((x_q, "q"), (x_k, "k"), (x_v, "v")))
    S, A, O = [], [], []
    for h in range(heads):
        S.append([[scale * sum(i * j for i, j in zip(q[h][t], k[h][s])) for s in keys] for t in steps])
        A.append([])
        for t in steps:
            e = [math.exp(S[h][t][s] if allowed(t, s) else -1e9) for s in keys]
            total = sum(e)
            if total == 0:  # a query that may look at nothing: all scores are alike
                e, total = [1.0 for _ in keys], float(len(keys))
            A[h].append([value / total for value in e])
        O.append([[sum(A[h][t][s] * v[h][s][d] for s in keys) for d in range(len(v[h][0]))] for t in steps])
    W_o = [row for per_head in W["o"] for row in per_head]
    merged = [[value for h in range(heads) for value in O[h][t]] for t in steps]
    y = [product(row, W_o, b["o"]) for row in merged]
    losses, size = Losses(), len(O[0][0])

    def bilinear(terms, z, R_z):
        """R_z of z = sum of the terms: half of each message; a dict of numbers by the names of the terms."""
        full = stabilized(z, eps)
        if full == 0:
            losses.dropped += R_z
            return {name: 0.0 for name in terms}
        losses.stabilizer += (full - z) * R_z / full
        return {name: value * R_z / full / 2 for name, value in terms.items()}

    R_merged = [losses.linear(rule, merged[t], W_o, b["o"], R[t]) for t in steps]
    R_x = {name: [[0.0] * len(x[0]) for _ in x] for name, x in (("q", x_q), ("v", x_v), ("k", x_k))}
    for h in range(heads):
        R_A = [[0.0 for _ in keys] for _ in steps]
        R_v, R_k = ([[0.0] * len(row) for row in rows[h]] for rows in (v, k))
        R_q = [[0.0] * len(row) for row in q[h]]
        for t in steps:
            for d in range(size):
                terms = {s: A[h][t][s] * v[h][s][d] for s in keys}
                for s, half in bilinear(terms, O[h][t][d], R_merged[t][h * size + d]).items():
                    R_A[t][s] += half
                    R_v[s][d] += half
        for t in steps:
            total = sum(R_A[t])
            for s in keys:
                score = S[h][t][s] if allowed(t, s) else 0.0
                R_S = score * (R_A[t][s] - A[h][t][s] * total)
                losses.dropped += R_A[t][s] - R_S
                if not allowed(t, s):
                    continue
                terms = {d: scale * q[h][t][d] * k[h][s][d] for d in range(len(q[h][t]))}
                for d, half in bilinear(terms, score, R_S).items():
                    R_q[t][d] += half
                    R_k[s][d] += half
        for name, x, R_head in (("q", x_q, R_q), ("v", x_v, R_v), ("k", x_k, R_k)):
            for step, row in enumerate(x):
                # the neurons of all heads are independent: one head at a time is the whole projection
                kernel = [per_head[h] for per_head in W[name]]
                for i, part in enumerate(losses.linear(rule, row, kernel, b[name][h], R_head[step])):
                    R_x[name][step][i] += part
    return y, (R_x["q"], R_x["v"], R_x["k"]), losses
