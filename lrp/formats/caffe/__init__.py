"""Caffe: weights in HDF5 or in a binary caffemodel, the net in its prototxt.

load.py            puts weights and net together
net.py             the layers of a prototxt, as the net runs at test time
blobs.py           where the arrays come from: the interface, and HDF5 files
caffemodel.py      binary caffemodels
reader_context.py  what the reader of one layer is given
layers.py          layers with weights or windows
activations.py     activations
shapes.py          layers that move, join or scale values
"""

from lrp.formats.caffe.load import is_caffe, read, read_binary

__all__ = ["is_caffe", "read", "read_binary"]
