"""Networks small enough to compute by hand, one for each disagreement among the libraries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from lrp import layers as L
from lrp.arrays import Array
from lrp.conformance.tiny import doubled, local, neuron, normed, picture, pooled, row
from lrp.graph import Network


@dataclass(frozen=True)
class Example:
    """A title, the computation by hand, the network, and the reason for each library's numbers.

    names: the library's own name of the rule if it is not the composite. start: relevance of the output if it is not
    the output's own value. live: whether the libraries are run (they start at the output's own value).
    """

    title: str
    words: str
    network: Network
    x: Array
    composite: str
    why: Mapping[str, str]
    names: Mapping[str, str] = field(default_factory=dict)
    start: Fraction | None = None
    live: bool = True


_SAME = "as published"
_TINY = "as published but for its stabilizer"

EXAMPLES: tuple[Example, ...] = (
    Example(
        "zero",
        "x = (2, 1), w = (3, -2), b = 2: z = 6 - 2 + 2 = 6. R_i = x_i w_i / z R = (6, -2); the bias takes 2.",
        neuron((3, -2), 2),
        row(2, 1),
        "neuron=zero",
        {name: _SAME for name in ("zennit", "captum", "lxt", "innvestigate", "lrp-toolbox")} | {"tutorial": _TINY},
    ),
    Example(
        "zero where z = 0",
        "x = (1, 1), w = (1, -1), R = 1: z = 0. Published: 0/0, so the relevance is dropped, and the ledger shows it.",
        neuron((1, -1)),
        row(1, 1),
        "neuron=zero",
        {
            "innvestigate": "exactly zero is replaced by 1e-7",
            "lrp-toolbox": "1e-16 with the sign of z, and 0 counts as positive",
            "tutorial": "1e-9 is added whatever the sign",
        },
        start=Fraction(1),
        live=False,
    ),
    Example(
        "epsilon",
        "x = (2, 1), w = (-3, 2), b = 1, eps = 1/2: z = -6 + 2 + 1 = -3, with its stabilizer -7/2. R = z = -3, so"
        " R_i = x_i w_i 6/7.",
        neuron((-3, 2), 1),
        row(2, 1),
        "neuron=epsilon:0.5",
        {
            **{name: _SAME for name in ("zennit", "captum", "innvestigate", "lrp-toolbox", "caffe-lrp")},
            "lxt": "eps is added whatever the sign: the denominator is -5/2, nearer to zero than z",
            "tutorial": "eps is added whatever the sign: the denominator is -5/2",
        },
    ),
    Example(
        "epsilon where z = 0",
        "x = (1, 1), w = (1, -1), R = 1, eps = 1/2: z = 0, s(0) = 1, so R_i = x_i w_i / (1/2).",
        neuron((1, -1)),
        row(1, 1),
        "neuron=epsilon:0.5",
        {
            **{name: _SAME for name in ("zennit", "captum", "innvestigate", "lrp-toolbox")},
            "caffe-lrp": "at z = 0 relevance is passed on undivided",
        },
        start=Fraction(1),
        live=False,
    ),
    Example(
        "gamma",
        "x = (2, -1), w = (2, 1), b = -1, gamma = 1: the contributions are 4 and -1, z = 4 - 1 - 1 = 2 > 0, so"
        " positive contributions count twice: (8 - 1 - 1) = 6 and R = 2 gives (8/3, -1/3).",
        neuron((2, 1), -1),
        row(2, -1),
        "neuron=gamma:1",
        {
            "zennit": _TINY,
            "captum": "w + gamma w^+ = (4, 2) for inputs of either sign, the bias in full: (8, -2) / 5",
            "tutorial": "w + gamma w^+ for inputs of either sign, of the bias too",
        },
    ),
    Example(
        "gamma at a negative output",
        "x = (2, 1), w = (1, -3), gamma = 1: the contributions are 2 and -3, z = -1 < 0, so negative contributions"
        " count twice: 2 - 6 = -4 and R = -1 gives (1/2, -3/2).",
        neuron((1, -3)),
        row(2, 1),
        "neuron=gamma:1",
        {
            "zennit": _TINY,
            "captum": "one branch: positive weights count twice at a negative output too: (4, -3) / 1",
            "tutorial": "one branch, as Captum",
        },
    ),
    Example(
        "z_plus, or alpha-beta with 1 and 0",
        "x = (2, 1), w = (2, -1), b = -1: z = 4 - 1 - 1 = 2. The positive contributions are 4, b^+ = 0, so the first"
        " input receives everything.",
        neuron((2, -1), -1),
        row(2, 1),
        "neuron=z_plus",
        {
            "zennit": _TINY,
            "captum": "the bias is in the denominator in full: 4 / (4 - 1)",
            "innvestigate": "as alpha_1_beta_0: the bias is in the denominator in full",
            "lrp-toolbox": _SAME,
            "caffe-lrp": _SAME,
        },
        names={"innvestigate": "lrp.alpha_1_beta_0"},
    ),
    Example(
        "z_plus of a negative input",
        "x = (2, -1), w = (1, -2): both contributions, 2 and 2, are positive; z = 4.",
        neuron((1, -2)),
        row(2, -1),
        "neuron=z_plus",
        {
            "zennit": _TINY,
            "captum": "x w^+: the negative weight is cut off, whatever its input",
            "innvestigate": "as z_plus_fast: x w^+, the negative weight is cut off",
            "lrp-toolbox": _SAME,
        },
        names={"innvestigate": "lrp.z_plus_fast"},
    ),
    Example(
        "alpha-beta with 2 and 1",
        "x = (2, 1), w = (2, -1), b = 2: z = 4 - 1 + 2 = 5. Published: Z^+ = 4 + 2, Z^- = -1, so"
        " R = (2 4/6 5, -1 5) = (20/3, -5); the bias takes 2 2/6 5.",
        neuron((2, -1), 2),
        row(2, 1),
        "neuron=alpha_beta:2,1",
        {
            "zennit": _TINY,
            "innvestigate": "the bias is in both halves in full: Z^- = -1 + 2 = 1 turns the sign of the inhibition",
            "lrp-toolbox": _SAME,
            "caffe-lrp": _SAME,
        },
    ),
    Example(
        "alpha-beta at a one-sided neuron",
        "x = (2, 1), w = (2, 1): z = 5, nothing is negative. Published: the inhibitory share is 0/0 and dropped, 2 R is"
        " left.",
        neuron((2, 1)),
        row(2, 1),
        "neuron=alpha_beta:2,1",
        {
            "zennit": _TINY,
            "innvestigate": _SAME,
            "lrp-toolbox": "as published; its slow path gives NaN",
            "caffe-lrp": _SAME,
        },
    ),
    Example(
        "z_box",
        "x = (1, 1/2), w = (2, -2), low 0, high 1: 2 - 0 and -1 + 2: (2, 1) of 3; z = R = 1.",
        neuron((2, -2)),
        row(1, 0.5),
        "neuron=z_box:0,1",
        {"zennit": _TINY, "innvestigate": _SAME, "tutorial": _TINY},
    ),
    Example(
        "w_square",
        "w = (2, -1), b = 2: R_i = w_i^2 / 5 R, with R = z = 5.",
        neuron((2, -1), 2),
        row(2, 1),
        "neuron=w_square",
        {
            "zennit": "the bias, squared, counts: 4 + 1 + 4 = 9",
            "innvestigate": _SAME,
            "lrp-toolbox": "as published; a neuron without weights gives NaN",
            "caffe-lrp": _SAME,
        },
    ),
    Example(
        "flat",
        "Two inputs: half of R = z = 5 each, whatever weights and inputs.",
        neuron((2, -1), 2),
        row(2, 1),
        "neuron=flat",
        {"zennit": _TINY, "innvestigate": _SAME, "lrp-toolbox": _SAME, "caffe-lrp": _SAME},
    ),
    Example(
        "ties in max-pooling",
        "Three ones and a zero, their maximum times 3: R = 3 at the pool. Published: the winners share it.",
        pooled(L.MaxPool((2, 2))),
        picture(1, 1, 0, 1),
        "neuron=zero",
        {
            "zennit": "the gradient: the first winner takes all",
            "captum": "an epsilon rule on the gradient: the first winner takes all but 1e-9",
            "innvestigate": "the gradient: the first winner takes all",
            "lrp-toolbox": _SAME,
            "caffe-lrp": "the winner that the forward pass has stored",
            "tutorial": "treated as average pooling: by their size",
        },
    ),
    Example(
        "average pooling",
        "1, 2, 3 and 0, their mean 3/2 times 3: R = 9/2 at the pool, divided by the contributions.",
        pooled(L.AvgPool((2, 2))),
        picture(1, 2, 3, 0),
        "neuron=z_plus pool=zero",
        {
            "zennit": _TINY,
            "captum": _TINY,
            "innvestigate": "deep_taylor: the gradient, equal parts whatever the inputs",
            "lrp-toolbox": _SAME,
        },
        names={"innvestigate": "deep_taylor", "zennit": "neuron=z_plus", "captum": "neuron=z_plus"},
    ),
    Example(
        "sums",
        "x = 1, and 2 x beside it: 1 + 2 = 3, times 2: R = 6 at the sum, 2 to one branch and 4 to the other; at x"
        " they are 6 again.",
        doubled(),
        row(1),
        "twice=z_plus neuron=z_plus sum=zero",
        {
            "zennit": _TINY,
            "captum": _TINY,
            "innvestigate": "deep_taylor: the gradient, so that each branch receives the whole",
        },
        names={
            "innvestigate": "deep_taylor",
            "zennit": "twice=z_plus neuron=z_plus",
            "captum": "twice=z_plus neuron=z_plus",
        },
    ),
    Example(
        "batch normalisation",
        "mean 1, variance 4, gamma 3, beta 2, x = 3: scale 3/2, shift 1/2, y = 5. As an affine map under the zero rule:"
        " 9/2 to x, 1/2 to the shift.",
        normed(),
        np.array([[[[3.0]]]]),
        "norm=zero neuron=zero",
        {
            "zennit": "passes relevance unchanged",
            "captum": _TINY,
            "innvestigate": "the variance is squared once more and the shift lacks gamma: scale 3/4, shift 2 - 1/4",
        },
        names={"innvestigate": "lrp.z", "zennit": "neuron=zero", "captum": "neuron=zero"},
    ),
    Example(
        "local response normalisation",
        "x = (1, 2), k = 1, beta = 1, alpha/N = 1, both in one window: y = (1/6, 1/3), R = y. As a Taylor step,"
        " messages over their sum.",
        local(),
        row(1, 2),
        "lrn=zero neuron=zero",
        {
            "zennit": "the plain gradient",
            "caffe-lrp": "the Taylor messages are multiplied by R and never divided by their sum",
        },
        names={"caffe-lrp": "lrn-taylor", "zennit": "neuron=zero"},
        live=False,
    ),
)
