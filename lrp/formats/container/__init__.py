"""Reading files from untrusted sources, and writing our own. All reading of the engine's inputs goes through here.

    this process                                          the child process (`worker.py`)
    ------------------------------------------------      ------------------------------------------------------
    `files.py`     opens regular files, nothing else      `hdf5.py`             every call of h5py and so of libhdf5
    `reader.py`    limits, checks, interface `Reader`     `archive.py`          zip archives (.keras, .npz)
    `sandbox.py`   starts the child, sends requests,      `json_text.py`        JSON
                   checks each answer, kills the child    `prototxt_parser.py`  the text format of protocol buffers
                   when its time is over                  `wire.py`             their binary format, for
    `documents.py` typed functions for whole files         `onnx_message.py`    ONNX models and
    `prototxt.py`  a parsed prototxt, field by field       `caffe_message.py`   binary caffemodels
    `pipe.py`      messages between the two (both)        `numpy_file.py`       .npy and .npz
    `hdf5_writer.py`, `output.py`  write files            `picture.py`          Pillow (extra): PNG, JPEG, TIFF ...

`parsers.py` lists what the child can parse as a whole, with the memory each may use. The child is bounded in memory,
processor time, open files and written bytes; it never imports the rest of `lrp`, and nothing in a file is executed,
imported or unpickled. Its answers are JSON that this process parses again (within the bounds that the child checked)
and raw numbers.

In this process, without the child, are read:

    the first bytes of a file           to recognise its format
    weights beside an ONNX model        raw numbers of a stated type; the declared bytes must fill the declared shape
    texts to classify, lists of names   UTF-8 text, bounded in bytes before it is read (`read_bytes`)
    everything, with `trusted=True`     by the same code, with the same limits on sizes but none on time and memory

What this package does not do: make libhdf5 or Pillow safe. It bounds what a defect of them can do to this process.
"""

from lrp.formats.container.documents import (
    ModelMessage,
    PixelReader,
    picture_reader,
    read_blob,
    read_json,
    read_json_list,
    read_keras_archive,
    read_model,
    read_numpy,
    read_picture,
    read_prototxt,
)
from lrp.formats.container.files import open_binary, read_bytes
from lrp.formats.container.hdf5_writer import Writer, create
from lrp.formats.container.onnx_message import RAW, shaped
from lrp.formats.container.output import check_target, write_bytes
from lrp.formats.container.prototxt import Message, Scalar
from lrp.formats.container.reader import LIMITS, Limits, Reader, is_hdf5, parts_of, quoted
from lrp.formats.container.sandbox import open_file, open_member
from lrp.formats.container.wire import MessageError

__all__ = [
    "LIMITS",
    "RAW",
    "Limits",
    "Message",
    "MessageError",
    "ModelMessage",
    "PixelReader",
    "picture_reader",
    "Reader",
    "Scalar",
    "Writer",
    "check_target",
    "create",
    "is_hdf5",
    "open_binary",
    "open_file",
    "open_member",
    "parts_of",
    "quoted",
    "read_blob",
    "read_bytes",
    "read_json",
    "read_json_list",
    "read_keras_archive",
    "read_model",
    "read_numpy",
    "read_picture",
    "read_prototxt",
    "shaped",
    "write_bytes",
]
