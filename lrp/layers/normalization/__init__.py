"""Normalisation: by stored statistics, by statistics of the sample, and by local response.

batch_norm.py    BatchNorm: stored statistics, an affine map of each channel
group_norm.py    GroupNorm: statistics of groups of channels
layer_norm.py    LayerNorm, RMSNorm: statistics of the last axes
lrn.py           LRN: local response normalisation
sample_norm.py   the base of GroupNorm, LayerNorm, RMSNorm and UnitNorm
unit_norm.py     UnitNorm: vectors of length 1
"""

from lrp.layers.normalization.batch_norm import BatchNorm
from lrp.layers.normalization.group_norm import GroupNorm
from lrp.layers.normalization.layer_norm import LayerNorm, RMSNorm
from lrp.layers.normalization.lrn import LRN
from lrp.layers.normalization.unit_norm import UnitNorm

__all__ = [
    "BatchNorm",
    "GroupNorm",
    "LayerNorm",
    "RMSNorm",
    "LRN",
    "UnitNorm",
]
