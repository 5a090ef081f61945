"""The LRP toolbox (Lapuschkin et al. 2016): what it does, measured against its own results or read in its source."""

from __future__ import annotations

from lrp.graph.profiles.profile import Profile

LRP_TOOLBOX = Profile(
    "lrp-toolbox",
    "the LRP toolbox for Python, version 1.3",
    composite="*=zero",
    options={
        "zero": "eps=1e-16",
        "epsilon": "",
        "alpha_beta": "",
        "z_plus": "",
        "w_square": "",
        "flat": "",
    },
    lines="MaxPool|GlobalMaxPool=winner:share BatchNorm=identity",
    notes=(
        "the stabilizer of the simple rule is 1e-16, which float64 does not feel unless z is exactly 0",
        "alpha-beta, w_square and flat have no stabilizer",
        "max-pooling shares among the winners in equal parts",
        "convolutions have no padding",
    ),
    missing=(
        "a dead column under alpha-beta or w_square is NaN there; here the share is dropped and stands on the ledger",
        "sum pooling divides by the root of the window's size on the way forward: a file's matter, not a rule's",
        "the fast path of sum pooling under alpha-beta multiplies by the relevance twice",
    ),
)
