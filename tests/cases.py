"""The registries of the property tests: a case for every layer class and every rule, from which all tests are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from lrp import layers as L
from lrp.rules import LinearRule, Rule, parse

Rng = np.random.Generator


@dataclass(frozen=True)
class LayerCase:
    """A layer and the shapes of its inputs, one sample each; `tokens` for inputs that are whole numbers below it."""

    name: str
    build: Callable[[Rng], L.Layer]
    shapes: tuple[tuple[int, ...], ...]
    exact: bool = True
    tokens: int = 0
    domain: Callable[[np.ndarray], np.ndarray] = np.asarray  # from any numbers to those that the layer takes
    binary: tuple[int, ...] = ()  # the inputs that are masks of 0 and 1

    def inputs(self, rng: Rng, n: int = 2, dtype: str = "float64") -> tuple[np.ndarray, ...]:
        """Random inputs of both signs with exact zeros among them."""
        if self.tokens:
            return tuple(rng.integers(0, self.tokens, size=(n, *shape)) for shape in self.shapes)
        inputs = [self.domain(numbers(rng, (n, *shape), dtype)) for shape in self.shapes]
        return tuple(x if k not in self.binary else (x != 0) * (x * 0 + 1) for k, x in enumerate(inputs))


def numbers(rng: Rng, shape: tuple[int, ...], dtype: str = "float64") -> np.ndarray:
    """Random numbers of both signs, one in eight exactly 0; small Fractions for "exact".

    Their denominators are powers of 2, so that floats hold them exactly and see the same zeros.
    """
    if dtype == "exact":
        top, bottom = rng.integers(-6, 7, size=shape), 2 ** rng.integers(0, 3, size=shape)
        result = np.empty(shape, dtype=object)
        for index in np.ndindex(*shape):
            result[index] = Fraction(int(top[index]), int(bottom[index]))
        return result
    values = rng.normal(size=shape)
    return (values * (rng.random(shape) > 1 / 8)).astype(dtype)


def weight(rng: Rng, *shape: int) -> np.ndarray:
    return numbers(rng, shape)


def mixture(rng: Rng) -> tuple[np.ndarray, ...]:
    """Priors, means and variances of a Gaussian mixture of 3 components in 2 dimensions."""
    return np.array([0.5, 0.2, 0.3]), rng.normal(size=(3, 2)), rng.uniform(0.5, 2, size=(3, 2))


def _norm(rng: Rng, c: int, full: bool = True) -> L.BatchNorm:
    gamma = rng.normal(size=c) if full else None
    beta = rng.normal(size=c) if full else None
    return L.BatchNorm(rng.normal(size=c), rng.uniform(0.5, 2, size=c), gamma, beta, 1e-3)


def _cell(rng: Rng, kind: type[L.Layer], more: dict) -> L.Layer:
    """A recurrent layer of 3 inputs and 2 units."""
    blocks = kind.blocks
    bias = (2, 6) if kind is L.GRU and more.get("reset_after", True) else (2 * blocks,)
    return kind(weight(rng, 3, 2 * blocks), weight(rng, 2, 2 * blocks), weight(rng, *bias), **more)


def _attention(rng: Rng, **more: object) -> L.MultiHeadAttention:
    """Two heads: queries of 3 features, values of 2, keys of 7."""
    kernels = [weight(rng, *shape) for shape in ((3, 2, 5), (7, 2, 5), (2, 2, 3), (2, 3, 5))]
    biases = [weight(rng, *shape) for shape in ((2, 5), (2, 5), (2, 3), (5,))]
    return L.MultiHeadAttention(*kernels, *biases, **more)


def _between_0_and_1(x: np.ndarray) -> np.ndarray:
    """|x| / (1 + |x|): positions in a picture."""
    return np.abs(x) / (1 + np.abs(x))


CASES: tuple[LayerCase, ...] = (
    LayerCase("dense", lambda r: L.Dense(weight(r, 5, 7), weight(r, 7)), ((5,),)),
    LayerCase("dense-no-bias", lambda r: L.Dense(weight(r, 5, 7)), ((5,),)),
    LayerCase("dense-time", lambda r: L.Dense(weight(r, 5, 2), weight(r, 2)), ((3, 5),)),
    LayerCase("dense-dead", lambda r: L.Dense(weight(r, 5, 3) * np.array([1, 0, 1]), np.array([0.5, 0.0, -1.0])), ((5,),)),
    LayerCase("conv1d", lambda r: L.Conv(weight(r, 2, 3, 5), weight(r, 5)), ((7, 3),)),
    LayerCase("conv2d", lambda r: L.Conv(weight(r, 2, 3, 3, 5), weight(r, 5), stride=(1, 2), padding="same"), ((5, 7, 3),)),
    LayerCase(
        "conv2d-asymmetric",
        lambda r: L.Conv(weight(r, 3, 2, 2, 3), weight(r, 3), stride=(2, 1), padding=((0, 2), (1, 0)), dilation=(1, 2)),
        ((5, 7, 2),),
    ),
    LayerCase("conv2d-groups", lambda r: L.Conv(weight(r, 2, 2, 2, 6), weight(r, 6), groups=2), ((3, 5, 4),)),
    LayerCase("conv2d-depthwise", lambda r: L.Conv(weight(r, 2, 3, 1, 6), weight(r, 6), padding=1, groups=3), ((5, 4, 3),)),
    LayerCase("conv3d", lambda r: L.Conv(weight(r, 2, 1, 2, 2, 3), weight(r, 3), stride=(1, 2, 1)), ((3, 4, 5, 2),)),
    LayerCase("sum-pool", lambda r: L.SumPool((2, 3), (1, 2), ((1, 0), (0, 1))), ((5, 7, 2),)),
    LayerCase("avg-pool", lambda r: L.AvgPool((3, 2), (2, 1), "same"), ((5, 7, 2),)),
    LayerCase("avg-pool-counted", lambda r: L.AvgPool(3, 2, 1, ceil=True, count_padding=True), ((6, 7, 2),)),
    LayerCase("max-pool", lambda r: L.MaxPool(2), ((5, 7, 2),)),
    LayerCase("max-pool-overlap", lambda r: L.MaxPool(3, 2, 1, ceil=True), ((6, 7, 2),)),
    LayerCase("max-pool-1d", lambda r: L.MaxPool((3,), (2,)), ((7, 2),)),
    LayerCase("global-max", lambda r: L.GlobalMaxPool(), ((5, 3, 2),)),
    LayerCase("global-avg", lambda r: L.GlobalAvgPool(), ((5, 3, 2),)),
    LayerCase("global-avg-keep", lambda r: L.GlobalAvgPool(keepdims=True), ((5, 3, 2),)),
    LayerCase("global-sum", lambda r: L.GlobalSumPool(), ((7, 2),)),
    LayerCase("norm-pool-1", lambda r: L.PNormPool(3, 1), ((15,),)),
    LayerCase("norm-pool-2", lambda r: L.PNormPool(5, 2), ((15,),), exact=False),
    LayerCase("norm-pool-max", lambda r: L.PNormPool(3, np.inf), ((15,),)),
    LayerCase("lrn", lambda r: L.LRN(3, 0.7, 0.75, 1.5), ((3, 2, 7),), exact=False),
    LayerCase("lrn-whole-power", lambda r: L.LRN(5, Fraction(1, 2), 2, 1), ((2, 7),)),
    LayerCase("lrn-even", lambda r: L.LRN(4, 0.7, 0.75), ((2, 7),), exact=False),
    LayerCase("lrn-even-before", lambda r: L.LRN(4, Fraction(3, 2), 1, longer="before"), ((2, 7),)),
    LayerCase("lrn-within", lambda r: L.LRN(3, 0.7, 0.5, within_channel=True), ((5, 3, 2),), exact=False),
    LayerCase("batch-norm", lambda r: _norm(r, 3), ((2, 5, 3),)),
    LayerCase("batch-norm-bare", lambda r: _norm(r, 3, full=False), ((3,),)),
    LayerCase("relu", lambda r: L.ReLU(), ((5, 3),)),
    LayerCase("relu6", lambda r: L.ReLU(Fraction(1, 2)), ((5, 3),)),
    LayerCase("leaky-relu", lambda r: L.LeakyReLU(0.1), ((5, 3),)),
    LayerCase("prelu", lambda r: L.PReLU(weight(r, 3)), ((5, 3),)),
    LayerCase("elu", lambda r: L.ELU(0.5), ((5, 3),), exact=False),
    LayerCase("linear", lambda r: L.Linear(), ((5, 3),)),
    LayerCase("tanh", lambda r: L.Tanh(), ((5, 3),), exact=False),
    LayerCase("sigmoid", lambda r: L.Sigmoid(), ((5, 3),), exact=False),
    LayerCase("softplus", lambda r: L.Softplus(), ((5, 3),), exact=False),
    LayerCase("silu", lambda r: L.SiLU(), ((5, 3),), exact=False),
    LayerCase("gelu", lambda r: L.GELU(), ((5, 3),), exact=False),
    LayerCase("gelu-tanh", lambda r: L.GELU(approximate=True), ((5, 3),), exact=False),
    LayerCase("softmax", lambda r: L.Softmax(), ((5, 3),), exact=False),
    LayerCase("softmax-axis", lambda r: L.Softmax(axis=1), ((5, 3),), exact=False),
    LayerCase("flatten", lambda r: L.Flatten(), ((2, 3, 5),)),
    LayerCase("reshape", lambda r: L.Reshape((5, -1)), ((2, 3, 5),)),
    LayerCase("permute", lambda r: L.Permute((3, 1, 2)), ((2, 3, 5),)),
    LayerCase("zero-pad", lambda r: L.ZeroPad(((1, 2), (0, 3))), ((3, 5, 2),)),
    LayerCase("crop", lambda r: L.Crop(((1, 2), (0, 3))), ((5, 7, 2),)),
    LayerCase("up-sample", lambda r: L.UpSample((2, 3)), ((3, 5, 2),)),
    LayerCase("dropout", lambda r: L.Dropout(0.3), ((3, 5),)),
    LayerCase("input", lambda r: L.Input((3, 5)), ()),
    LayerCase("add", lambda r: L.Add(), ((3, 5), (3, 5), (3, 5))),
    LayerCase("add-repeated", lambda r: L.Add(), ((3, 5, 2), (1, 1, 2))),
    LayerCase("average", lambda r: L.Average(), ((3, 5), (3, 5), (3, 5))),
    LayerCase("concat", lambda r: L.Concat(), ((3, 5), (3, 2))),
    LayerCase("concat-rows", lambda r: L.Concat(axis=1), ((3, 5), (2, 5))),
    LayerCase("multiply", lambda r: L.Multiply(), ((3, 5), (3, 5), (3, 5))),
    LayerCase("multiply-gate", lambda r: L.Multiply(), ((3, 5, 2), (1, 1, 2))),
    LayerCase("abs", lambda r: L.Abs(), ((5, 3),)),
    LayerCase("log", lambda r: L.Log(), ((5, 3),), exact=False, domain=lambda x: np.abs(x) + 0.5),
    LayerCase("erf", lambda r: L.Erf(), ((5, 3),), exact=False),
    LayerCase("log-softmax", lambda r: L.LogSoftmax(), ((5, 3),), exact=False),
    LayerCase("weighted-add", lambda r: L.WeightedAdd((1.0, -0.5, 2.0)), ((5, 3), (5, 3), (5, 1))),
    LayerCase("mask", lambda r: L.Mask(), ((5, 3), (5,))),  # a token of 0 is padding, and one in eight is
    *(
        LayerCase(name, lambda r, make=make: make(), ((5, 3),), exact=exact)
        for name, make, exact in (
            ("softsign", L.Softsign, True),
            ("selu", L.SELU, False),
            ("celu", lambda: L.CELU(0.5), False),
            ("exponential", L.Exponential, False),
            ("hard-sigmoid", L.HardSigmoid, True),
            ("hard-sigmoid-6", lambda: L.HardSigmoid(Fraction(1, 6)), True),
            ("hard-silu", L.HardSiLU, True),
            ("hard-tanh", lambda: L.HardTanh(-0.5, 0.75), True),
            ("threshold-relu", lambda: L.ThresholdReLU(1.5, 0.25, 0.125), True),
            ("threshold-relu-open", lambda: L.ThresholdReLU(None, 0.25, -0.125), True),
            ("threshold", lambda: L.Threshold(0.3, 0.1), True),
            ("hard-shrink", lambda: L.HardShrink(0.3), True),
            ("soft-shrink", lambda: L.SoftShrink(0.3), True),
            ("tanh-shrink", L.TanhShrink, False),
            ("mish", L.Mish, False),
            ("log-sigmoid", L.LogSigmoid, False),
            ("squareplus", L.Squareplus, False),
            ("sparse-plus", L.SparsePlus, True),
            ("power", lambda: L.Power(2, 0.5, -1.0), True),
            ("gelu-single", lambda: L.GELU(single=True), False),
        )
    ),
    LayerCase("affine", lambda r: L.Affine(weight(r, 3), weight(r, 3)), ((5, 3),)),
    LayerCase("affine-number", lambda r: L.Affine(np.array(-0.5), np.array(0.25)), ((5, 3),)),
    LayerCase("affine-map", lambda r: L.Affine(weight(r, 5, 1)), ((5, 3),)),
    LayerCase("conv-transpose", lambda r: L.ConvTranspose(weight(r, 2, 3, 5, 3), weight(r, 5), (2, 1)), ((4, 5, 3),)),
    LayerCase(
        "conv-transpose-cut",
        lambda r: L.ConvTranspose(weight(r, 3, 5, 2), weight(r, 5), 2, ((1, 1),), (1,), 2),
        ((4, 2),),
    ),
    LayerCase(
        "conv-transpose-asymmetric",
        lambda r: L.ConvTranspose(weight(r, 2, 2, 2, 4), weight(r, 4), (3, 2), 0, (1, 0), groups=2),
        ((2, 3, 4),),
    ),
    LayerCase("interpolate", lambda r: L.Interpolate((2, 4)), ((3, 4, 2),)),
    LayerCase("interpolate-corner", lambda r: L.Interpolate((4,), half_pixel=False), ((4, 2),)),
    LayerCase("slice", lambda r: L.Slice(((1, None, 2), -1)), ((5, 3, 2),)),
    LayerCase("slice-reversed", lambda r: L.Slice(((None, None, -1),)), ((5, 3),)),
    LayerCase("repeat-vector", lambda r: L.RepeatVector(4), ((3,),)),
    LayerCase("subtract", lambda r: L.Subtract(), ((3, 5), (3, 5))),
    LayerCase("maximum", lambda r: L.Maximum(), ((3, 5), (3, 5), (1, 5))),
    LayerCase("minimum", lambda r: L.Minimum(), ((3, 5), (3, 5))),
    LayerCase("matmul", lambda r: L.MatMul(), ((3, 5), (5, 2))),
    LayerCase("matmul-transpose", lambda r: L.MatMul(transpose=True), ((2, 3, 5), (2, 7, 5))),
    LayerCase("dot", lambda r: L.Dot(2, 1), ((3, 5), (5, 2))),
    LayerCase("dot-vectors", lambda r: L.Dot(1, 1), ((5,), (5,))),
    LayerCase("layer-norm", lambda r: L.LayerNorm(1, r.normal(size=5), r.normal(size=5)), ((3, 5),), exact=False),
    LayerCase("layer-norm-two", lambda r: L.LayerNorm(2, None, r.normal(size=(3, 5))), ((2, 3, 5),), exact=False),
    LayerCase("group-norm", lambda r: L.GroupNorm(2, r.normal(size=6), r.normal(size=6)), ((3, 2, 6),), exact=False),
    LayerCase("group-norm-bare", lambda r: L.GroupNorm(1), ((5, 3),), exact=False),
    LayerCase("rms-norm", lambda r: L.RMSNorm(r.normal(size=5)), ((3, 5),), exact=False),
    LayerCase("unit-norm", lambda r: L.UnitNorm(), ((3, 5),), exact=False),
    LayerCase("token-mask", lambda r: L.TokenMask(), ((5,),)),
    LayerCase("feature-mask", lambda r: L.FeatureMask(), ((5, 2),)),
    LayerCase("masking", lambda r: L.Masking(), ((5, 3), (5,))),
    LayerCase("masked-mean", lambda r: L.MaskedMean(), ((5, 3), (5,))),
    *(
        LayerCase(
            f"{cell.__name__.lower()}-{name}", lambda r, cell=cell, more=more: _cell(r, cell, more), shapes, exact=False
        )
        for cell in (L.SimpleRNN, L.LSTM, L.GRU)
        for name, more, shapes in (
            ("last", {}, ((5, 3),)),
            ("sequence", {"output": "sequence", "reverse": True}, ((5, 3),)),
        )
    ),
    LayerCase("gru-before", lambda r: _cell(r, L.GRU, {"reset_after": False}), ((5, 3),), exact=False),
    LayerCase(
        "lstm-cell",
        lambda r: _cell(r, L.LSTM, {"output": "cell", "masked": True, "initial": True}),
        ((5, 3), (5,), (2,), (2,)),
        exact=False,
        binary=(1,),
    ),
    LayerCase(
        "gru-masked",
        lambda r: _cell(r, L.GRU, {"output": "sequence", "masked": True, "zero_masked": True}),
        ((5, 3), (5,)),
        exact=False,
        binary=(1,),
    ),
    LayerCase(
        "rnn-linear",
        lambda r: _cell(r, L.SimpleRNN, {"activation": "relu", "masked": True}),
        ((5, 3), (5,)),
        binary=(1,),
    ),
    LayerCase("attention", lambda r: _attention(r), ((5, 3), (4, 2), (4, 7)), exact=False),
    LayerCase(
        "attention-masked",
        lambda r: _attention(r, masks=("query", "value", "key", "pair"), causal=True, scale=0.5),
        ((5, 3), (4, 2), (4, 7), (5,), (4,), (4,), (5, 4)),
        exact=False,
        binary=(3, 4, 5, 6),
    ),
    LayerCase("embedding", lambda r: L.Embedding(weight(r, 7, 3)), ((5,),), tokens=7),
    LayerCase("dense-sift", lambda r: L.DenseSIFT((1, 2), (2, 3), 1.5, orientations=7), ((9, 8, 1),), exact=False),
    LayerCase(
        "dense-sift-colour",
        lambda r: L.DenseSIFT(2, 2, spatial_bins=2, orientations=5, flat_window=True, colour_weights=(0.3, 0.6, 0.1)),
        ((5, 6, 3),),
        exact=False,
    ),
    LayerCase("sift-positions", lambda r: L.SiftPositions((1, 2), (2, 3)), ((9, 8, 1),)),
    LayerCase("pca", lambda r: L.PCA(weight(r, 5), weight(r, 5, 3)), ((7, 5),)),
    LayerCase("pca-whitened", lambda r: L.PCA(weight(r, 5), weight(r, 5, 3), 0.5 + abs(weight(r, 3))), ((7, 5),)),
    LayerCase("posteriors", lambda r: L.Posteriors(*mixture(r)), ((7, 2),), exact=False),
    LayerCase("posteriors-hard", lambda r: L.Posteriors(*mixture(r), hard=True), ((7, 2),), exact=False),
    LayerCase(
        "fisher-pooling",
        lambda r: L.FisherPooling(weight(r, 3, 2), 1 + abs(weight(r, 3, 2)), weight(r, 3, 2), weight(r, 3)),
        ((7, 2), (7, 3)),
    ),
    LayerCase(
        "fisher-pooling-pyramid",
        lambda r: L.FisherPooling(
            weight(r, 3, 2), 1 + abs(weight(r, 3, 2)), weight(r, 3, 2), weight(r, 3), ((1, 1), (2, 1), (1, 3))
        ),
        ((7, 2), (7, 3), (7, 2)),
        domain=_between_0_and_1,
    ),
    LayerCase("fisher-vector", lambda r: L.FisherVector(*mixture(r)), ((7, 2),), exact=False),
    LayerCase("fisher-vector-cut", lambda r: L.FisherVector(*mixture(r), threshold=0.05), ((7, 2),), exact=False),
    LayerCase("signed-power", lambda r: L.SignedPower(), ((5, 3),), exact=False),
    LayerCase("signed-power-1", lambda r: L.SignedPower(1), ((5, 3),)),
    LayerCase("l2-normalize", lambda r: L.L2Normalize(), ((6,),), exact=False),
    LayerCase("l2-normalize-blocks", lambda r: L.L2Normalize(3), ((6,),), exact=False),
    LayerCase("fixed-scale", lambda r: L.FixedScale(weight(r, 5)), ((5,),)),
    LayerCase("linear-svm", lambda r: L.LinearSVM(weight(r, 5, 3), weight(r, 3)), ((5,),)),
    LayerCase("linear-kernel", lambda r: L.LinearKernel(weight(r, 7, 5), weight(r, 7, 3), weight(r, 3)), ((5,),)),
    LayerCase(
        "histogram-intersection",
        lambda r: L.HistogramIntersection(weight(r, 7, 5), weight(r, 7, 3), weight(r, 3)),
        ((5,),),
    ),
    LayerCase(
        "chi-square",
        lambda r: L.ChiSquare(abs(weight(r, 7, 5)), weight(r, 7, 3), weight(r, 3)),
        ((5,),),
        domain=np.abs,
    ),
    LayerCase("rbf", lambda r: L.RBF(weight(r, 7, 5), weight(r, 7, 3), weight(r, 3), 0.2), ((5,),), exact=False),
    LayerCase(
        "exponential-chi-square",
        lambda r: L.ExponentialChiSquare(abs(weight(r, 7, 5)), weight(r, 7, 3), weight(r, 3), 0.2),
        ((5,),),
        exact=False,
        domain=np.abs,
    ),
    LayerCase("hard-mapping", lambda r: L.HardMapping(weight(r, 5, 2)), ((7, 2),)),
    LayerCase("soft-mapping", lambda r: L.SoftMapping(weight(r, 5, 2), 0.3), ((7, 2),), exact=False),
    LayerCase("mean-histogram", lambda r: L.MeanHistogram(), ((7, 5),), domain=np.abs),
    LayerCase("mean-histogram-3", lambda r: L.MeanHistogram(exponent=3), ((7, 5),), exact=False, domain=np.abs),
    LayerCase(
        "mean-histogram-pyramid",
        lambda r: L.MeanHistogram(((1, 1), (1, 2))),
        ((7, 5), (7, 2)),
        domain=_between_0_and_1,
    ),
    LayerCase("max-histogram", lambda r: L.MaxHistogram(), ((7, 5),), domain=np.abs),
)

RULES: tuple[Rule, ...] = tuple(
    parse(text)
    for text in (
        "zero",
        "epsilon",
        "epsilon:0.5",
        "epsilon:0.5,sink=spread",
        "epsilon:0.5,bias=off",
        "zero:sink=spread",
        "gamma:0.25",
        "gamma:3,bias=off",
        "gamma:0.25,eps=0.125,sink=spread",
        "alpha_beta:2,1",
        "alpha_beta:1,0",
        "alpha_beta:3,2,bias=off",
        "alpha_beta:2,1,one_sided=renormalise",
        "alpha_beta:1.5,0.5,eps=0.25,sink=spread",
        "z_plus",
        "z_plus:bias=off",
        "w_square",
        "w_square:bias=on",
        "flat",
        "flat:bias=on",
        "z_box:-50,60",
        "z_box:-50,60,bias=on",
        "identity",
        "winner",
        "winner:first",
        "winner:all",
        "winner:share,0.25",
        "gradient",
        "alpha_beta:2,1,bias=whole",
        "gamma:0.5,sign=weight",
        "z_plus:sign=positive",
        "flat:padding=count",
        "epsilon:0.5,stab=clip",
        "taylor",
        "uniform",
        "signal:1",
    )
)


def cases(only_exact: bool = False) -> list[LayerCase]:
    """The cases that have inputs: those of exact arithmetic alone on request."""
    return [case for case in CASES if case.shapes and (case.exact or not only_exact)]


# Layers with so many terms that every rule in Fractions takes seconds; layers of their kind with fewer terms are not here.
SLOW_IN_FRACTIONS = ("conv2d", "conv2d-asymmetric", "conv2d-depthwise", "conv3d", "conv-transpose", "interpolate")


def exact_cases(without: tuple[str, ...] = ()) -> list[Any]:
    """The cases of exact arithmetic as parameters of a test, the slow ones with their mark."""
    return [
        pytest.param(case, marks=pytest.mark.slow if case.name in SLOW_IN_FRACTIONS else ())
        for case in cases(only_exact=True)
        if case.name not in without
    ]


def rules_of(case: LayerCase, linear: bool = False) -> list[Rule]:
    """Every rule that the case's layer takes; those with a table alone on request."""
    layer = case.build(np.random.default_rng(0))
    return [rule for rule in RULES if layer.accepts(rule) and (isinstance(rule, LinearRule) or not linear)]


def case_id(case: LayerCase) -> str:
    return case.name
