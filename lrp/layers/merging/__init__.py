"""Layers with several inputs.

broadcasting.py    shapes of elementwise layers, and the transpose of broadcasting
concatenation.py   Concat
extrema.py         Maximum, Minimum
products.py        Multiply
sums.py            Add, Average, Subtract, WeightedAdd
"""

from lrp.layers.merging.broadcasting import unbroadcast
from lrp.layers.merging.concatenation import Concat
from lrp.layers.merging.extrema import Maximum, Minimum
from lrp.layers.merging.products import Multiply
from lrp.layers.merging.sums import Add, Average, Subtract, WeightedAdd

__all__ = [
    "unbroadcast",
    "Concat",
    "Maximum",
    "Minimum",
    "Multiply",
    "Add",
    "Average",
    "Subtract",
    "WeightedAdd",
]
