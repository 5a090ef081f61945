"""Explanation methods: method(network, x, target=None, *, settings) -> Explanation.

entry          explain(network, x, target, method="integrated_gradients", baseline=0.5): one entry to all
catalogue      METHODS, every method by name, and their text form for the command line
gradients      a package: methods that use gradients
propagation    a package: methods that propagate a quantity by rules of their own, LRP among them
perturbation   a package: methods that change the input and measure how the score changes
random_map     the random map that every explanation must beat
method         Entry, one method of the catalogue; Method, a method with its settings
score          S_c(x), the explained number, where every method starts
tools          a package: what several methods share

The __init__ of each package lists its methods, one per line.
"""

from lrp.methods.catalogue import METHODS, parse, split
from lrp.methods.entry import MethodLike, explain
from lrp.methods.gradients import (
    Combine,
    Norm,
    cam,
    class_model,
    deconvolution,
    grad_cam,
    gradient,
    gradient_times_input,
    guided_backprop,
    guided_grad_cam,
    integrated_gradients,
    sensitivity,
    smoothgrad,
    squared_gradient,
)
from lrp.methods.method import Method
from lrp.methods.perturbation import (
    SharedForward,
    blur_saliency,
    meaningful_perturbation,
    occlusion,
    prediction_difference,
    shapley,
)
from lrp.methods.propagation import (
    RESCALE,
    REVEAL_CANCEL,
    Estimator,
    contrastive_excitation_backprop,
    deep_lift,
    estimate_patterns,
    excitation_backprop,
    pattern_attribution,
    pattern_net,
    relevance_propagation,
)
from lrp.methods.random_map import random_map
from lrp.methods.score import Score, baselines, logit_node, score, single_input

__all__ = [
    "METHODS",
    "RESCALE",
    "REVEAL_CANCEL",
    "Combine",
    "Estimator",
    "Method",
    "MethodLike",
    "Norm",
    "Score",
    "SharedForward",
    "baselines",
    "blur_saliency",
    "cam",
    "class_model",
    "contrastive_excitation_backprop",
    "deconvolution",
    "deep_lift",
    "estimate_patterns",
    "excitation_backprop",
    "explain",
    "grad_cam",
    "gradient",
    "gradient_times_input",
    "guided_backprop",
    "guided_grad_cam",
    "integrated_gradients",
    "logit_node",
    "meaningful_perturbation",
    "occlusion",
    "parse",
    "pattern_attribution",
    "pattern_net",
    "prediction_difference",
    "random_map",
    "relevance_propagation",
    "score",
    "sensitivity",
    "shapley",
    "single_input",
    "smoothgrad",
    "split",
    "squared_gradient",
]
