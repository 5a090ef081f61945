"""The neurons of every layer that takes table rules, from its formula, for the scalar rules of tests/oracles.

    neurons(layer, xs) -> {output index: (inputs, bias)}

for one sample; an input is (index of the input, its index, ...), value, weight. Layers that divide relevance by another
formula are listed in ELSEWHERE with the test that checks them.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from lrp import layers as L
from tests import oracles

ELSEWHERE = {
    "ConvTranspose": "tests/formats: against torch and Keras; its adjoint identity in test_pullback",
    "FisherPooling": "tests/fisher/test_encoder.py",
    "FisherVector": "tests/fisher/test_encoder.py",
    "MaxHistogram": "tests/equations/test_bach2015_bow.py",
    "MeanHistogram": "tests/equations/test_bach2015_bow.py",
    "RBF": "tests/equations/test_bach2015_bow.py",
    "ExponentialChiSquare": "tests/equations/test_bach2015_bow.py",
    "Dot": "tests/properties/test_products.py",
    "MatMul": "tests/properties/test_products.py",
    "Multiply": "tests/properties/test_products.py",
    "MultiHeadAttention": "tests/properties/test_sequences.py",
    "GRU": "tests/properties/test_sequences.py",
    "LSTM": "tests/properties/test_sequences.py",
    "SimpleRNN": "tests/properties/test_sequences.py",
}


def _dense(weight, bias, x):
    """A dense map of the last axis, at every position."""
    result = {}
    for at in np.ndindex(*x.shape[:-1]):
        for k, (rows, b) in oracles.dense_neurons(x[at], weight, bias).items():
            result[(*at, k)] = ([((0, *at, j), v, w) for j, v, w in rows], b)
    return result


def _diagonal(x, w, b):
    """z = w x + b, entry by entry; w and b functions of the index."""
    return {at: ([((0, *at), x[at], w(at))], b(at)) for at in np.ndindex(*x.shape)}


def _windows(x, layer, divisor=None):
    values = {at: x[at] for at in np.ndindex(*x.shape)}
    pads = layer.windows.pads(x.shape[:-1])
    return _first(oracles.pooling_neurons((values, x.shape), layer.size, layer.stride, pads, layer.ceil, divisor))


def _first(neurons):
    """The inputs numbered as those of the first input array."""
    return {
        k: ([(None if j is None else (0, *np.atleast_1d(j)), v, w) for j, v, w in rows], b)
        for k, (rows, b) in neurons.items()
    }


def _positions(x, weight):
    """All spatial positions of each channel."""
    return {
        (c,): ([((0, *at, c), x[(*at, c)], weight) for at in np.ndindex(*x.shape[:-1])], 0) for c in range(x.shape[-1])
    }


def _conv(layer, x):
    values, weights = ({at: a[at] for at in np.ndindex(*a.shape)} for a in (x, layer.weight))
    pads, dilation = layer.windows.pads(x.shape[:-1]), layer.windows.steps
    bias = layer.bias
    return _first(
        oracles.conv_neurons(
            (values, x.shape),
            (weights, layer.weight.shape),
            bias,
            layer.windows.stride,
            pads,
            dilation,
            layer.groups,
            True,
        )
    )


def _sum(layer, xs):
    """A weighted sum of inputs that broadcast."""
    factors = {
        "Add": [Fraction(1)] * len(xs),
        "Average": [Fraction(1, len(xs))] * len(xs),
        "Subtract": [Fraction(1), Fraction(-1)],
    }.get(type(layer).__name__) or [Fraction(repr(c)) for c in layer.coefficients]
    shape = np.broadcast_shapes(*(x.shape for x in xs))
    result = {}
    for at in np.ndindex(*shape):
        rows = []
        for m, x in enumerate(xs):
            source = tuple(0 if n == 1 else i for i, n in zip(at, x.shape))
            rows.append(((m, *source), x[source], factors[m]))
        result[at] = (rows, 0)
    return result


def _lrn(layer, x):
    result = {}
    for at in np.ndindex(*x.shape[:-1]):
        rows = oracles.lrn_neurons(
            x[at], layer.size, Fraction(layer.alpha), int(layer.beta), Fraction(layer.k), layer.longer
        )
        for k, (inputs, _) in rows.items():
            # message = x_j w_jk: an input of 0 has the message 0, whatever its weight
            result[(*at, k)] = ([((0, *at, j), x[(*at, j)], _lrn_weight(layer, x[at], j, k)) for j, _, _ in inputs], 0)
    return result


def _lrn_weight(layer, x, j, k):
    a, beta, c = Fraction(layer.alpha) / layer.size, int(layer.beta), Fraction(layer.k)
    if j == k:
        return (c + a * x[k] * x[k]) ** -beta
    S = c + a * sum(x[i] * x[i] for i in oracles.lrn_window(k, len(x), layer.size, layer.longer))
    return -2 * beta * a * x[k] * x[j] * S ** (-beta - 1)


def _interpolate(layer, x):
    """One axis after the other; the weights of a neuron are products."""
    axes = [oracles.interpolation_neurons([0] * n, k, layer.half_pixel) for n, k in zip(x.shape, layer.size)]
    result = {}
    for at in np.ndindex(*(len(a) for a in axes)):
        for c in range(x.shape[-1]):
            rows = [((), Fraction(1))]
            for axis, i in zip(axes, at):
                rows = [((*p, j), w * v) for p, w in rows for j, _, v in axis[i][0]]
            result[(*at, c)] = ([((0, *p, c), x[(*p, c)], w) for p, w in rows], 0)
    return result


def _masked_mean(layer, xs):
    x, mask = xs
    present = [t for t in range(len(mask)) if mask[t] != 0]
    return {(d,): ([((0, t, d), x[t, d], Fraction(1, len(present))) for t in present], 0) for d in range(x.shape[1])}


def _batch_norm(layer, x):
    w, b = layer.linear.weight, layer.linear.bias
    return _diagonal(x, lambda at: w[at[-1]], lambda at: b[at[-1]])


def _affine(layer, x):
    w = np.broadcast_to(layer.weight, x.shape)
    b = np.broadcast_to(np.zeros(1, object) if layer.bias is None else layer.bias, x.shape)
    return _diagonal(x, lambda at: w[at], lambda at: b[at])


def _kernel(layer, x):
    """f_c = b_c + sum_d (sum_i a_ic k_d(x_id, x_d)): each dimension one input, as a product with 1."""
    k = {
        "LinearKernel": lambda u, v: u * v,
        "HistogramIntersection": min,
        "ChiSquare": lambda u, v: 2 * u * v / (u + v) if u + v else 0,
    }[type(layer).__name__]
    result = {}
    for c in range(layer.coefficients.shape[1]):
        rows = [
            ((0, d), Fraction(1), sum(a[c] * k(u[d], x[d]) for a, u in zip(layer.coefficients, layer.support)))
            for d in range(len(x))
        ]
        result[(c,)] = (rows, layer.bias[c])
    return result


def _sets(layer, x):
    """The normalisations by statistics of the sample, with the spread held fixed."""
    groups = getattr(layer, "groups", None)
    sets = []
    if groups:
        width = x.shape[-1] // groups
        for g in range(groups):
            sets.append([(*at, g * width + c) for at in np.ndindex(*x.shape[:-1]) for c in range(width)])
    else:
        ndim = getattr(layer, "ndim", 1)
        for at in np.ndindex(*x.shape[: x.ndim - ndim]):
            sets.append([(*at, *end) for end in np.ndindex(*x.shape[x.ndim - ndim :])])
    centre = not isinstance(layer, (L.RMSNorm, L.UnitNorm))
    result = {}
    for members in sets:
        values = [x[at] for at in members]
        mean = sum(values) / len(values) if centre else 0
        square = sum((v - mean) ** 2 for v in values)
        spread = (
            max(square, 1e-12) ** 0.5
            if isinstance(layer, L.UnitNorm)
            else (square / len(values) + layer.epsilon) ** 0.5
        )

        def parameter(name, at, otherwise):
            array = getattr(layer, name, None)
            return otherwise if array is None else float(array[at[len(at) - array.ndim :]])

        gamma = [parameter("gamma", at, 1.0) for at in members]
        beta = [parameter("beta", at, 0.0) for at in members]
        for i, (rows, b) in oracles.centred_neurons(values, 1 / spread, gamma, beta, centre).items():
            result[members[i]] = ([((0, *members[j]), v, w) for j, v, w in rows], b)
    return result


BUILDERS = {
    "Add": _sum,
    "Affine": lambda layer, xs: _affine(layer, xs[0]),
    "Average": _sum,
    "AvgPool": lambda layer, xs: _windows(xs[0], layer, "padded" if layer.count_padding else "inside"),
    "BatchNorm": lambda layer, xs: _batch_norm(layer, xs[0]),
    "ChiSquare": lambda layer, xs: _kernel(layer, xs[0]),
    "Conv": lambda layer, xs: _conv(layer, xs[0]),
    "Dense": lambda layer, xs: _dense(layer.weight, layer.bias, xs[0]),
    "GlobalAvgPool": lambda layer, xs: _positions(xs[0], 1 / Fraction(int(np.prod(xs[0].shape[:-1])))),
    "GlobalMaxPool": lambda layer, xs: _positions(xs[0], Fraction(1)),
    "GlobalSumPool": lambda layer, xs: _positions(xs[0], Fraction(1)),
    "GroupNorm": lambda layer, xs: _sets(layer, xs[0]),
    "HistogramIntersection": lambda layer, xs: _kernel(layer, xs[0]),
    "Interpolate": lambda layer, xs: _interpolate(layer, xs[0]),
    "LRN": lambda layer, xs: _lrn(layer, xs[0]),
    "LayerNorm": lambda layer, xs: _sets(layer, xs[0]),
    "LinearKernel": lambda layer, xs: _kernel(layer, xs[0]),
    "LinearSVM": lambda layer, xs: _dense(layer.weight, layer.bias, xs[0]),
    "MaskedMean": _masked_mean,
    "MaxPool": lambda layer, xs: _windows(xs[0], layer),
    "PCA": lambda layer, xs: _dense(layer.dense.weight, layer.dense.bias, xs[0]),
    "RMSNorm": lambda layer, xs: _sets(layer, xs[0]),
    "Subtract": _sum,
    "SumPool": lambda layer, xs: _windows(xs[0], layer),
    "UnitNorm": lambda layer, xs: _sets(layer, xs[0]),
    "WeightedAdd": _sum,
}


def neurons(layer, xs):
    """The neurons of one sample of the inputs; the bias of a layer without one is None."""
    found = BUILDERS[type(layer).__name__](layer, xs)
    biases = {"BatchNorm": True, "PCA": True, "GroupNorm": getattr(layer, "beta", None) is not None}
    biases["LayerNorm"] = biases["GroupNorm"]
    has_bias = biases.get(type(layer).__name__, getattr(layer, "bias", None) is not None)
    return {k: (rows, b if has_bias else None) for k, (rows, b) in found.items()}


MEANS = (L.AvgPool, L.MaskedMean)  # flat and w_square read every weight of a mean as 1/N
