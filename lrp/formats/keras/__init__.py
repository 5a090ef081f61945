"""Keras: `.h5` of Keras 1, 2 and 3, and `.keras` archives.

load.py        which generation wrote a file; architecture and weights -> Network
config.py      the graph in a configuration, as plain data
keras1.py      configurations of Keras 1 in the terms of Keras 2
weights.py     where in the file the arrays of each layer are
variables.py   which arrays each class of layers has
build.py       from configuration and arrays to nodes; calls.py: the arguments of a call
fields.py      settings of a layer, checked by type
basic.py, activations.py, attention.py, convolution.py, merging.py, normalization.py, operations.py, recurrent.py,
spatial.py, shape_operations.py   one family of layers each
"""

from lrp.formats.keras.load import Source, complete, is_complete, is_weights_only, read, weights_only

__all__ = ["Source", "complete", "is_complete", "is_weights_only", "read", "weights_only"]
