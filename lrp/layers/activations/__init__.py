"""Activations: functions of one entry, and softmax.

activation.py          the base: relevance passes unchanged, the pullback multiplies by the slope
exponential_units.py   CELU, ELU, SELU: linear above 0, an exponential below
functions.py           Abs, Erf, Exponential, Linear, Log, Power
gated_units.py         GELU, HardSiLU, Mish, SiLU: z gate(z)
rectifiers.py          LeakyReLU, PReLU, ReLU, ThresholdReLU: piecewise linear
sigmoids.py            HardSigmoid, HardTanh, LogSigmoid, Sigmoid, Softsign, Tanh
smooth_rectifiers.py   Softplus, SparsePlus, Squareplus
softmax.py             LogSoftmax, Softmax, and the relevance of a softmax
thresholds.py          HardShrink, SoftShrink, TanhShrink, Threshold
transcendental.py      exp, log, tanh ... as functions that refuse Fractions
"""

from lrp.layers.activations.activation import Activation, step
from lrp.layers.activations.exponential_units import CELU, ELU, SELU, SELU_ALPHA, SELU_SCALE
from lrp.layers.activations.functions import Abs, Erf, Exponential, Linear, Log, Power
from lrp.layers.activations.gated_units import GELU, HardSiLU, Mish, SiLU
from lrp.layers.activations.rectifiers import LeakyReLU, PReLU, ReLU, ThresholdReLU
from lrp.layers.activations.sigmoids import HardSigmoid, HardTanh, LogSigmoid, Sigmoid, Softsign, Tanh
from lrp.layers.activations.smooth_rectifiers import Softplus, SparsePlus, Squareplus
from lrp.layers.activations.softmax import LogSoftmax, Softmax, softmax_relevance
from lrp.layers.activations.thresholds import HardShrink, SoftShrink, TanhShrink, Threshold
from lrp.layers.activations.transcendental import exp, sqrt

__all__ = [
    "Activation",
    "step",
    "CELU",
    "ELU",
    "SELU",
    "SELU_ALPHA",
    "SELU_SCALE",
    "Abs",
    "Erf",
    "Exponential",
    "Linear",
    "Log",
    "Power",
    "GELU",
    "HardSiLU",
    "Mish",
    "SiLU",
    "LeakyReLU",
    "PReLU",
    "ReLU",
    "ThresholdReLU",
    "HardSigmoid",
    "HardTanh",
    "LogSigmoid",
    "Sigmoid",
    "Softsign",
    "Tanh",
    "Softplus",
    "SparsePlus",
    "Squareplus",
    "LogSoftmax",
    "Softmax",
    "softmax_relevance",
    "HardShrink",
    "SoftShrink",
    "TanhShrink",
    "Threshold",
    "exp",
    "sqrt",
]
