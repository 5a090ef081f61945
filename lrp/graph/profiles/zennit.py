"""Zennit: what it does, measured against its own results or read in its source."""

from __future__ import annotations

from lrp.graph.profiles.profile import Profile

ZENNIT = Profile(
    "zennit",
    "Zennit 0.5.1",
    composite="epsilon",
    options={
        "zero": "",
        "epsilon": "",
        "gamma": "eps=1e-6,gate=layer",
        "z_plus": "eps=1e-6",
        "alpha_beta": "eps=1e-6",
        "z_box": "eps=1e-6",
        "w_square": "eps=1e-6,bias=on",
        "flat": "eps=1e-6",
    },
    lines="BatchNorm=identity AvgPool|GlobalAvgPool|Add=epsilon:1e-6 MaxPool|GlobalMaxPool=winner:first "
    "SumPool|GlobalSumPool|Average|LRN|Multiply|Softmax=gradient",
    notes=(
        "every rule has a stabilizer of 1e-6, not only epsilon",
        "w_square counts the bias, squared, in its denominator",
        "gamma at z = 0 opens neither branch: the relevance is gone",
        "gamma without bias goes by the sign of z with the bias all the same",
        "one-sided neurons under alpha-beta keep alpha R: the inhibitory share is gone",
        "batch normalisation passes relevance unchanged, so the part of its shift is shared among the inputs",
        "average pooling and sums (as a Sum module) are divided by their contributions whatever rule is chosen",
        "max-pooling uses the gradient: the first of several winners takes all",
        "layers without a rule (LRN, products, softmax) silently use the plain gradient",
    ),
    missing=(
        "epsilon = 0 at a zero denominator is NaN there; here the share is dropped and stands on the ledger",
        "a module used twice keeps only its last activation there",
        "the first layer is the first in the order of definition, not of execution",
    ),
)
