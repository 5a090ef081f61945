"""Reading an untrusted HDF5 file: the limits, the operations, and the checks that need no HDF5 library.

`Reader` is the whole interface between the file formats and HDF5. `hdf5.File` implements it with h5py in this
process, `sandbox.Remote` in a child process; a format does not know which one it was given.
"""

import io
import reprlib
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, BinaryIO, TypeAlias

import numpy as np

from lrp.errors import LoadError

Array: TypeAlias = np.ndarray[Any, Any]
Attribute: TypeAlias = "str | tuple[str, ...] | int | float | Array"

SIGNATURE = b"\x89HDF\r\n\x1a\n"


@dataclass(frozen=True)
class Limits:
    """What reading one file may cost; a larger file that is known to be good needs larger limits.

    The arrays read from a file of B bytes may hold min(total_bytes, max(free_bytes, ratio * B)) bytes in all;
    the child that reads it may use min(longest, seconds + B / speed) seconds of processor time.
    """

    total_bytes: int = 2 << 30
    free_bytes: int = 32 << 20
    ratio: int = 32
    seconds: float = 1.0
    speed: float = 20e6
    longest: float = 8.0
    attribute_bytes: int = 32 << 20
    names: int = 100_000
    depth: int = 64

    def budget(self, size: int) -> int:
        """The most bytes that the arrays of a file of `size` bytes may hold in all."""
        return min(self.total_bytes, max(self.free_bytes, self.ratio * size))

    def time(self, size: int) -> float:
        """Seconds of computing that reading a file of `size` bytes may take."""
        return min(self.longest, self.seconds + size / self.speed)


LIMITS = Limits()


class Reader(ABC):
    """Reading one HDF5 file; paths are absolute ("/a/b"), every error is a LoadError that names file and path."""

    name: str

    @abstractmethod
    def kind(self, path: str) -> str:
        """ "group", "dataset", or "" where there is nothing."""

    @abstractmethod
    def children(self, path: str) -> tuple[str, ...]:
        """The names in a group, sorted; () where there is no such group."""

    @abstractmethod
    def attribute(self, path: str, name: str) -> "Attribute | None":
        """An attribute: str, tuple of str, int, float or a numeric array; () if empty; None where absent."""

    @abstractmethod
    def json_attribute(self, path: str, name: str) -> "dict[str, Any] | None":
        """An attribute that holds the text of a JSON object, parsed; None where it is absent."""

    @abstractmethod
    def shape(self, path: str) -> tuple[int, ...]:
        """The declared shape of a dataset; nothing is read."""

    @abstractmethod
    def array(self, path: str, shape: tuple[int, ...] | None = None, finite: bool = True) -> Array:
        """A dataset of fixed-size numbers, native byte order, its own dtype (bfloat16 comes as float32).

        A `shape` that disagrees with the declared one is an error before anything is read; so are NaN and
        infinity, unless finite=False.
        """

    @abstractmethod
    def references(self, path: str) -> tuple[str, ...]:
        """The paths that a dataset of object references points to, in C order; "" for a null reference."""

    def require_array(self, path: str, values: Array, finite: bool) -> Array:
        """`values`, checked for NaN and infinity."""
        if finite and values.dtype.kind == "f" and not np.isfinite(values).all():
            raise LoadError(f"{self.name}: {quoted(path)} holds NaN or infinity; every relevance would be NaN")
        return values


def quoted(value: object) -> str:
    """A piece of an untrusted file for an error message: quoted, ASCII, at most 200 characters.

    Long texts and containers are cut before they are converted, so that the message of an error about a large file is
    not itself large.
    """
    shortened = _SHORT.repr(value).encode("ascii", "backslashreplace").decode("ascii")
    return shortened if len(shortened) <= 200 else shortened[:197] + "..."


class _Short(reprlib.Repr):
    """repr of the first entries of a value."""

    def repr_str(self, x: str, level: int) -> str:
        return ascii(x) if len(x) <= 200 else ascii(x[:197]) + "..."

    def repr_instance(self, x: object, level: int) -> str:
        return ascii(x)[:200]


_SHORT = _Short()
_SHORT.maxlevel = 4
_SHORT.maxlist = _SHORT.maxtuple = _SHORT.maxdict = _SHORT.maxset = _SHORT.maxfrozenset = 30


def parts_of(path: str) -> list[str]:
    """The components of an absolute path; "." and ".." and empty ones are refused (HDF5 gives them no
    meaning).
    """
    if not path.startswith("/"):
        raise LoadError(f"the path {quoted(path)} inside a file must start with '/'")
    if path == "/":
        return []
    parts = path[1:].split("/")
    if any(part in ("", ".", "..") or "\0" in part for part in parts):
        raise LoadError(
            f"the path {quoted(path)} inside a file has an empty, '.', '..' or NUL component; it is refused"
        )
    return parts


def plain(value: Any) -> "Attribute":
    """An attribute as h5py returns it -> str, tuple of str, int, float or array."""
    if isinstance(value, bytes):
        return value.decode("utf-8")
    if isinstance(value, str):
        value.encode("utf-8")  # h5py smuggles invalid bytes through as surrogates
        return value
    values = np.asarray(value)
    if values.size == 0:
        return ()
    if values.dtype.kind in "OS":
        texts = [plain(text) for text in values.ravel().tolist()]
        return tuple(str(text) for text in texts)
    if values.ndim == 0:
        return values.item()
    return values.astype(values.dtype.newbyteorder("="), copy=False)


def require_disjoint(extents: dict[int, int], where: str, start: int, size: int) -> None:
    """Two datasets that share some of their bytes show a damaged address; one read twice is fine."""
    for begin, length in extents.items():
        if (begin, length) != (start, size) and begin < start + size and start < begin + length:
            raise LoadError(f"{where} shares bytes with another dataset; the file is damaged")
    extents[start] = size


def require_signature(stream: BinaryIO, name: str) -> int:
    """The length of a stream that carries the HDF5 signature at 0, 512, 1024, 2048 ...; LoadError without
    one.

    libhdf5 must never see anything else: looking for a driver it would load every library of
    HDF5_PLUGIN_PATH.
    """
    size = stream.seek(0, io.SEEK_END)
    offset = 0
    while offset + len(SIGNATURE) <= size:
        stream.seek(offset)
        if stream.read(len(SIGNATURE)) == SIGNATURE:
            stream.seek(0)
            return size
        offset = max(512, 2 * offset)
    raise LoadError(f"{name} is not an HDF5 file: it lacks the HDF5 signature")


def is_hdf5(stream: BinaryIO) -> bool:
    """Whether a stream carries the HDF5 signature where libhdf5 would look for it."""
    try:
        require_signature(stream, "")
    except LoadError:
        return False
    return True
