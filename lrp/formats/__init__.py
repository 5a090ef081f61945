"""File formats: a network from what other programs wrote, and our own format.

load.py            `load`: recognises a file's format and reads it
describe.py        `describe`: what a file holds, for people
registry.py        FORMATS: every format, how it is recognised, what is read and refused
model_file.py      a file that is being loaded, and the architecture beside it
native.py          our own HDF5 format: `save`, and reading it
picture_input.py   a network's input from a picture file (`network.read_input`)
local_features.py  parts of classifiers on local descriptors: mixture, PCA, linear SVM
container/         all reading of untrusted bytes, in a bounded child process; start with its `__init__`
build/             what all readers share: from a description of layers to a network
keras/ caffe/ matlab/ torch/ chainer/ onnx/   one package for each program
results/           explanations and named arrays as HDF5 files
"""

from __future__ import annotations

from lrp.formats.describe import Description, describe
from lrp.formats.load import load
from lrp.formats.local_features import load_mixture, load_pca, load_svm
from lrp.formats.native import save
from lrp.formats.picture_input import PICTURES, prepared_picture, read_picture_input
from lrp.formats.registry import FORMATS, Format

__all__ = [
    "FORMATS",
    "Description",
    "Format",
    "PICTURES",
    "describe",
    "load",
    "load_mixture",
    "load_pca",
    "load_svm",
    "prepared_picture",
    "read_picture_input",
    "save",
]
