"""The child process that reads untrusted files under limits of time, memory, open files and written bytes.

sandbox.py starts it, with an empty module search path of its own, and talks to it over two pipes (pipe.py). A request
either opens an HDF5 file, whose operations are the methods of `Reader` and end with "close", or names one of PARSERS
for a file, which is parsed as a whole. The child never runs anything else that a request or a file names.

What it does not do: keep anything between two files. A file that ends the child by a signal ends it for good.
"""

import contextlib
import io
import os
import signal
import tokenize  # noqa: F401  numpy imports it for headers that Python 2 wrote
from encodings import cp437  # noqa: F401  for names in zip archives
from typing import Any, BinaryIO

import numpy as np

from lrp.errors import LoadError
from lrp.formats.container.archive import read_members
from lrp.formats.container.files import open_binary
from lrp.formats.container.hdf5 import File
from lrp.formats.container.hdf5_writer import write_sample
from lrp.formats.container.parsers import PARSERS, parse_seconds, run, source_of
from lrp.formats.container.pipe import receive, send, send_arrays
from lrp.formats.container.reader import SIGNATURE, Limits

try:
    import resource
except ImportError:  # not a POSIX system: the parent's clock is the only limit
    resource = None  # type: ignore[assignment]

OPERATIONS = {"kind", "children", "attribute", "json_attribute", "shape", "array", "references"}
MEMORY_SLACK = 96 << 20  # what libhdf5 and Python need beside the arrays themselves
STATM = "/proc/self/statm"  # Linux only; elsewhere the size of the address space is unknown
LARGEST = 4 << 30  # bytes of a request
MEMBER_RATIO = 8  # bytes of a member of an archive for one byte of the archive: weights hardly compress


class Bounds:
    """The limits of this process while it holds one file; `lift` prepares it for the next."""

    def __init__(self, seconds: float, memory: int) -> None:
        self._before: dict[int, int] = {}
        self._base: int | None = None
        if resource is not None:
            usage = resource.getrusage(resource.RUSAGE_SELF)
            self._set(resource.RLIMIT_CORE, 0)
            self._set(resource.RLIMIT_FSIZE, 0)
            self._set(resource.RLIMIT_CPU, int(usage.ru_utime + usage.ru_stime + seconds) + 1)
            if os.path.exists(STATM):
                self._base = _address_space() + MEMORY_SLACK
                self.allow(memory)
            self._set(resource.RLIMIT_NOFILE, _lowest_free_descriptor())

    def allow(self, memory: int) -> None:
        """From now on `memory` bytes may be used beside those in use when the bounds were set."""
        if self._base is not None:
            self._set(resource.RLIMIT_AS, self._base + memory)

    def _set(self, what: int, bound: int) -> None:
        soft, hard = resource.getrlimit(what)
        self._before.setdefault(what, soft)
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


def open_stream(request: dict[str, Any], content: bytearray, limits: Limits) -> BinaryIO:
    """The file of a request: a path of this machine, or the bytes that came with the request."""
    return open_binary(request["path"]) if request["path"] is not None else io.BytesIO(bytes(content))


def member_of(stream: BinaryIO, name: str, member: str, limits: Limits) -> BinaryIO:
    """An HDF5 file inside a zip archive, decompressed into memory."""
    bound = min(limits.total_bytes, max(limits.free_bytes, MEMBER_RATIO * stream.seek(0, io.SEEK_END)))
    content = read_members(stream, name, {member: bound}, limits, {member: SIGNATURE})
    if member not in content:
        raise LoadError(f"{name}: expected a member {member!r} in the archive, found none")
    return io.BytesIO(content[member])


def answer(file: File, request: dict[str, Any], answers: BinaryIO) -> None:
    """Carry out one operation of `Reader` and send its result; arrays and text travel as raw bytes."""
    if request["operation"] not in OPERATIONS:
        raise LoadError(f"{request['operation']!r} is not an operation on a file")
    value = getattr(file, request["operation"])(*request["arguments"])
    if isinstance(value, np.ndarray):
        send_arrays(answers, {}, [value])
    elif isinstance(value, str):
        send(answers, {"text": True}, value.encode("utf-8", "surrogatepass"))
    else:
        send(answers, {"value": value})


