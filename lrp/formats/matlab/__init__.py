"""MATLAB v7.3: plain matrices, MatConvNet networks, Fisher-vector classifiers. `load.py` tells them apart."""

from lrp.formats.matlab.load import is_matlab, read

__all__ = ["is_matlab", "read"]
