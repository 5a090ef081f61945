"""Reading HDF5 files from untrusted sources with h5py; hdf5_writer.py writes our own.

`File` reads in this process. It never follows a soft or external link, never reads external storage or a
virtual dataset, never runs a filter plug-in, and compares declared sizes with stored bytes and with a budget
before anything is allocated. libhdf5 itself can still loop for ever or end by a signal over one changed byte,
so untrusted files are read by a `File` in a child process: that is what `sandbox.open_file` does.

What it does not do: walk a file on its own, read variable-length data, compound types or references to regions.
"""

import contextlib
from collections.abc import Iterator
from math import prod
from types import TracebackType
from typing import Any, BinaryIO

import h5py
import numpy as np

from lrp.errors import LoadError
from lrp.formats.container.json_text import parse_json
from lrp.formats.container.reader import (
    LIMITS,
    Array,
    Attribute,
    Limits,
    Reader,
    parts_of,
    plain,
    quoted,
    require_disjoint,
    require_signature,
)

FLOATS = (
    h5py.h5t.IEEE_F16LE,
    h5py.h5t.IEEE_F16BE,
    h5py.h5t.IEEE_F32LE,
    h5py.h5t.IEEE_F32BE,
    h5py.h5t.IEEE_F64LE,
    h5py.h5t.IEEE_F64BE,
)
# both are part of h5py itself, neither is a plug-in
COMPRESSIONS = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_LZF}
ARRANGEMENTS = {h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32}
# deflate cannot shrink data by more than 1032 : 1
DEFLATE_LIMIT = 1100


