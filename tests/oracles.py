"""Scalar loops over Python numbers, written from the papers; imports nothing of lrp.

A neuron is a list of contributions: (input number j, x_j, w_jk), and a bias. Every rule returns the messages
R_{j<-k} of one neuron by input number, and what its bias, its stabilizer and 0/0 took.
"""

from __future__ import annotations

import itertools
import math
from fractions import Fraction


def pos(a):
    return a if a > 0 else 0 * a


def neg(a):
    return a if a < 0 else 0 * a


def divide(numerators, bias, stabilizer_of, relevance):
    """R * numerator / stabilised sum for each input, the bias and the stabilizer; all dropped where that sum is 0."""
    z = sum(numerators.values()) + bias
    shift = stabilizer_of(z)
    if z + shift == 0:
        return {j: 0 * relevance for j in numerators}, 0, 0, relevance
    factor = relevance / (z + shift)
    return {j: n * factor for j, n in numerators.items()}, bias * factor, shift * factor, 0


def add(*divided):
    """The sum of several divisions: messages, bias, stabilizer, dropped."""
    messages = {j: sum(d[0][j] for d in divided) for j in divided[0][0]}
    return messages, sum(d[1] for d in divided), sum(d[2] for d in divided), sum(d[3] for d in divided)


def signed(eps):
    return lambda z: eps if z >= 0 else -eps


def rule_epsilon(inputs, bias, R, eps=0):
    """Bach et al. 2015, Eqs. (56) and (58)."""
    return divide({j: x * w for j, x, w in inputs}, bias, signed(eps), R)


def rule_alpha_beta(inputs, bias, R, alpha, beta, eps=0):
    """Bach et al. 2015, Eq. (60), beta >= 0."""
    plus = divide({j: pos(x * w) for j, x, w in inputs}, pos(bias), signed(eps), alpha * R)
    if beta == 0:
        return plus
    minus = divide({j: neg(x * w) for j, x, w in inputs}, neg(bias), signed(eps), -beta * R)
    return add(plus, minus)


def rule_gamma(inputs, bias, R, g, eps=0):
    """Montavon et al. 2019, gamma rule, for inputs and outputs of either sign."""
    z = sum(x * w for _, x, w in inputs) + bias
    if z == 0:
        return {j: 0 * R for j, _, _ in inputs}, 0, 0, R
    part = pos if z > 0 else neg
    return divide({j: x * w + g * part(x * w) for j, x, w in inputs}, bias + g * part(bias), signed(eps), R)


def rule_w_square(inputs, bias, R):
    """Montavon et al. 2017, w^2 rule."""
    return divide({j: w * w for j, _, w in inputs}, 0, signed(0), R)


def rule_flat(inputs, bias, R):
    """1/N for the N connected inputs."""
    return divide({j: Fraction(1) for j, _, _ in inputs}, 0, signed(0), R)


def rule_z_box(inputs, bias, R, low, high):
    """Montavon et al. 2017, z^B rule; low and high by input number."""
    return divide({j: x * w - low(j) * pos(w) - high(j) * neg(w) for j, x, w in inputs}, 0, signed(0), R)


def spread(divided):
    """Bias and stabilizer relevance to the neuron's inputs in equal parts (Arras et al. 2016)."""
    messages, bias, stabilizer, dropped = divided
    if not messages:
        return messages, bias + stabilizer, 0, dropped
    each = (bias + stabilizer) / Fraction(len(messages)) if messages else 0
    return {j: m + each for j, m in messages.items()}, 0, 0, dropped


