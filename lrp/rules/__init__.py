"""Propagation rules: values that say how relevance is divided."""

from lrp.rules import engine
from lrp.rules.algebra import Gate, Group, LinearRule, Rule, Sink, Term
from lrp.rules.bound import Bound, number_text
from lrp.rules.catalogue import alpha_beta, epsilon, flat, gamma, w_square, z_box, z_plus, zero
from lrp.rules.engine import Linear, all_to_inputs, difference_as_dropped, distribute, with_dropped
from lrp.rules.nonlinear import (
    Identity,
    NonlinearRule,
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
from lrp.rules.options import with_options
from lrp.rules.propagation import MAX_DEFERRED, Propagation
from lrp.rules.stabilizer import Stabilizer
from lrp.rules.text import RULES, build, from_dict, options_of, parse

__all__ = [
    "RULES",
    "MAX_DEFERRED",
    "Bound",
    "Gate",
    "Group",
    "Identity",
    "Linear",
    "LinearRule",
    "NonlinearRule",
    "PlainGradient",
    "Propagation",
    "Rule",
    "Signal",
    "Sink",
    "Stabilizer",
    "Taylor",
    "Term",
    "Ties",
    "Uniform",
    "Winner",
    "all_to_inputs",
    "alpha_beta",
    "build",
    "difference_as_dropped",
    "distribute",
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
    "signal",
    "taylor",
    "uniform",
    "w_square",
    "winner",
    "with_dropped",
    "with_options",
    "z_box",
    "z_plus",
    "zero",
]
