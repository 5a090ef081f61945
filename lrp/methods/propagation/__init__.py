"""Methods that send a quantity backwards by rules of their own."""

from lrp.methods.propagation.deep_lift import deep_lift
from lrp.methods.propagation.deep_lift_rules import RESCALE, REVEAL_CANCEL, rule_named
from lrp.methods.propagation.excitation_backprop import contrastive_excitation_backprop, excitation_backprop
from lrp.methods.propagation.pattern_net import pattern_attribution, pattern_net
from lrp.methods.propagation.patterns import Estimator, estimate_patterns
from lrp.methods.propagation.relevance_propagation import random_map, relevance_propagation

__all__ = [
    "RESCALE",
    "REVEAL_CANCEL",
    "Estimator",
    "contrastive_excitation_backprop",
    "deep_lift",
    "estimate_patterns",
    "excitation_backprop",
    "pattern_attribution",
    "pattern_net",
    "random_map",
    "relevance_propagation",
    "rule_named",
]
