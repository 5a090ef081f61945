"""Methods that read gradients, plain or modified."""

from lrp.methods.gradients.cam import cam
from lrp.methods.gradients.class_model import class_model
from lrp.methods.gradients.deconvolution import deconvolution
from lrp.methods.gradients.feature_maps import feature_map, followers
from lrp.methods.gradients.grad_cam import grad_cam, guided_grad_cam
from lrp.methods.gradients.gradient import Norm, gradient, sensitivity
from lrp.methods.gradients.gradient_input import gradient_input
from lrp.methods.gradients.guided_backprop import guided_backprop
from lrp.methods.gradients.integrated_gradients import integrated_gradients
from lrp.methods.gradients.smoothgrad import Combine, smoothgrad

__all__ = [
    "Combine",
    "Norm",
    "cam",
    "class_model",
    "deconvolution",
    "feature_map",
    "followers",
    "grad_cam",
    "gradient",
    "gradient_input",
    "guided_backprop",
    "guided_grad_cam",
    "integrated_gradients",
    "sensitivity",
    "smoothgrad",
]