def serve_hdf5(requests: BinaryIO, answers: BinaryIO, request: dict[str, Any], content: bytearray) -> None:
    """Open one HDF5 file and answer until its "close"; every error of the reader is an answer, not an end."""
    limits = Limits(**request["limits"])
    with contextlib.ExitStack() as stack:
        try:
            stream = stack.enter_context(open_stream(request, content, limits))
            size = stream.seek(0, io.SEEK_END)
            arrays, texts = limits.budget(size), 4 * limits.attribute_bytes
            held = 0
            if request.get("member"):
                held = 3 * min(arrays, max(limits.free_bytes, MEMBER_RATIO * size))
            bounds = Bounds(limits.time(size), max(arrays, texts) + held)
            stack.callback(bounds.lift)
            if request.get("member"):
                stream = member_of(stream, request["archive"], request["member"], limits)
            file = stack.enter_context(File(stream, request["name"], limits))
        except LoadError as error:
            return send(answers, {"error": str(error)})
        except MemoryError:
            return send(answers, {"error": f"{request['name']}: reading it needs more memory than the limit allows"})
        send(answers, {"value": file.size})
        while (message := receive(requests, LARGEST)) and message[0]["operation"] != "close":
            try:
                # an attribute's text has no size that could be checked before it is read: only memory bounds it
                bounds.allow(held + (arrays if message[0]["operation"] == "array" else texts))
                answer(file, message[0], answers)
            except LoadError as error:
                send(answers, {"error": str(error)})


def serve_parser(answers: BinaryIO, request: dict[str, Any], content: bytearray) -> None:
    """Parse one file as a whole and send the result."""
    limits, name = Limits(**request["limits"]), request["name"]
    with contextlib.ExitStack() as stack:
        try:
            parser = PARSERS[request["parser"]]
            parser.prepare()
            stream = stack.enter_context(open_stream(request, content, limits))
            source = source_of(stream)
            size = len(source.content)
            bounds = Bounds(parse_seconds(limits, size), parser.memory(limits, size))
            stack.callback(bounds.lift)
            parsed = run(parser, source, name, limits, request["arguments"])
            send_arrays(answers, {"value": parsed.value}, parsed.arrays)
        except LoadError as error:
            send(answers, {"error": str(error)})
        except ImportError as error:
            send(answers, {"error": f"{name}: reading it needs a package that is not installed ({error})"})
        except MemoryError:
            send(answers, {"error": f"{name}: reading it needs more memory than the limit allows"})


def serve_file(requests: BinaryIO, answers: BinaryIO, request: dict[str, Any], content: bytearray) -> None:
    """Serve one file, as an HDF5 file or by one of PARSERS."""
    if request.get("parser"):
        serve_parser(answers, request, content)
    else:
        serve_hdf5(requests, answers, request, content)


def warm_up() -> None:
    """Read files of our own once: afterwards nothing has to be imported, which the limit of open files forbids."""
    with io.BytesIO() as stream:
        write_sample(stream)
        with File(stream, "warm-up") as file:
            file.children("/")
            file.array("/numbers")
            file.references("/references")
            for name in ("text", "texts", "bytes", "ascii", "numbers"):
                file.attribute("/", name)
    archive = io.BytesIO()
    np.savez(archive, numbers=np.zeros(2))
    run(PARSERS["numpy"], source_of(archive), "warm-up", Limits(), {})


def serve() -> None:
    """Send "ready", then serve one file after another until the pipe of requests is closed."""
    answers = os.fdopen(os.dup(1), "wb")
    requests = os.fdopen(os.dup(0), "rb")
    silence = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):  # whatever a library prints is not an answer
        os.dup2(silence, descriptor)
    # the parent handles ctrl-C; it ends the child by closing the pipe
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warm_up()
    send(answers, {"value": "ready"})
    while message := receive(requests, LARGEST):
        serve_file(requests, answers, *message)
