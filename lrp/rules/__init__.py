"""Propagation rules: values that say how relevance is divided."""

from lrp.rules import engine
from lrp.rules.algebra import Bound, Gate, Group, LinearRule, Rule, Sink, Term, number_text
from lrp.rules.catalogue import alpha_beta, epsilon, flat, gamma, w_square, with_options, z_box, z_plus, zero
from lrp.rules.engine import Linear, distribute, dropping, passed, unbalanced
from lrp.rules.named import (
    Identity,
    NamedRule,
    PlainGradient,
    Signal,
    Taylor,
    Ties,
    Uniform,
    Winner,
    gradient,
    identity,
    signal,
    taylor,
    uniform,
    winner,
)
from lrp.rules.share import SMALL, Share
from lrp.rules.stabilizer import Stabilizer
from lrp.rules.text import RULES, build, from_dict, options_of, parse

__all__ = [
    "RULES",
    "SMALL",
    "Bound",
    "Gate",
    "Group",
    "Identity",
    "Linear",
    "LinearRule",
    "NamedRule",
    "PlainGradient",
    "Rule",
    "Share",
    "Signal",
    "Sink",
    "Stabilizer",
    "Taylor",
    "Term",
    "Ties",
    "Uniform",
    "Winner",
    "alpha_beta",
    "build",
    "distribute",
    "dropping",
    "engine",
    "epsilon",
    "flat",
    "from_dict",
    "gamma",
    "gradient",
    "identity",
    "number_text",
    "options_of",
    "parse",
    "passed",
    "signal",
    "taylor",
    "unbalanced",
    "uniform",
    "w_square",
    "winner",
    "with_options",
    "z_box",
    "z_plus",
    "zero",
]
