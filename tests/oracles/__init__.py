"""Scalar loops over Python numbers, written from the papers; imports nothing of lrp.

A neuron is a list of contributions: (input number j, x_j, w_jk), and a bias. Every rule returns the messages
R_{j<-k} of one neuron by input number, and the relevance of its bias, of its stabilizer, and what 0/0 drops.
"""

from tests.oracles.layers import (
    centred_neurons,
    conv_neurons,
    dense_neurons,
    interpolation_neurons,
    lrn_neurons,
    lrn_value,
    lrn_window,
    pooling_neurons,
)
from tests.oracles.rules import (
    add,
    any_rule,
    divide,
    neg,
    pos,
    propagate,
    renormalised_alpha_beta,
    rule_alpha_beta,
    rule_epsilon,
    rule_flat,
    rule_gamma,
    rule_w_square,
    rule_z_box,
    signed,
    spread,
    stabilized,
)
from tests.oracles.sequences import run_attention, run_gru, run_lstm, run_simple_rnn

__all__ = [
    "add",
    "any_rule",
    "centred_neurons",
    "conv_neurons",
    "dense_neurons",
    "divide",
    "interpolation_neurons",
    "lrn_neurons",
    "lrn_value",
    "lrn_window",
    "neg",
    "pooling_neurons",
    "pos",
    "propagate",
    "renormalised_alpha_beta",
    "rule_alpha_beta",
    "rule_epsilon",
    "rule_flat",
    "rule_gamma",
    "rule_w_square",
    "rule_z_box",
    "run_attention",
    "run_gru",
    "run_lstm",
    "run_simple_rnn",
    "signed",
    "spread",
    "stabilized",
]
