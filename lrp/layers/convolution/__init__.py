"""Convolution.

`convolution.py` is the layer, `transpose.py` its transpose. `plain.py` defines the sums. What is there for speed:
`fast.py` chooses among `float32.py` (blocks of shifted matrices), `columns.py` (blocks of columns) and `depthwise.py`.
"""

from lrp.layers.convolution.convolution import Conv
from lrp.layers.convolution.transpose import ConvTranspose

__all__ = ["Conv", "ConvTranspose"]
