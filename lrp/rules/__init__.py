"""Propagation rules: values that say how relevance is divided."""

from lrp.rules.algebra import LinearRule, Rule
from lrp.rules.catalogue import alpha_beta, epsilon, flat, gamma, w_square, with_options, z_box, z_plus, zero
from lrp.rules.named import (
    Identity,
    NamedRule,
    PlainGradient,
    Signal,
    Taylor,
    Uniform,
    Winner,
    gradient,
    identity,
    signal,
    taylor,
    uniform,
    winner,
)
from lrp.rules.text import RULES, build, from_dict, parse

__all__ = [
    "RULES",
    "Identity",
    "LinearRule",
    "NamedRule",
    "PlainGradient",
    "Rule",
    "Signal",
    "Taylor",
    "Uniform",
    "Winner",
    "alpha_beta",
    "build",
    "epsilon",
    "flat",
    "from_dict",
    "gamma",
    "gradient",
    "identity",
    "parse",
    "signal",
    "taylor",
    "uniform",
    "w_square",
    "winner",
    "with_options",
    "z_box",
    "z_plus",
    "zero",
]
