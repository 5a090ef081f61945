"""Layers with several inputs: sums, products, differences, concatenation."""

from lrp.layers.merging.differences import Maximum, Minimum, Subtract
from lrp.layers.merging.sums_and_products import Add, Average, Concat, Multiply, unbroadcast
from lrp.layers.merging.weighted_add import WeightedAdd

__all__ = ["Add", "Average", "Concat", "Maximum", "Minimum", "Multiply", "Subtract", "WeightedAdd", "unbroadcast"]
