"""Measures of heatmaps. Each returns a Measurement: numbers (one per picture), curves, and a plot.

METRICS lists them by name, as `lrp evaluate` computes them; docs/evaluation.md has the table. `campaign` runs a long
evaluation in several processes.
"""

from lrp.evaluation.batch import Settings
from lrp.evaluation.completeness import completeness
from lrp.evaluation.complexity import complexity
from lrp.evaluation.continuity import continuity
from lrp.evaluation.input_invariance import input_invariance, shifted
from lrp.evaluation.maps import check_masks, input_layout
from lrp.evaluation.measurement import Curve, Measurement, plot, table
from lrp.evaluation.metrics import METRICS, metric_name
from lrp.evaluation.order import Order
from lrp.evaluation.outside_inside import outside_inside
from lrp.evaluation.pixel_flipping import pixel_flipping
from lrp.evaluation.pointing_game import pointing_game
from lrp.evaluation.randomisation import randomisation
from lrp.evaluation.region_perturbation import region_perturbation
from lrp.evaluation.relevance_mass import relevance_mass
from lrp.evaluation.replacement import Blur, Constant, Dirichlet, Flip, Replacement, Uniform
from lrp.evaluation.sensitivity_n import removals, sensitivity_n
from lrp.evaluation.similarity import rank_correlation, structural_similarity

__all__ = [
    "METRICS",
    "Blur",
    "Constant",
    "Curve",
    "Dirichlet",
    "Flip",
    "Measurement",
    "Order",
    "Replacement",
    "Settings",
    "Uniform",
    "check_masks",
    "completeness",
    "complexity",
    "continuity",
    "input_invariance",
    "input_layout",
    "metric_name",
    "outside_inside",
    "pixel_flipping",
    "plot",
    "pointing_game",
    "randomisation",
    "rank_correlation",
    "region_perturbation",
    "relevance_mass",
    "removals",
    "sensitivity_n",
    "shifted",
    "structural_similarity",
    "table",
]
