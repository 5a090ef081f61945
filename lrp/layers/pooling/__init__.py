"""Pooling.

global_pooling.py   GlobalAvgPool, GlobalMaxPool, GlobalSumPool: over all spatial axes at once
linear_pooling.py   AvgPool, SumPool: over sliding windows
max_pooling.py      MaxPool: over sliding windows
p_norm.py           PNormPool: the p-norm of neighbouring neurons
window_pooling.py   the base of pooling over sliding windows
"""

from lrp.layers.pooling.global_pooling import GlobalAvgPool, GlobalMaxPool, GlobalSumPool
from lrp.layers.pooling.linear_pooling import AvgPool, LinearPool, SumPool
from lrp.layers.pooling.max_pooling import MaxPool
from lrp.layers.pooling.p_norm import PNormPool
from lrp.layers.pooling.window_pooling import ONE, Pool, WindowSum

__all__ = [
    "GlobalAvgPool",
    "GlobalMaxPool",
    "GlobalSumPool",
    "AvgPool",
    "LinearPool",
    "SumPool",
    "MaxPool",
    "PNormPool",
    "ONE",
    "Pool",
    "WindowSum",
]
