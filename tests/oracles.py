"""Scalar loops over Python numbers, written from the papers; imports nothing of lrp.

A neuron is a list of contributions: (input number j, x_j, w_jk), and a bias. Every rule returns the messages
R_{j<-k} of one neuron by input number, and what its bias, its stabilizer and 0/0 took.
"""

from __future__ import annotations

import itertools
from fractions import Fraction


def pos(a):
    return a if a > 0 else 0 * a


def neg(a):
    return a if a < 0 else 0 * a


def share(numerators, bias, stabilizer_of, relevance):
    """R * numerator / stabilised sum for each input, the bias and the stabilizer; all dropped where that sum is 0."""
    z = sum(numerators.values()) + bias
    shift = stabilizer_of(z)
    if z + shift == 0:
        return {j: 0 * relevance for j in numerators}, 0, 0, relevance
    factor = relevance / (z + shift)
    return {j: n * factor for j, n in numerators.items()}, bias * factor, shift * factor, 0


def add(*shares):
    """The sum of shares: messages, bias, stabilizer, dropped."""
    messages = {j: sum(s[0][j] for s in shares) for j in shares[0][0]}
    return messages, sum(s[1] for s in shares), sum(s[2] for s in shares), sum(s[3] for s in shares)


def signed(eps):
    return lambda z: eps if z >= 0 else -eps


def rule_epsilon(inputs, bias, R, eps=0):
    """Bach et al. 2015, Eqs. (56) and (58)."""
    return share({j: x * w for j, x, w in inputs}, bias, signed(eps), R)


def rule_alpha_beta(inputs, bias, R, alpha, beta, eps=0):
    """Bach et al. 2015, Eq. (60), beta >= 0."""
    plus = share({j: pos(x * w) for j, x, w in inputs}, pos(bias), signed(eps), alpha * R)
    if beta == 0:
        return plus
    minus = share({j: neg(x * w) for j, x, w in inputs}, neg(bias), signed(eps), -beta * R)
    return add(plus, minus)


def rule_gamma(inputs, bias, R, g, eps=0):
    """Montavon et al. 2019, gamma rule, for inputs and outputs of either sign."""
    z = sum(x * w for _, x, w in inputs) + bias
    if z == 0:
        return {j: 0 * R for j, _, _ in inputs}, 0, 0, R
    part = pos if z > 0 else neg
    return share({j: x * w + g * part(x * w) for j, x, w in inputs}, bias + g * part(bias), signed(eps), R)


def rule_w_square(inputs, bias, R):
    """Montavon et al. 2017, w^2 rule."""
    return share({j: w * w for j, _, w in inputs}, 0, signed(0), R)


def rule_flat(inputs, bias, R):
    """1/N for the N connected inputs."""
    return share({j: Fraction(1) for j, _, _ in inputs}, 0, signed(0), R)


def rule_z_box(inputs, bias, R, low, high):
    """Montavon et al. 2017, z^B rule; low and high by input number."""
    return share({j: x * w - low(j) * pos(w) - high(j) * neg(w) for j, x, w in inputs}, 0, signed(0), R)


def spread(share_of_neuron):
    """Bias and stabilizer relevance to the neuron's inputs in equal parts (Arras et al. 2016)."""
    messages, bias, stabilizer, dropped = share_of_neuron
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
        return share({j: neg(x * w) for j, x, w in inputs}, neg(bias), signed(0), R)
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


def conv_neurons(x, weight, bias, stride, pads, dilation, groups):
    """The neurons of a convolution on one sample, by the definition of a sum over taps.

    x: indexable x[position][channel] through a dict {(position..., channel): value}, with its shape; weight likewise.
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
            neurons[(*q, f)] = (inputs, bias[f] if bias is not None else 0)
    return neurons


def lrn_neurons(x, size, alpha, beta, k):
    """Binder et al. 2016: the messages' numerators of LRN across channels at one position, as inputs with weight 1.

    own: x_k (k + a x_k^2)^-beta; neighbour j: -2 beta a x_k x_j^2 (k + a sum x^2)^(-beta-1), a = alpha / size.
    """
    a, before = alpha / Fraction(size) if isinstance(alpha, Fraction) else alpha / size, (size - 1) // 2
    neurons = {}
    for i in range(len(x)):
        window = [j for j in range(i - before, i - before + size) if 0 <= j < len(x)]
        S = k + a * sum(x[j] * x[j] for j in window)
        inputs = []
        for j in window:
            if j == i:
                inputs.append((j, x[i] * (k + a * x[i] * x[i]) ** -beta, 1))
            else:
                inputs.append((j, -2 * beta * a * x[i] * x[j] * x[j] * S ** (-beta - 1), 1))
        neurons[i] = (inputs, 0)
    return neurons


def lrn_value(x, size, alpha, beta, k):
    """y_i = x_i (k + alpha/size sum of the window's squares)^-beta."""
    before = (size - 1) // 2
    result = []
    for i in range(len(x)):
        window = [x[j] for j in range(i - before, i - before + size) if 0 <= j < len(x)]
        result.append(x[i] * (k + alpha / size * sum(v * v for v in window)) ** -beta)
    return result
