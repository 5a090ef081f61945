"""What papers compare relevance propagation with: method(network, x, target, ...) -> Attribution."""

from lrp.methods.blur_saliency import blur_saliency
from lrp.methods.cam import cam
from lrp.methods.catalogue import METHODS, Method, parse
from lrp.methods.class_model import class_model
from lrp.methods.deconvolution import deconvolution
from lrp.methods.deep_lift import deep_lift
from lrp.methods.deep_lift_rules import RESCALE, REVEAL_CANCEL
from lrp.methods.excitation_backprop import contrastive_excitation_backprop, excitation_backprop
from lrp.methods.grad_cam import grad_cam, guided_grad_cam
from lrp.methods.gradient import Norm, gradient, sensitivity
from lrp.methods.gradient_input import gradient_input
from lrp.methods.guided_backprop import guided_backprop
from lrp.methods.integrated_gradients import integrated_gradients
from lrp.methods.meaningful_perturbation import meaningful_perturbation
from lrp.methods.occlusion import occlusion
from lrp.methods.pattern_net import pattern_attribution, pattern_net
from lrp.methods.patterns import Estimator, estimate_patterns
from lrp.methods.prediction_difference import prediction_difference
from lrp.methods.propagation import random_map, relevance_propagation
from lrp.methods.result import Attribution
from lrp.methods.shapley import shapley
from lrp.methods.shared_forward import SharedForward
from lrp.methods.smoothgrad import Combine, smoothgrad

__all__ = [
    "METHODS",
    "RESCALE",
    "REVEAL_CANCEL",
    "Attribution",
    "Combine",
    "Estimator",
    "Method",
    "Norm",
    "SharedForward",
    "blur_saliency",
    "cam",
    "class_model",
    "contrastive_excitation_backprop",
    "deconvolution",
    "deep_lift",
    "estimate_patterns",
    "excitation_backprop",
    "grad_cam",
    "gradient",
    "gradient_input",
    "guided_backprop",
    "guided_grad_cam",
    "integrated_gradients",
    "meaningful_perturbation",
    "occlusion",
    "parse",
    "pattern_attribution",
    "pattern_net",
    "prediction_difference",
    "random_map",
    "relevance_propagation",
    "sensitivity",
    "shapley",
    "smoothgrad",
]
