"""Networks as graphs. From below upwards:

node, graph       a named layer with its inputs; a graph of them in order, with shapes
metadata          classes, input range, preprocessing
inputs, target, start   what is explained: the input's forms, the output, the relevance at the output
composites        which rule at which node: lines, presets
profiles/         the conventions of other libraries, one file each
ledger, trace     the account of every node; the results of a forward pass, a gradient, an explanation
backward          the one walk from the output to the inputs
network           the graph that computes: forward, gradient, explain
batches           a data set explained batch by batch
assigned_rules    the rules of a composite, assigned once per network
canonize          batch normalisation folded into the layer before it
"""

from lrp.graph import composites, ledger
from lrp.graph.backward import walk_backward
from lrp.graph.canonize import fold_batchnorm
from lrp.graph.composites import DEFAULT_COMPOSITE, PRESETS, Composite, CompositeLike, RuleAssignment, lines_of, parse
from lrp.graph.graph import Graph
from lrp.graph.inputs import InputLike
from lrp.graph.ledger import COLUMNS, STORED, Ledger, LedgerRow
from lrp.graph.metadata import ORDERS, Metadata, Preprocessing
from lrp.graph.network import Network
from lrp.graph.node import Node
from lrp.graph.profiles import PROFILES, Profile, averaged, squared_variance
from lrp.graph.start import STARTS, Constant, Start, StartLike, at_target, start
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
    "Graph",
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
    "StartLike",
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
    "walk_backward",
]
