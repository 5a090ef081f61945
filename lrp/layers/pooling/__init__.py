"""Pooling: over sliding windows, over the whole map, and by p-norm."""

from lrp.layers.pooling.p_norm import PNormPool
from lrp.layers.pooling.sliding import ONE, AvgPool, LinearPool, MaxPool, Pool, SumPool, WindowSum, linear_rule
from lrp.layers.pooling.whole import GlobalAvgPool, GlobalMaxPool, GlobalSumPool

__all__ = [
    "ONE",
    "AvgPool",
    "GlobalAvgPool",
    "GlobalMaxPool",
    "GlobalSumPool",
    "LinearPool",
    "MaxPool",
    "PNormPool",
    "Pool",
    "SumPool",
    "WindowSum",
    "linear_rule",
]
