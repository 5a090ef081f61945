"""Methods that use gradients, plain or modified: one file a method.

gradient               dS/dx
squared_gradient       (dS/dx)^2, entry by entry
sensitivity            the norm of dS/dx over the channels of each pixel
gradient_times_input   x dS/dx
integrated_gradients   (x - r) times the mean gradient on the line from a baseline r to x
smoothgrad             a method's maps averaged over noisy copies of x
deconvolution          the gradient's backward pass, rectified at each ReLU
guided_backprop        the same, and only where the ReLU is active
cam                    class activation map: feature maps weighted by the last dense layer
grad_cam               feature maps weighted by their mean gradient; guided_grad_cam: times guided backpropagation
class_model            gradient ascent to a picture with a large score

Their tools: norms (over channels), rectified_maps (what the two rectified methods share), feature_maps (the node of
the maps that CAM and Grad-CAM weigh).
"""

from lrp.methods.gradients.cam import cam
from lrp.methods.gradients.class_model import class_model
from lrp.methods.gradients.deconvolution import deconvolution
from lrp.methods.gradients.feature_maps import feature_map, followers
from lrp.methods.gradients.grad_cam import grad_cam, guided_grad_cam
from lrp.methods.gradients.gradient import gradient
from lrp.methods.gradients.gradient_times_input import gradient_times_input
from lrp.methods.gradients.guided_backprop import guided_backprop
from lrp.methods.gradients.integrated_gradients import integrated_gradients
from lrp.methods.gradients.norms import Norm
from lrp.methods.gradients.sensitivity import sensitivity
from lrp.methods.gradients.smoothgrad import Combine, smoothgrad
from lrp.methods.gradients.squared_gradient import squared_gradient

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
    "gradient_times_input",
    "guided_backprop",
    "guided_grad_cam",
    "integrated_gradients",
    "sensitivity",
    "smoothgrad",
    "squared_gradient",
]
