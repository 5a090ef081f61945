"""Normalization: batch, layer, group, RMS, and local response normalization."""

from lrp.layers.normalization.batch_norm import BatchNorm
from lrp.layers.normalization.layer_norm import GroupNorm, LayerNorm, RMSNorm, UnitNorm, is_plain
from lrp.layers.normalization.lrn import LRN

__all__ = ["LRN", "BatchNorm", "GroupNorm", "LayerNorm", "RMSNorm", "UnitNorm", "is_plain"]