class File(Reader):
    """An HDF5 file read in this process; `open_file` uses it directly for trusted files only."""

    def __init__(self, stream: BinaryIO, name: str, limits: Limits = LIMITS) -> None:
        self.name = name
        self.limits = limits
        size = require_signature(stream, name)
        self.left = limits.budget(size)
        self.size = size
        self.extents: dict[int, int] = {}
        self.plugins = _unload_plugins()
        try:
            self.file = h5py.File(stream, "r")
        except Exception as error:  # h5py raises OSError, RuntimeError, ValueError ...
            _reload_plugins(self.plugins)
            raise LoadError(f"{name} is a damaged HDF5 file: {quoted(str(error))}") from None

    def __enter__(self) -> "File":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; the stream stays the caller's."""
        self.file.close()
        _reload_plugins(self.plugins)

    def _open(self, path: str) -> Any:
        """The low-level id of the object at `path`, walked one hard link at a time; None where there is nothing."""
        parts = parts_of(path)
        if len(parts) > self.limits.depth:
            raise LoadError(f"{self.name}: {quoted(path)} is more than {self.limits.depth} groups deep; it is refused")
        with self._errors(path):
            here = h5py.h5g.open(self.file.id, b"/")
            for part in parts:
                link = part.encode("utf-8")
                if not isinstance(here, h5py.h5g.GroupID) or not here.links.exists(link):
                    return None
                if here.links.get_info(link).type != h5py.h5l.TYPE_HARD:
                    raise LoadError(
                        f"{self.name}: {quoted(path)} is reached by a soft or external link at {quoted(part)}; "
                        "links are not followed, store the data itself in the file"
                    )
                here = h5py.h5o.open(here, link)
            return here

    @contextlib.contextmanager
    def _errors(self, path: str) -> Iterator[None]:
        """Whatever h5py raises over a damaged file becomes a LoadError."""
        try:
            yield
        except LoadError:
            raise
        except MemoryError:
            raise LoadError(f"{self.name}: reading {quoted(path)} needs more memory than the limit allows") from None
        except Exception as error:
            raise LoadError(f"{self.name}: {quoted(path)} is damaged: {quoted(str(error))}") from None

    def kind(self, path: str) -> str:
        here = self._open(path)
        if here is None:
            return ""
        if isinstance(here, h5py.h5g.GroupID):
            return "group"
        if isinstance(here, h5py.h5d.DatasetID):
            return "dataset"
        raise LoadError(f"{self.name}: {quoted(path)} is a named data type; expected a group or a dataset")

    def children(self, path: str) -> tuple[str, ...]:
        here = self._open(path)
        if not isinstance(here, h5py.h5g.GroupID):
            return ()
        with self._errors(path):
            if here.get_num_objs() > self.limits.names:
                raise LoadError(f"{self.name}: {quoted(path)} has more than {self.limits.names} members; it is refused")
            return tuple(sorted(name.decode("utf-8") for name in here))

    def attribute(self, path: str, name: str) -> "Attribute | None":
        here = self._open(path)
        if here is None or not name:
            return None
        with self._errors(f"{path}@{name}"):
            if not h5py.h5a.exists(here, name.encode("utf-8")):
                return None
            identifier = h5py.h5a.open(here, name.encode("utf-8"))
            kind = identifier.get_type().get_class()
            if kind not in (h5py.h5t.STRING, h5py.h5t.INTEGER, h5py.h5t.FLOAT):
                raise LoadError(
                    f"{self.name}: the attribute {quoted(name)} of {quoted(path)} is neither text nor numbers"
                )
            if identifier.get_space().get_simple_extent_npoints() == 0:
                return ()
            size = identifier.get_storage_size()
            if size > self.limits.attribute_bytes:
                raise LoadError(
                    f"{self.name}: the attribute {quoted(name)} of {quoted(path)} has {size} bytes; "
                    f"the limit is {self.limits.attribute_bytes}"
                )
            owner = h5py.Group(here) if isinstance(here, h5py.h5g.GroupID) else h5py.Dataset(here)
            value = plain(owner.attrs[name])
            _require_short(self, path, name, value)
            return value

    def json_attribute(self, path: str, name: str) -> "dict[str, Any] | None":
        text = self.attribute(path, name)
        if text is None:
            return None
        if not isinstance(text, str):
            raise LoadError(f"{self.name}: the attribute {quoted(name)} of {quoted(path)} is no text; expected JSON")
        return parse_json(text, f"{self.name}: {name}")

    def _dataset(self, path: str) -> Any:
        here = self._open(path)
        if not isinstance(here, h5py.h5d.DatasetID):
            found = "nothing" if here is None else "something else"
            raise LoadError(f"{self.name}: expected a dataset at {quoted(path)}, found {found}")
        return here

    def shape(self, path: str) -> tuple[int, ...]:
        return self._shape(self._dataset(path), path)

    def _shape(self, dataset: Any, path: str) -> tuple[int, ...]:
        with self._errors(path):
            if dataset.get_space().get_simple_extent_type() == h5py.h5s.NULL:
                raise LoadError(f"{self.name}: {quoted(path)} is empty (a null data space); expected numbers")
            return tuple(int(length) for length in dataset.shape)

    def array(self, path: str, shape: tuple[int, ...] | None = None, finite: bool = True) -> Array:
        dataset = self._dataset(path)
        with self._errors(path):
            bfloat16 = _require_numbers(self, path, dataset)
            declared = self._shape(dataset, path)
            if shape is not None and declared != tuple(shape):
                raise LoadError(f"{self.name}: {quoted(path)} has shape {declared}; expected {tuple(shape)}")
            _require_stored(self, path, dataset)
            values = np.asarray(h5py.Dataset(dataset)[()])
            if bfloat16:
                bits = np.frombuffer(values.tobytes(), "<u2").astype(np.uint32) << 16
                values = bits.view(np.float32).reshape(declared)
            values = values.astype(values.dtype.newbyteorder("="), copy=False)
        return self.require_array(path, values, finite)

    def references(self, path: str) -> tuple[str, ...]:
        dataset = self._dataset(path)
        with self._errors(path):
            if h5py.check_ref_dtype(dataset.dtype) is not h5py.Reference:
                raise LoadError(f"{self.name}: {quoted(path)} does not hold references to objects")
            _require_stored(self, path, dataset)
            targets = np.asarray(h5py.Dataset(dataset)[()], dtype=object).ravel()
            if targets.size > self.limits.names:
                raise LoadError(
                    f"{self.name}: {quoted(path)} has more than {self.limits.names} references; it is refused"
                )
            return tuple(
                (h5py.h5r.get_name(target, dataset) or b"").decode("utf-8") if target else "" for target in targets
            )