def renormalised_alpha_beta(inputs, bias, R, alpha, beta):
    """Eq. (60) with alpha = 1 for a neuron that has only one of the two sides."""
    has_plus = sum(pos(x * w) for _, x, w in inputs) + pos(bias) != 0
    has_minus = sum(neg(x * w) for _, x, w in inputs) + neg(bias) != 0
    if has_plus and has_minus:
        return rule_alpha_beta(inputs, bias, R, alpha, beta)
    if has_plus:
        return rule_alpha_beta(inputs, bias, R, 1, 0)
    if has_minus and beta != 0:
        return divide({j: neg(x * w) for j, x, w in inputs}, neg(bias), signed(0), R)
    return {j: 0 * R for j, _, _ in inputs}, 0, 0, R


def propagate(neurons, relevances, rule):
    """All neurons of a layer by one rule: relevance by input number, and the totals of bias, stabilizer, dropped.

    neurons: output number -> (inputs, bias); relevances: output number -> R.
    """
    total, bias, stabilizer, dropped = {}, 0, 0, 0
    for k, (inputs, b) in neurons.items():
        messages, took, stab, lost = rule(inputs, b, relevances[k])
        for j, message in messages.items():
            total[j] = total.get(j, 0) + message
        bias, stabilizer, dropped = bias + took, stabilizer + stab, dropped + lost
    return total, bias, stabilizer, dropped


def dense_neurons(x, weight, bias):
    """The neurons of one sample: x (in,), weight (in, out), bias (out,) or None, as nested lists."""
    return {
        k: ([(j, x[j], weight[j][k]) for j in range(len(x))], bias[k] if bias is not None else 0)
        for k in range(len(weight[0]))
    }


