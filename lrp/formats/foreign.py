"""Files of other programs than Keras: which reader a file is for, told by its content, never by its name.

Caffe       /data/<layer>/<i> in HDF5, or a binary caffemodel     with the prototxt as architecture
MATLAB      v7.3 with MATLAB_class on its variables               with our JSON for plain matrices
PyTorch     datasets named as state_dict() names tensors          with our JSON as architecture
Chainer     groups with W and b, or avg_mean and avg_var          with our JSON as architecture
ONNX        protocol buffers with a graph                         (extra `onnx`)
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial

from lrp.errors import LoadError
from lrp.formats import caffe, chainer, matlab, onnx, torch
from lrp.formats.container import Reader, open_binary, show
from lrp.graph import Network

Path = str | os.PathLike[str]
LONGEST = 16 << 20
SIGNATURES = {
    b"MATLAB 5.0 MAT-file": "a MATLAB v5 file, which is not HDF5; save it in MATLAB with the option '-v7.3'",
    b"\x80": "a pickle, which could run code when it is read; store the arrays in HDF5",
    b"\x93NUMPY": "a numpy array and no network",
}


def recognised(
    file: Reader, architecture: Path | None, dtype: str = "float64"
) -> tuple[str, Callable[[], Network]] | None:
    """The format of an opened HDF5 file of one of these programs, and how to read it; None where it is of none."""
    text = None if architecture is None else read_text(architecture)
    name = "the architecture" if architecture is None else show(os.fspath(architecture))
    if matlab.is_matlab(file):
        return "MATLAB v7.3", partial(matlab.read, file, text, dtype)
    if caffe.is_caffe(file):
        return "Caffe HDF5", partial(caffe.read, file, text, dtype, name)
    if torch.is_torch(file):
        return "PyTorch state dict in HDF5", partial(torch.read, file, text, dtype)
    if chainer.is_chainer(file):
        return "Chainer HDF5", partial(chainer.read, file, text, dtype)
    return None


def read_other(path: Path, architecture: Path | None, dtype: str = "float64") -> Network:
    """The network of a file that is neither HDF5 nor an archive: an ONNX model or a binary caffemodel.

    LoadError says what the file is where its first bytes tell.
    """
    name = show(os.fspath(path))
    with open_binary(path) as stream:
        start = stream.read(64)
    for signature, what in SIGNATURES.items():
        if start.startswith(signature):
            raise LoadError(f"{name} is {what}")
    if architecture is not None and caffe.is_caffemodel(path):
        shown = show(os.fspath(architecture))
        return caffe.read_binary(path, read_text(architecture), dtype, shown)
    if onnx.is_onnx(path):
        return onnx.read(path, dtype)
    if caffe.is_caffemodel(path):
        raise LoadError(f"{name} is a binary caffemodel; give the net's deploy.prototxt as the architecture")
    raise LoadError(
        f"{name} is not an HDF5 file: it lacks the HDF5 signature; nor is it an ONNX model or a binary caffemodel"
    )


def read_text(path: Path) -> str:
    """A text file in UTF-8 (comments of old prototxt files may be in Latin-1)."""
    with open_binary(path) as stream:
        content = stream.read(LONGEST + 1)
    if len(content) > LONGEST or b"\0" in content:
        raise LoadError(f"{show(os.fspath(path))} is no text of at most {LONGEST} bytes; expected an architecture")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")
