"""Attention: products of two activations, and multi-head attention."""

from lrp.layers.attention.multi_head import MultiHeadAttention
from lrp.layers.attention.products import Dot, MatMul

__all__ = ["Dot", "MatMul", "MultiHeadAttention"]
