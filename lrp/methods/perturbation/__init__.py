"""Methods that change the input and measure how the score changes: one file a method.

occlusion                 windows of the picture covered by a baseline
prediction_difference     windows replaced by those of other pictures: weight of evidence in bits
shapley                   Shapley values of pixels or segments, exact or by sampled orders
blur_saliency             soft spots of the picture blurred
meaningful_perturbation   a smooth mask, learned for one picture

Their tools: windows (window positions and means over windows), shared_forward (the forward pass of a changed input,
computed only where the change reaches), local_layers (how each layer acts on a box).
"""

from lrp.methods.perturbation.blur_saliency import blur_saliency, blurred_copy
from lrp.methods.perturbation.meaningful_perturbation import meaningful_perturbation
from lrp.methods.perturbation.occlusion import occlusion
from lrp.methods.perturbation.prediction_difference import prediction_difference
from lrp.methods.perturbation.shapley import shapley
from lrp.methods.perturbation.shared_forward import SharedForward

__all__ = [
    "SharedForward",
    "blur_saliency",
    "blurred_copy",
    "meaningful_perturbation",
    "occlusion",
    "prediction_difference",
    "shapley",
]
