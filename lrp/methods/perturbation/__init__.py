"""Methods that change the input and watch the score."""

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
