"""The child process that reads an untrusted HDF5 file under limits of time and memory.

sandbox.py starts it, with an empty module search path of its own, and talks to it over two pipes. A message
is eight bytes of length, that many bytes of JSON, and `size` raw bytes where the JSON names a size. The child
holds one file at a time, answers requests until its input ends, and never runs anything that a request names:
the operations are the methods of `Reader`.

What it does not do: keep anything between two files, except that a file which breaks the child breaks it for
good.
"""

import contextlib
import io
import json
import os
import signal
from typing import Any, BinaryIO

import numpy as np

from lrp.errors import LoadError
from lrp.formats.container.hdf5 import File
from lrp.formats.container.hdf5_writer import write_sample
from lrp.formats.container.reader import Limits, open_binary

try:
    import resource
except ImportError:  # not a POSIX system: the parent's clock is the only limit
    resource = None  # type: ignore[assignment]

OPERATIONS = {"kind", "children", "attribute", "shape", "array", "references"}
MEMORY_SLACK = 96 << 20  # what libhdf5 and Python need beside the arrays themselves
STATM = "/proc/self/statm"  # Linux only; elsewhere the size of the address space is unknown
LARGEST = 4 << 30  # bytes of one message


def send(stream: BinaryIO, header: dict[str, Any], payload: "bytes | memoryview" = b"") -> None:
    """Write one message."""
    text = json.dumps(header | {"size": len(payload)}).encode()
    stream.write(len(text).to_bytes(8, "little") + text)
    stream.write(payload)
    stream.flush()


def receive(stream: BinaryIO, largest: int) -> "tuple[dict[str, Any], bytearray] | None":
    """Read one message of at most `largest` bytes a part; None at the end of the stream or of anybody's
    patience.
    """
    length = stream.read(8)
    if len(length) < 8 or int.from_bytes(length, "little") > largest:
        return None
    text = stream.read(int.from_bytes(length, "little"))
    header = json.loads(text) if len(text) == int.from_bytes(length, "little") else None
    if not isinstance(header, dict) or not isinstance(size := header.get("size"), int):
        return None
    if not 0 <= size <= largest:
        return None
    payload = bytearray(size)
    view, done = memoryview(payload), 0
    while done < len(payload):
        count = stream.readinto(view[done:])  # type: ignore[attr-defined]
        if not count:
            return None
        done += count
    return header, payload


class Bounds:
    """The limits of this process while it holds one file; `lift` prepares it for the next."""

    def __init__(self, limits: Limits, size: int) -> None:
        self._before: dict[int, int] = {}
        if resource is not None:
            usage = resource.getrusage(resource.RUSAGE_SELF)
            seconds = int(usage.ru_utime + usage.ru_stime + limits.time(size)) + 1
            self._set(resource.RLIMIT_CORE, 0)
            self._set(resource.RLIMIT_FSIZE, 0)
            self._set(resource.RLIMIT_CPU, seconds)
            if os.path.exists(STATM):
                self._set(resource.RLIMIT_AS, _address_space() + limits.budget(size) + MEMORY_SLACK)
            self._set(resource.RLIMIT_NOFILE, _lowest_free_descriptor())

    def _set(self, what: int, bound: int) -> None:
        soft, hard = resource.getrlimit(what)
        self._before[what] = soft
        resource.setrlimit(what, (bound if hard == resource.RLIM_INFINITY else min(bound, hard), hard))

    def lift(self) -> None:
        """Back to the limits of before; processor time that was used up stays used up."""
        for what, soft in self._before.items():
            resource.setrlimit(what, (soft, resource.getrlimit(what)[1]))


def _lowest_free_descriptor() -> int:
    """With this many open files allowed, no further one can be opened."""
    probe = os.open(os.devnull, os.O_RDONLY)
    os.close(probe)
    return probe


def _address_space() -> int:
    """Bytes of address space in use, as the kernel counts them for RLIMIT_AS."""
    with open(STATM, "rb") as pages:
        return int(pages.read().split()[0]) * resource.getpagesize()


def open_stream(request: dict[str, Any], content: bytearray) -> BinaryIO:
    """The file a request asks for: a path of this machine, or the bytes that came with the request."""
    return open_binary(request["path"]) if request["path"] is not None else io.BytesIO(content)


def answer(file: File, request: dict[str, Any]) -> "tuple[dict[str, Any], bytes | memoryview]":
    """Carry out one operation of `Reader`; an array travels as raw bytes."""
    if request["operation"] not in OPERATIONS:
        raise LoadError(f"{request['operation']!r} is not an operation on a file")
    value = getattr(file, request["operation"])(*request["arguments"])
    if isinstance(value, np.ndarray):
        return {"dtype": value.dtype.str, "shape": value.shape}, value.tobytes()
    return {"value": value}, b""


def serve_file(requests: BinaryIO, answers: BinaryIO, request: dict[str, Any], content: bytearray) -> None:
    """Open one file and answer until its "close"; every error of the reader is an answer, not an end."""
    limits = Limits(**request["limits"])
    with contextlib.ExitStack() as stack:
        try:
            stream = stack.enter_context(open_stream(request, content))
            bounds = Bounds(limits, stream.seek(0, io.SEEK_END))
            stack.callback(bounds.lift)
            file = stack.enter_context(File(stream, request["name"], limits))
        except LoadError as error:
            return send(answers, {"error": str(error)})
        send(answers, {"value": file.size})
        while (message := receive(requests, LARGEST)) and message[0]["operation"] != "close":
            try:
                header, payload = answer(file, message[0])
            except LoadError as error:
                header, payload = {"error": str(error)}, b""
            send(answers, header, payload)


def warm_up() -> None:
    """Read a file of our own once, so that no module is imported later, when no file can be opened any
    more.
    """
    with io.BytesIO() as stream:
        write_sample(stream)
        with File(stream, "warm-up") as file:
            file.children("/")
            file.array("/numbers")
            file.references("/references")
            for name in ("text", "texts", "bytes", "ascii", "numbers"):
                file.attribute("/", name)


def serve() -> None:
    """The child's life: say "ready", then serve one file after another until the parent hangs up."""
    answers = os.fdopen(os.dup(1), "wb")
    requests = os.fdopen(os.dup(0), "rb")
    silence = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):  # whatever a library prints is not an answer
        os.dup2(silence, descriptor)
    # ctrl-C is the parent's affair; it ends the child by hanging up
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warm_up()
    send(answers, {"value": "ready"})
    while message := receive(requests, LARGEST):
        serve_file(requests, answers, *message)
