"""The neurons of linear layers on one sample: output -> (inputs, bias), by the definition of each layer."""

from __future__ import annotations

import itertools
from fractions import Fraction


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
