"""Networks as graphs: the forward pass, the backward pass, composites, the ledger."""

from lrp.graph.canonize import fold_batchnorm
from lrp.graph.composites import PRESETS, Composite
from lrp.graph.ledger import Ledger, Line
from lrp.graph.metadata import Metadata, Preprocessing
from lrp.graph.network import Network, Node
from lrp.graph.trace import Explanation, Gradient, Trace

__all__ = [
    "PRESETS",
    "Composite",
    "Explanation",
    "Gradient",
    "Ledger",
    "Line",
    "Metadata",
    "Network",
    "Node",
    "Preprocessing",
    "Trace",
    "fold_batchnorm",
]
