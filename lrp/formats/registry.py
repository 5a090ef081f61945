"""FORMATS: every format that is read, how it is recognised, what of it is read and what is refused.

`load` and `describe` try the formats in this order; docs/formats.md holds `table()`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from lrp.formats import caffe, chainer, keras, matlab, native, onnx, torch
from lrp.formats.container import Reader
from lrp.formats.model_file import ModelFile, RecognizedFile
from lrp.graph import Network


@dataclass(frozen=True)
class Format:
    """One format. The texts are for people; `recognise` gives None for a file of another format.

    recognised_by: by what content, never by the file's name. extensions: the customary ones.
    """

    name: str
    extensions: tuple[str, ...]
    recognised_by: str
    reads: str
    refuses: str
    recognise: Callable[[ModelFile], RecognizedFile | None]


def _native(file: ModelFile) -> RecognizedFile | None:
    if file.hdf5 is None or file.archive or not native.is_native(file.hdf5):
        return None
    name = f"native HDF5, format version {native.VERSION}"
    return RecognizedFile(name, partial(native.read, file.hdf5, file.options.dtype))


def _keras_source(name: str, source: keras.Source, file: ModelFile) -> RecognizedFile:
    return RecognizedFile(name, partial(keras.read, source, file.options.dtype), source.refused)


def _keras(file: ModelFile) -> RecognizedFile | None:
    if file.hdf5 is None or file.archive or not keras.is_complete(file.hdf5):
        return None
    source = keras.complete(file.hdf5, file.options.backend)
    return _keras_source("Keras HDF5, architecture and weights", source, file)


def _keras_weights(file: ModelFile) -> RecognizedFile | None:
    if file.hdf5 is None or file.archive or not keras.is_weights_only(file.hdf5):
        return None
    source = keras.weights_only(file.hdf5, file.architecture_json(), file.options.backend)
    return _keras_source("Keras weights", source, file)


def _keras_archive(file: ModelFile) -> RecognizedFile | None:
    if file.hdf5 is None or not file.archive:
        return None
    origin = {"keras_version": file.members.get("metadata.json", {}).get("keras_version"), "backend": None}
    source = keras.Source(file.hdf5, file.members["config.json"], origin, file.options.backend)
    return _keras_source("Keras archive (.keras)", source, file)


def _weights(
    name: str,
    is_one: Callable[[Reader], bool],
    read: Callable[[Reader, Any, str], Network],
    architecture: Callable[[ModelFile], Any],
) -> Callable[[ModelFile], RecognizedFile | None]:
    """The recogniser of HDF5 files of weights, whose architecture is in a second file."""

    def recognise(file: ModelFile) -> RecognizedFile | None:
        hdf5 = file.hdf5
        if hdf5 is None or not is_one(hdf5):
            return None
        return RecognizedFile(name, lambda: read(hdf5, architecture(file), file.options.dtype))

    return recognise


def _onnx(file: ModelFile) -> RecognizedFile | None:
    model, arrays = file.message.onnx, file.message.arrays
    if model is None:
        return None
    folder = os.path.dirname(os.path.abspath(file.path))
    return RecognizedFile("ONNX", lambda: onnx.read(model, arrays, file.name, folder, file.options.dtype))


def _caffemodel(file: ModelFile) -> RecognizedFile | None:
    layers, arrays = file.message.caffe, file.message.arrays
    if layers is None:
        return None

    def read() -> Network:
        return caffe.read_binary(layers, arrays, file.name, file.prototxt(), file.options.dtype)

    return RecognizedFile("binary Caffe", read)


FORMATS: tuple[Format, ...] = (
    Format(
        "native",
        (".h5",),
        'HDF5, attribute `format` = "lrp"',
        "all that `lrp.save` writes, see [native-format.md](native-format.md)",
        "other format versions",
        _native,
    ),
    Format(
        "Keras HDF5",
        (".h5", ".hdf5", ".keras"),
        "HDF5, attribute `model_config`",
        "architecture and weights of Keras 1, 2, tf.keras and 3",
        "subclassed models, custom layers and functions, by name",
        _keras,
    ),
    Format(
        "Keras weights",
        (".weights.h5", ".h5"),
        "HDF5, attribute `layer_names` or `nb_layers`, or groups `layers/*/vars`",
        "weights of Keras 0.3 to 3, with `architecture=` the JSON of `to_json()`; `nb_layers`: as Theano's unless"
        " `backend=` says otherwise",
        "as above",
        _keras_weights,
    ),
    Format(
        "Keras archive",
        (".keras",),
        "zip with `config.json` and `model.weights.h5`",
        "Keras 3, members stored or deflated",
        "as above; other compressions, links, encryption",
        _keras_archive,
    ),
    Format(
        "MATLAB v7.3",
        (".mat",),
        "HDF5, attribute `MATLAB_class` on its variables",
        "MatConvNet (simplenn, DagNN), Fisher vectors; plain matrices with `architecture=` our JSON",
        "objects, function handles, sparse matrices, MAT v5",
        _weights("MATLAB v7.3", matlab.is_matlab, matlab.read, ModelFile.architecture),
    ),
    Format(
        "Caffe HDF5",
        (".caffemodel.h5",),
        "HDF5, groups below `/data`",
        "blobs of `Net::ToHDF5`, with `architecture=` the prototxt",
        "layers and settings that are not listed, by name",
        _weights("Caffe HDF5", caffe.is_caffe, caffe.read, ModelFile.prototxt),
    ),
    Format(
        "PyTorch in HDF5",
        (".h5",),
        "HDF5, datasets named as `state_dict()` names tensors",
        "tensors, with `architecture=` our JSON",
        "pickles (.pt, .pth)",
        _weights("PyTorch state dict in HDF5", torch.is_torch, torch.read, ModelFile.architecture),
    ),
    Format(
        "Chainer HDF5",
        (".h5",),
        "HDF5, groups with `W` and `b`, or `avg_mean` and `avg_var`",
        "`save_hdf5`, with `architecture=` our JSON",
        "`save_npz`",
        _weights("Chainer HDF5", chainer.is_chainer, chainer.read, ModelFile.architecture),
    ),
    Format(
        "ONNX",
        (".onnx",),
        "protocol buffers, a version and a graph",
        "the operators listed in [formats-caffe-onnx.md](formats-caffe-onnx.md); no library is needed",
        "other domains, functions, sparse and quantised weights, by name",
        _onnx,
    ),
    Format(
        "binary Caffe",
        (".caffemodel",),
        "protocol buffers, layers with blobs",
        "blobs, with `architecture=` the prototxt; no library is needed",
        "as Caffe HDF5",
        _caffemodel,
    ),
)


def table() -> str:
    """FORMATS as a table in Markdown."""
    rows = [("format", "customary names", "recognised by", "read", "refused"), ("---",) * 5]
    for one in FORMATS:
        rows.append((one.name, " ".join(f"`{e}`" for e in one.extensions), one.recognised_by, one.reads, one.refuses))
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


if __name__ == "__main__":
    print(table(), end="")
