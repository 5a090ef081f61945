"""The child process from this side: it is started, sent requests, and killed when its time is over.

    with open_file("model.h5") as file:
        file.children("/model_weights")                    # names, in alphabetical order
        file.attribute("/", "model_config")                # str, tuple of str, number, array, or None where absent
        file.array("/model_weights/dense/kernel", shape=(4, 3))

    parse_file("deploy.prototxt", "prototxt").value        # one of parsers.PARSERS

The child is a fresh interpreter that imports numpy, h5py and the files of this package (and Pillow for a picture),
never the program it is started from. It is bounded in memory, processor time, open files and written bytes where the
system has `resource`, and by a clock everywhere. If it ends by a signal, that is a LoadError here. This process
receives checked numbers and text only.
"""

import contextlib
import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict
from types import TracebackType
from typing import Any

import numpy as np

from lrp.errors import LoadError
from lrp.formats.container.files import Path, open_binary
from lrp.formats.container.hdf5 import File
from lrp.formats.container.parsers import PARSERS, Parsed, parse_seconds, run, source_of
from lrp.formats.container.pipe import arrays_of, receive, send
from lrp.formats.container.reader import LIMITS, Array, Attribute, Limits, Reader, quoted, require_signature
from lrp.formats.container.worker import member_of

PIPE_BYTES = 1 << 20  # where the system lets a pipe grow: fewer turns for large arrays
START_SECONDS = 60.0  # starting an interpreter on a busy machine
WEB_PAGE = sys.platform == "emscripten"  # Python in a web page can start no process; the browser is the sandbox there
# The packages are empty, so that the child imports the files it needs and not the whole engine.
BOOT = """
import sys, types
for name in ("lrp", "lrp.formats", "lrp.formats.container"):
    package = types.ModuleType(name)
    package.__path__ = [sys.argv[1] + "/" + name.replace(".", "/")]
    sys.modules[name] = package
sys.path[:] = sys.argv[2:]
from lrp.formats.container.worker import serve
serve()
"""


class Sandbox:
    """A child process that reads files, one after another; it is started with the first, and again after it ended.

    One child for many files saves its start, but a file that took over the child could falsify what the next one holds:
    `open_file` and `parse_file` start a new child for each file.
    """

    def __init__(self) -> None:
        self._child: "subprocess.Popen[bytes] | None" = None

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the child, whatever it is doing."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            for pipe in (self._child.stdin, self._child.stdout):
                with contextlib.suppress(OSError):  # closing flushes into a pipe without a reader
                    pipe.close()  # type: ignore[union-attr]
            self._child = None

    def _start(self) -> None:
        """Start the child, in an environment that gives libhdf5 no plug-in to load and no library threads."""
        package = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
        search = [entry for entry in sys.path if os.path.isabs(entry)]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("HDF5_")}
        environment |= {"HDF5_PLUGIN_PRELOAD": "::", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        try:
            self._child = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", BOOT, package, *search],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                pipesize=PIPE_BYTES,
            )
        except OSError as error:
            raise LoadError(
                f"the process that reads untrusted files cannot be started ({error.strerror}); "
                "trusted=True reads in this process"
            ) from None
        self._exchange(START_SECONDS, 1 << 20, None)

    def _exchange(
        self, seconds: float, largest: int, request: "dict[str, Any] | None", content: bytes = b""
    ) -> "tuple[dict[str, Any], bytearray]":
        """Send a request and wait `seconds` for its answer; LoadError if the child ends before that."""
        child = self._child
        if child is None:
            raise LoadError("the process that reads this file has ended after an earlier error")
        alarm = threading.Timer(seconds, child.kill)
        alarm.daemon = True
        alarm.start()
        try:
            if request is not None:
                send(child.stdin, request, content)  # type: ignore[arg-type]
            message = receive(child.stdout, largest)  # type: ignore[arg-type]
        except (OSError, ValueError):
            message = None  # a broken pipe, or an answer that is not JSON
        finally:
            alarm.cancel()
        if message is None:
            code = self._wait()
            self.stop()
            raise LoadError(_reason_of_end(code, seconds))
        return message

    def _wait(self) -> int:
        """The exit code of a child that sent no valid answer; it is killed if it has not ended by itself."""
        child = self._child
        try:
            return child.wait(1.0)  # type: ignore[union-attr]
        except subprocess.TimeoutExpired:
            child.kill()  # type: ignore[union-attr]
            return child.wait()  # type: ignore[union-attr]

    @contextlib.contextmanager
    def open(
        self,
        path: "Path | None",
        content: bytes = b"",
        name: str = "",
        limits: Limits = LIMITS,
        member: str = "",
    ) -> "Iterator[Remote]":
        """Open the HDF5 file at `path`, or a member of the zip archive there, or the bytes `content` if path is None.

        name: what errors call it.
        """
        if self._child is None:
            self._start()
        remote = Remote(self, path, content, name, limits, member)
        try:
            yield remote
        finally:
            if self._child is not None:
                send(self._child.stdin, {"operation": "close"})  # type: ignore[arg-type]

    def parse(self, path: Path, name: str, parser: str, limits: Limits, arguments: dict[str, Any]) -> Parsed:
        """What one of PARSERS makes of the file at `path`; errors call it `name`."""
        if self._child is None:
            self._start()
        size = os.path.getsize(path)
        request = {"parser": parser, "path": os.path.abspath(path), "name": name, "arguments": arguments}
        request["limits"] = asdict(limits)
        header, payload = self.ask(
            name, 4 * parse_seconds(limits, size), PARSERS[parser].results(limits, size), request
        )
        return Parsed(header["value"], tuple(arrays_of(header, payload, name)))

    def ask(
        self, name: str, seconds: float, largest: int, request: dict[str, Any], content: bytes = b""
    ) -> "tuple[dict[str, Any], bytearray]":
        """The answer to a request about the file `name`; an error in the child is a LoadError here."""
        try:
            header, payload = self._exchange(seconds, largest, request, content)
        except LoadError as error:
            raise LoadError(f"{name}: {error}") from None
        if "error" in header:
            raise LoadError(str(header["error"]))
        return header, payload


