"""MATLAB v7.3: MatConvNet networks, Fisher-vector classifiers, plain matrices.

load.py               decides which of them a file holds
mat73.py              variables, structs and cells of a .mat file
matconvnet.py         networks of MatConvNet; matconvnet_blocks.py: their layers
fisher.py             Fisher-vector classifiers
"""

from lrp.formats.matlab.load import is_matlab, read

__all__ = ["is_matlab", "read"]
