"""Networks as graphs: the forward pass, the backward pass, composites, the ledger.

network       Network: what users hold; forward, explain, gradient
graph, node   the graph below it: nodes in an order of computation, shapes, inputs, outputs
backward      the one backward pass, for relevance, gradients and other signals
relevance     the step of relevance propagation, with its ledger
composites, presets, profiles/   the rule of each node: lines, published composites, conventions of libraries
start, target, inputs, batches, input_files, metadata, preprocessing   the arguments of explain
trace, ledger, drawing, summary, doubts  the results, as numbers, pictures and tables; what looks wrong
canonize      batch normalisation folded into its neighbour
"""

from lrp.graph import composites, ledger
from lrp.graph.backward import ProgressCallback, backward, input_signals
from lrp.graph.canonize import fold_batchnorm
from lrp.graph.composites import Composite, CompositeLike, RuleAssignment, lines_of, parse
from lrp.graph.drawing import picture_row
from lrp.graph.graph import Graph
from lrp.graph.input_files import input_reader
from lrp.graph.inputs import InputLike, like_input
from lrp.graph.ledger import COLUMNS, STORED, Ledger, LedgerRow
from lrp.graph.metadata import Metadata
from lrp.graph.network import Network
from lrp.graph.node import Node
from lrp.graph.preprocessing import NAMED, ORDERS, Preprocessing, named_preprocessing
from lrp.graph.presets import DEFAULT_COMPOSITE, PRESETS
from lrp.graph.profiles import PROFILES, Profile, averaged, squared_variance
from lrp.graph.start import STARTS, Constant, Start, StartLike, at_target, start
from lrp.graph.summary import NodeRow, node_rows, size_text, weight_count
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
    "NAMED",
    "Network",
    "Node",
    "NodeRow",
    "Preprocessing",
    "Profile",
    "ProgressCallback",
    "RuleAssignment",
    "Start",
    "StartLike",
    "TargetLike",
    "Trace",
    "at_target",
    "averaged",
    "backward",
    "composites",
    "fold_batchnorm",
    "input_reader",
    "input_signals",
    "ledger",
    "like_input",
    "lines_of",
    "named_preprocessing",
    "node_rows",
    "parse",
    "picked",
    "picture_row",
    "size_text",
    "squared_variance",
    "start",
    "target_numbers",
    "weight_count",
]
