"""Methods that propagate a quantity from the output to the input by rules of their own: one file a method.

relevance_propagation   layer-wise relevance propagation, as `network.explain`
deep_lift               differences from a reference, by multipliers
excitation_backprop     winning probabilities through the positive weights, and the contrastive form
pattern_net             the gradient's pass with patterns instead of weights; pattern_attribution: weights * patterns

Their tools: deep_lift_linear (the linear rule, and the rules of all layers but activations), deep_lift_rules (Rescale,
RevealCancel), patterns (estimates the patterns from data).
"""

from lrp.methods.propagation.deep_lift import deep_lift
from lrp.methods.propagation.deep_lift_rules import RESCALE, REVEAL_CANCEL, rule_named
from lrp.methods.propagation.excitation_backprop import contrastive_excitation_backprop, excitation_backprop
from lrp.methods.propagation.pattern_net import pattern_attribution, pattern_net
from lrp.methods.propagation.patterns import Estimator, estimate_patterns
from lrp.methods.propagation.relevance_propagation import relevance_propagation

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
    "relevance_propagation",
    "rule_named",
]
