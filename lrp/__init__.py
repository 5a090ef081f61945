"""The reference engine for Layer-wise Relevance Propagation: plain numpy, exact, auditable.

network = lrp.load("model.h5")
explanation = network.explain(x, target=3, composite="epsilon-plus-flat")
explanation.relevance; explanation.ledger.check()
"""

from importlib import import_module
from typing import Any

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
from lrp.version import VERSION as __version__

ROOMS = (
    "conformance",
    "datasets",
    "evaluation",
    "fisher",
    "lessons",
    "models",
    "spray",
    "taylor",
    "text",
    "views",
)  # imported when first read


def __getattr__(name: str) -> Any:
    if name in ROOMS:
        return import_module(f"lrp.{name}")
    if name == "explain_dataset":
        return import_module("lrp.datasets").explain_dataset
    raise AttributeError(f"module 'lrp' has no attribute {name!r}")


__all__ = [
    "__version__",
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
