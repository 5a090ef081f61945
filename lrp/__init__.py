"""The reference engine for Layer-wise Relevance Propagation: plain numpy, exact, auditable.

network = lrp.load("model.h5")
explanation = network.explain(x, target=3, composite="epsilon-plus-flat")
explanation.relevance; explanation.ledger.check()
"""

from lrp import layers, rules
from lrp.errors import LrpError
from lrp.formats import load, save
from lrp.graph import (
    Explanation,
    Gradient,
    Ledger,
    Metadata,
    Network,
    Node,
    Preprocessing,
    Trace,
    composites,
    fold_batchnorm,
)
from lrp.methods import explain

__all__ = [
    "Explanation",
    "Gradient",
    "Ledger",
    "LrpError",
    "Metadata",
    "Network",
    "Node",
    "Preprocessing",
    "Trace",
    "composites",
    "explain",
    "fold_batchnorm",
    "layers",
    "load",
    "rules",
    "save",
]
