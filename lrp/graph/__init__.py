"""Networks as graphs: the forward pass, the backward pass, composites, the ledger."""

from lrp.graph import composites, ledger
from lrp.graph.canonize import fold_batchnorm
from lrp.graph.composites import DEFAULT_COMPOSITE, PRESETS, Composite, RuleAssignment, lines_of, parse
from lrp.graph.inputs import InputLike
from lrp.graph.ledger import COLUMNS, STORED, Ledger, LedgerRow
from lrp.graph.libraries import PROFILES
from lrp.graph.metadata import ORDERS, Metadata, Preprocessing
from lrp.graph.network import Network, Node
from lrp.graph.profiles import CompositeLike, Profile
from lrp.graph.stand_ins import averaged, squared_variance
from lrp.graph.start import STARTS, Constant, Start, at_target, start
from lrp.graph.target import TargetLike, picked, target_numbers
from lrp.graph.trace import Explanation, Gradient, Trace

__all__ = [
    "COLUMNS",
    "DEFAULT_COMPOSITE",
    "ORDERS",
    "PRESETS",
    "PROFILES",
    "STARTS",
    "STORED",
    "Composite",
    "CompositeLike",
    "Constant",
    "Explanation",
    "Gradient",
    "InputLike",
    "Ledger",
    "LedgerRow",
    "Metadata",
    "Network",
    "Node",
    "Preprocessing",
    "Profile",
    "RuleAssignment",
    "Start",
    "TargetLike",
    "Trace",
    "at_target",
    "averaged",
    "composites",
    "fold_batchnorm",
    "ledger",
    "lines_of",
    "parse",
    "picked",
    "squared_variance",
    "start",
    "target_numbers",
]
