"""Caffe: weights in HDF5 or in a binary caffemodel, the net in its prototxt. `load.py` puts them together."""

from lrp.formats.caffe.caffemodel import is_caffemodel, read_binary
from lrp.formats.caffe.load import is_caffe, read

__all__ = ["is_caffe", "is_caffemodel", "read", "read_binary"]