def conv_neurons(x, weight, bias, stride, pads, dilation, groups, with_padding=False):
    """The neurons of a convolution on one sample, by the definition of a sum over taps.

    x: indexable x[position][channel] through a dict {(position..., channel): value}, with its shape; weight likewise.
    with_padding: positions in zero padding are listed as the input None.
    """
    values, shape = x
    weights, wshape = weight
    axes, (cin, cout) = len(shape) - 1, wshape[-2:]
    lengths = []
    for a in range(axes):
        extent = (wshape[a] - 1) * dilation[a] + 1
        lengths.append((shape[a] + sum(pads[a]) - extent) // stride[a] + 1)
    neurons = {}
    for q in itertools.product(*map(range, lengths)):
        for f in range(cout):
            group = f // (cout // groups)
            inputs = []
            for tau in itertools.product(*map(range, wshape[:axes])):
                p = tuple(q[a] * stride[a] + tau[a] * dilation[a] - pads[a][0] for a in range(axes))
                if all(0 <= p[a] < shape[a] for a in range(axes)):
                    for c in range(cin):
                        inputs.append(((*p, group * cin + c), values[(*p, group * cin + c)], weights[(*tau, c, f)]))
                elif with_padding:
                    inputs += [(None, 0, weights[(*tau, c, f)]) for c in range(cin)]
            neurons[(*q, f)] = (inputs, bias[f] if bias is not None else 0)
    return neurons


def lrn_neurons(x, size, alpha, beta, k, longer="after"):
    """Binder et al. 2016: the messages' numerators of LRN across channels at one position, as inputs with weight 1.

    own: x_k (k + a x_k^2)^-beta; neighbour j: -2 beta a x_k x_j^2 (k + a sum x^2)^(-beta-1), a = alpha / size.
    """
    a = alpha / Fraction(size) if isinstance(alpha, Fraction) else alpha / size
    neurons = {}
    for i in range(len(x)):
        window = lrn_window(i, len(x), size, longer)
        S = k + a * sum(x[j] * x[j] for j in window)
        inputs = []
        for j in window:
            if j == i:
                inputs.append((j, x[i] * (k + a * x[i] * x[i]) ** -beta, 1))
            else:
                inputs.append((j, -2 * beta * a * x[i] * x[j] * x[j] * S ** (-beta - 1), 1))
        neurons[i] = (inputs, 0)
    return neurons


def lrn_value(x, size, alpha, beta, k, longer="after"):
    """y_i = x_i (k + alpha/size sum of the window's squares)^-beta."""
    result = []
    for i in range(len(x)):
        window = [x[j] for j in lrn_window(i, len(x), size, longer)]
        result.append(x[i] * (k + alpha / size * sum(v * v for v in window)) ** -beta)
    return result


# ---- rules with every option ----


def stabilized(z, eps=0, stab="sign", zero=None):
    """stab(z) in each of its modes."""
    if z == 0 and zero is not None:
        return zero
    sign = 1 if z >= 0 else -1
    return {"sign": z + sign * eps, "plus": z + eps, "clip": sign * max(abs(z), eps), "one": 1 + 0 * z}[stab]


def group_parts(name, numbers, options, x, w):
    """What a connection with input x and weight w adds to the z of each group of a rule: a list of numbers.

    In a mean (options["mean"]) flat and w_square read every weight as 1/N.
    """
    if options.get("mean") and name in ("w_square", "flat"):
        return [w]
    sign, p = options.get("sign", "product"), x * w
    if sign == "positive":
        x, p = pos(x), pos(x) * w
    above, below = (pos(p), neg(p)) if sign == "product" else (x * pos(w), x * neg(w))
    if name in ("zero", "epsilon"):
        return [p]
    if name == "gamma":
        (g,) = numbers
        both = [p + g * above, p + g * below]
        return both if sign == "product" else both[:1]
    if name == "alpha_beta":
        return [above, below] if numbers[1] != 0 else [above]
    if name == "z_plus":
        return [above]
    if name == "w_square":
        return [w * w]
    if name == "flat":
        return [Fraction(1)]
    low, high = numbers
    return [p - low * pos(w) - high * neg(w)]


def any_rule(name, numbers=(), **options):
    """A rule of the catalogue with its options, as a function of one neuron's inputs, bias and R; see rule_epsilon.

    An input of the number None lies in zero padding: it counts with padding="count" alone, and its message is dropped.
    A bias of None is no bias; one of 0 is an input like any other.
    """
    stated = options.get("bias", "off" if name in ("w_square", "flat", "z_box") else "on")

    def rule(inputs, b, R):
        with_bias = "off" if b is None else stated
        b = b or 0
        z = sum(x * w for _, x, w in inputs) + (b if with_bias != "off" or options.get("gate") == "layer" else 0)
        if options.get("padding") != "count":
            inputs = [i for i in inputs if i[0] is not None]
        parts = [(j, group_parts(name, numbers, options, x, w)) for j, x, w in inputs]
        as_input = group_parts(name, (1, 1) if name == "z_box" else numbers, options, 1, b)
        if with_bias == "whole":
            as_input = [b * b if name == "w_square" else 1 if name == "flat" else b] * len(as_input)
        count = len(as_input)
        factors = {"alpha_beta": [numbers[0], -numbers[1]] if name == "alpha_beta" else None}.get(name, [1] * count)
        factors = [1] * count if name == "gamma" else factors[:count]
        opened = [z > 0, z < 0] if name == "gamma" and count == 2 else [True] * count
        divided = []
        for g in range(count):
            bias_part = as_input[g] if with_bias != "off" else 0
            z_g = sum(p[g] for _, p in parts) + bias_part
            eps = options.get("eps", numbers[0] if name == "epsilon" else 0)
            full = stabilized(z_g, eps, options.get("stab", "sign"), options.get("zero"))
            divided.append((factors[g], opened[g] and full != 0, bias_part, full - z_g, full))
        active = sum(f for f, defined, *_ in divided if defined)
        scale = 1
        if options.get("one_sided") == "renormalise":
            scale = 1 / Fraction(active) if active != 0 else 0
        dropped = R * (1 - active * scale)
        messages, bias, stabilizer = {j: 0 * R for j, _ in parts if j is not None}, 0, 0
        for g, (factor, defined, bias_part, shift, full) in enumerate(divided):
            if not defined:
                continue
            s = scale * factor * R / full
            for j, p in parts:
                if j is None:
                    dropped += p[g] * s
                else:
                    messages[j] = messages[j] + p[g] * s
            bias, stabilizer = bias + bias_part * s, stabilizer + shift * s
        result = messages, bias, stabilizer, dropped
        return spread(result) if options.get("sink") == "spread" else result

    return rule


# ---- pooling, normalisation, interpolation, as neurons ----


def pooling_neurons(x, size, stride, pads, ceil=False, divisor=None):
    """Sums over windows of one sample, x as in conv_neurons; divisor: None for sums, "inside" or "padded" for means.

    "inside" counts the entries of the picture, "padded" those of the stated padding too. With ceil the last window may
    exceed the padded end, if it starts inside the picture or the padding before it.
    """
    values, shape = x
    axes, lengths = len(shape) - 1, []
    for a in range(axes):
        room = shape[a] + sum(pads[a]) - size[a]
        count = room // stride[a] + 1
        if ceil and room % stride[a] and count * stride[a] < shape[a] + pads[a][0]:
            count += 1
        lengths.append(count)
    neurons = {}
    for q in itertools.product(*map(range, lengths)):
        for c in range(shape[-1]):
            positions, counted = [], 0
            for tau in itertools.product(*map(range, size)):
                p = tuple(q[a] * stride[a] + tau[a] - pads[a][0] for a in range(axes))
                inside = all(0 <= p[a] < shape[a] for a in range(axes))
                counted += inside or (divisor == "padded" and all(p[a] < shape[a] + pads[a][1] for a in range(axes)))
                positions.append((*p, c) if inside else None)
            w = 1 / Fraction(counted) if divisor else Fraction(1)
            neurons[(*q, c)] = ([(p, values[p] if p else Fraction(0), w) for p in positions], 0)
    return neurons


def lrn_window(i, length, size, longer="after"):
    """The neighbours of neuron i, itself included."""
    before = (size - 1) // 2 if longer == "after" else size // 2
    return [j for j in range(i - before, i - before + size) if 0 <= j < length]


def interpolation_neurons(x, size, half_pixel=True):
    """Linear interpolation of one axis between the two nearest entries, constant beyond the ends: x a list."""
    neurons, last = {}, len(x) - 1
    for i in range(len(x) * size):
        place = (i + Fraction(1, 2)) / size - Fraction(1, 2) if half_pixel else Fraction(i, size)
        place = min(max(place, Fraction(0)), Fraction(last))
        low = int(place)
        rows = [(low, x[low], 1 - (place - low))] + ([(low + 1, x[low + 1], place - low)] if place != low else [])
        neurons[i] = (rows, 0)
    return neurons


def centred_neurons(x, scale, gamma, beta, centre):
    """gamma_i (x_i - mean x) scale + beta_i (or without the mean) for one set of entries, the scale held fixed."""
    neurons = {}
    for i in range(len(x)):
        if centre:
            rows = [(j, x[j], gamma[i] * scale * ((i == j) - 1 / len(x))) for j in range(len(x))]
        else:
            rows = [(i, x[i], gamma[i] * scale)]
        neurons[i] = (rows, beta[i])
    return neurons


# ---- recurrent layers and attention: values and relevance ----


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

    def halves(terms, z, R_z):
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
                for s, half in halves(terms, O[h][t][d], R_merged[t][h * size + d]).items():
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
                for d, half in halves(terms, score, R_S).items():
                    R_q[t][d] += half
                    R_k[s][d] += half
        for name, x, R_head in (("q", x_q, R_q), ("v", x_v, R_v), ("k", x_k, R_k)):
            for step, row in enumerate(x):
                # the neurons of all heads are independent: one head at a time is the whole projection
                kernel = [per_head[h] for per_head in W[name]]
                for i, part in enumerate(losses.linear(rule, row, kernel, b[name][h], R_head[step])):
                    R_x[name][step][i] += part
    return y, (R_x["q"], R_x["v"], R_x["k"]), losses