def _reason_of_end(code: int, seconds: float) -> str:
    """Why the child ended, for an error message."""
    if code == -getattr(signal, "SIGXCPU", 0) or code == -getattr(signal, "SIGKILL", 0):
        return f"it could not be read within the limits of time ({seconds:.0f} s); it is damaged or hostile"
    if code < 0:
        return f"reading it ended the child process by signal {-code}; it is damaged or hostile"
    return (
        f"reading it ended the child process with code {code}; it is damaged, or numpy and h5py "
        "cannot be imported there"
    )


class Remote(Reader):
    """A file that the child of a sandbox holds open; `Sandbox.open` yields it."""

    def __init__(
        self, sandbox: Sandbox, path: "Path | None", content: bytes, name: str, limits: Limits, member: str = ""
    ) -> None:
        self.name = name or quoted(os.fspath(path or ""))
        self._sandbox = sandbox
        size = len(content) if path is None else os.path.getsize(path)
        self._seconds = 4 * limits.time(size)
        self._largest = limits.budget(size) + limits.attribute_bytes + (1 << 20)
        request: dict[str, Any] = {"path": None if path is None else os.path.abspath(path), "name": self.name}
        request |= {"limits": asdict(limits), "member": member, "archive": quoted(os.fspath(path or ""))}
        self._ask(request, content)

    def _ask(self, request: dict[str, Any], content: bytes = b"") -> "tuple[dict[str, Any], bytearray]":
        return self._sandbox.ask(self.name, self._seconds, self._largest, request, content)

    def _value(self, operation: str, *arguments: object) -> Any:
        header, payload = self._ask({"operation": operation, "arguments": arguments})
        if "arrays" in header:
            (array,) = arrays_of(header, payload, self.name)
            return array
        if "text" in header:
            return payload.decode("utf-8", "surrogatepass")
        value = header["value"]
        return tuple(value) if isinstance(value, list) else value

    def kind(self, path: str) -> str:
        return str(self._value("kind", path))

    def children(self, path: str) -> tuple[str, ...]:
        return tuple(self._value("children", path))

    def attribute(self, path: str, name: str) -> "Attribute | None":
        return self._value("attribute", path, name)

    def json_attribute(self, path: str, name: str) -> "dict[str, Any] | None":
        value: dict[str, Any] | None = self._value("json_attribute", path, name)
        return value

    def shape(self, path: str) -> tuple[int, ...]:
        return tuple(self._value("shape", path))

    def array(self, path: str, shape: tuple[int, ...] | None = None, finite: bool = True) -> Array:
        return np.asarray(self._value("array", path, shape, finite))

    def references(self, path: str) -> tuple[str, ...]:
        return tuple(self._value("references", path))


@contextlib.contextmanager
def open_file(path: Path, trusted: bool = False, limits: Limits = LIMITS) -> Iterator[Reader]:
    """Open an HDF5 file for reading: in a new child process, or in this one if the file is `trusted`.

    LoadError if it is missing, not a regular file, not HDF5, damaged, or larger than the limits allow.
    """
    with open_binary(path) as stream:
        require_signature(stream, quoted(os.fspath(path)))
        if trusted or WEB_PAGE:
            with File(stream, quoted(os.fspath(path)), limits) as file:
                yield file
            return
    with Sandbox() as sandbox, sandbox.open(path, limits=limits) as remote:
        yield remote


@contextlib.contextmanager
def open_bytes(content: bytes, name: str, trusted: bool = False, limits: Limits = LIMITS) -> Iterator[Reader]:
    """The same for the bytes of a file inside an archive; errors call it `name`."""
    with contextlib.ExitStack() as stack:
        if trusted or WEB_PAGE:
            yield stack.enter_context(File(io.BytesIO(content), name, limits))
        else:
            require_signature(io.BytesIO(content), name)
            sandbox = stack.enter_context(Sandbox())
            yield stack.enter_context(sandbox.open(None, content, name, limits))


@contextlib.contextmanager
def open_member(path: Path, member: str, trusted: bool = False, limits: Limits = LIMITS) -> Iterator[Reader]:
    """The same for an HDF5 file that is a member of the zip archive at `path`."""
    name = f"{quoted(os.fspath(path))}: {member}"
    with contextlib.ExitStack() as stack:
        if trusted or WEB_PAGE:
            stream = stack.enter_context(open_binary(path))
            inner = member_of(stream, quoted(os.fspath(path)), member, limits)
            yield stack.enter_context(File(inner, name, limits))
        else:
            sandbox = stack.enter_context(Sandbox())
            yield stack.enter_context(sandbox.open(path, name=name, limits=limits, member=member))


def parse_file(
    path: Path, parser: str, trusted: bool = False, limits: Limits = LIMITS, name: str = "", **arguments: Any
) -> Parsed:
    """What one of PARSERS makes of a file, which errors call `name`: in a new child, or here if it is `trusted`."""
    name = name or quoted(os.fspath(path))
    with open_binary(path, name) as stream:
        if trusted or WEB_PAGE:
            parsed = run(PARSERS[parser], source_of(stream), name, limits, arguments)
            return Parsed(parsed.value, tuple(np.array(array) for array in parsed.arrays))  # not views of the file
    with Sandbox() as sandbox:
        return sandbox.parse(path, name, parser, limits, arguments)
