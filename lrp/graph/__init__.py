"""Networks as graphs: the forward pass, the backward pass, composites, the ledger."""

from lrp.graph import composites, ledger
from lrp.graph.canonize import fold_batchnorm
from lrp.graph.composites import PRESETS, Composite, RuleAssignment, lines_of, parse
from lrp.graph.ledger import COLUMNS, STORED, Ledger, LedgerRow
from lrp.graph.libraries import PROFILES
from lrp.graph.metadata import ORDERS, Metadata, Preprocessing
from lrp.graph.network import Network, Node
from lrp.graph.profiles import Profile
from lrp.graph.stand_ins import averaged, squared_variance
from lrp.graph.start import STARTS, Constant, Start, at_target, start
from lrp.graph.target import target_numbers
from lrp.graph.trace import Explanation, Gradient, Trace

__all__ = [
    "COLUMNS",
    "ORDERS",
    "PRESETS",
    "PROFILES",
    "STARTS",
    "STORED",
    "Composite",
    "Constant",
    "Explanation",
    "Gradient",
    "Ledger",
    "LedgerRow",
    "Metadata",
    "Network",
    "Node",
    "Preprocessing",
    "Profile",
    "RuleAssignment",
    "Start",
    "Trace",
    "at_target",
    "averaged",
    "composites",
    "fold_batchnorm",
    "ledger",
    "lines_of",
    "parse",
    "squared_variance",
    "start",
    "target_numbers",
]
