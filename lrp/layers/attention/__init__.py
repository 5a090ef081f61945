"""Attention: products of two activations, and multi-head attention.

multi_head.py   MultiHeadAttention, in six steps
products.py     Dot, MatMul, and the rule for products of two activations
"""

from lrp.layers.attention.multi_head import MultiHeadAttention
from lrp.layers.attention.products import Dot, MatMul

__all__ = [
    "MultiHeadAttention",
    "Dot",
    "MatMul",
]