def _require_short(file: File, path: str, name: str, value: Attribute) -> None:
    """Refuse long text of variable length, whose size is known only after it is read."""
    texts = (value,) if isinstance(value, str) else value if isinstance(value, tuple) else ()
    size = sum(map(len, texts))
    if size > file.limits.attribute_bytes:
        raise LoadError(
            f"{file.name}: the attribute {quoted(name)} of {quoted(path)} has {size} characters; "
            f"the limit is {file.limits.attribute_bytes}"
        )


def _require_numbers(file: File, path: str, dataset: Any) -> bool:
    """Refuse what is not fixed-size integers or IEEE floats; True for the two-byte opaque type of bfloat16."""
    kind = dataset.get_type()
    size = kind.get_size()
    if kind.get_class() == h5py.h5t.INTEGER and size in (1, 2, 4, 8) and kind.get_precision() == 8 * size:
        return False
    if kind.get_class() == h5py.h5t.FLOAT and any(kind.equal(known) for known in FLOATS):
        return False
    if kind.get_class() == h5py.h5t.OPAQUE and size == 2 and file.attribute(path, "dtype") == "bfloat16":
        return True
    raise LoadError(
        f"{file.name}: {quoted(path)} has the data type {quoted(str(dataset.dtype))}; expected fixed-size integers "
        "or floats of 16, 32 or 64 bits"
    )


def _require_stored(file: File, path: str, dataset: Any) -> None:
    """Refuse foreign storage, plug-in filters and sizes that the stored bytes do not bear out, before reading."""
    where = f"{file.name}: {quoted(path)}"
    plan = dataset.get_create_plist()
    layout = plan.get_layout()
    if layout == h5py.h5d.VIRTUAL or plan.get_external_count():
        raise LoadError(f"{where} keeps its data in another file (external or virtual storage); it is refused")
    filters = [plan.get_filter(index)[0] for index in range(plan.get_nfilters())]
    foreign = set(filters) - COMPRESSIONS - ARRANGEMENTS
    if foreign or len(set(filters)) < len(filters) or len(COMPRESSIONS & set(filters)) > 1:
        raise LoadError(f"{where} has filters {filters}; only deflate or lzf, shuffle and fletcher32 are read")
    itemsize = dataset.get_type().get_size()
    declared = prod(int(length) for length in dataset.shape) * itemsize  # Python integers never overflow
    stored = int(dataset.get_storage_size())
    if declared > file.left:
        raise LoadError(
            f"{where} declares {declared} bytes, but {file.left} are left of what a file of {file.size} "
            "bytes may hold; raise the limits if you trust it"
        )
    file.left -= declared
    if declared > stored * (DEFLATE_LIMIT if filters else 1):
        raise LoadError(f"{where} declares {declared} bytes and stores {stored}; it is damaged or a decompression bomb")
    if layout == h5py.h5d.CHUNKED:
        chunk = plan.get_chunk()
        if prod(chunk) * itemsize > 4 * declared + (1 << 24):
            raise LoadError(f"{where} has chunks of shape {chunk}, far larger than the data; it is refused")
        if dataset.get_num_chunks() != prod(-(-length // side) for length, side in zip(dataset.shape, chunk)):
            raise LoadError(f"{where} lacks some of its chunks; the values in them are unknown")
    if layout == h5py.h5d.CONTIGUOUS and declared:
        require_disjoint(file.extents, where, int(dataset.get_offset()), declared)


def _unload_plugins() -> list[bytes]:
    """Empty libhdf5's plug-in search path and return what it held."""
    paths = []
    while h5py.h5pl.size():
        paths.append(h5py.h5pl.get(0))
        h5py.h5pl.remove(0)
    return paths


def _reload_plugins(paths: list[bytes]) -> None:
    """Give libhdf5 back the search path that `_unload_plugins` took."""
    for path in paths:
        h5py.h5pl.append(path)
