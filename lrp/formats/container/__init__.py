"""Reading and writing files that may come from a stranger: the only package that opens HDF5, zip and protocol buffers.

    this process                                         the child process (`worker.py`)
    ------------------------------------------------     ------------------------------------------------------
    `reader.py`   what a file is, by its first bytes;    `hdf5.py`   every call of h5py and so of libhdf5:
                  the limits; the interface `Reader`                 names, attributes, shapes, arrays
    `sandbox.py`  starts the child, sends requests,      bounded in memory, processor time, open files and
                  checks each answer, kills the child    written bytes; it never imports the rest of `lrp`, and
                  when its time is over                  no byte of the file is executed or unpickled

    `archive.py`  zip members, with checked sizes        nothing: zip, JSON, prototxt and the wire format of
    `prototxt.py` the text format of protocol buffers    protocol buffers are read here, in pure Python, with
    `wire.py`     their binary format                    bounds on size, depth and count

With `trusted=True` the file is opened in this process: `hdf5.File` takes the place of the child, behind the same
interface, with the same limits on sizes but none on time.
`hdf5.Writer` and `output.py` write: to a temporary file beside the target, renamed when it is complete.

What this package does not do: make libhdf5 safe. It bounds what a defect of libhdf5 can do to this process.
"""

from lrp.formats.container.archive import JSON_BYTES, parse_json, read_members
from lrp.formats.container.hdf5_writer import Writer, create
from lrp.formats.container.output import check_target, write_bytes
from lrp.formats.container.prototxt import Message, Scalar, parse
from lrp.formats.container.reader import LIMITS, Limits, Reader, is_hdf5, open_binary, parts_of, show
from lrp.formats.container.sandbox import open_bytes, open_file
from lrp.formats.container.wire import BYTES, FIXED32, FIXED64, VARINT, Damaged, fields, varint

__all__ = [
    "BYTES",
    "FIXED32",
    "FIXED64",
    "JSON_BYTES",
    "LIMITS",
    "VARINT",
    "Damaged",
    "Limits",
    "Message",
    "Reader",
    "Scalar",
    "Writer",
    "check_target",
    "create",
    "fields",
    "is_hdf5",
    "open_binary",
    "open_bytes",
    "open_file",
    "parse",
    "parse_json",
    "parts_of",
    "read_members",
    "show",
    "varint",
    "write_bytes",
]
