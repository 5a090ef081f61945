"""Open an HDF5 file: in a child process where it is untrusted, in this process where it is trusted.

    with open_file("model.h5") as file:
        file.children("/model_weights")                    # names, in alphabetical order
        file.attribute("/", "model_config")                # str, tuple of str, number, array, or None where absent
        file.array("/model_weights/dense/kernel", shape=(4, 3))

The child is a fresh interpreter that imports numpy, h5py and four small files of this package, never the
program it is started from. It is bounded in memory, processor time, open files and written bytes (where the
system has `resource`), and in patience everywhere; its end by a signal is a LoadError here. This process then
sees checked numbers and text only, never a byte of the file through libhdf5.

What it does not do: make libhdf5 safe. It bounds what a defect of libhdf5 can do to this process.
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
from math import prod
from types import TracebackType
from typing import Any

import numpy as np

from lrp.errors import LoadError
from lrp.formats.container.hdf5 import File
from lrp.formats.container.reader import LIMITS, Array, Attribute, Limits, Reader, open_binary, require_signature, show
from lrp.formats.container.worker import receive, send

PIPE_BYTES = 1 << 20  # where the system lets a pipe grow: fewer turns for large arrays
START_SECONDS = 60.0  # starting an interpreter on a busy machine
# The packages are empty stand-ins: the child loads the four files it needs and not the whole engine.
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
    """A child process that reads files, one after another; it is started at the first and again after a
    death.

    One child for many files saves its start (see docs/formats.md), at a price: a file that took over the
    child could falsify what the next one holds. `open_file` takes a fresh child for each file.
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
                with contextlib.suppress(OSError):  # closing flushes, and nobody is left to read
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
        """Send a request and wait for its answer, at most so long; the death of the child is a LoadError."""
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
            raise LoadError(_obituary(code, seconds))
        return message

    def _wait(self) -> int:
        """The exit code of a child that said no more; one that lingers (it sent nonsense) is killed."""
        child = self._child
        try:
            return child.wait(1.0)  # type: ignore[union-attr]
        except subprocess.TimeoutExpired:
            child.kill()  # type: ignore[union-attr]
            return child.wait()  # type: ignore[union-attr]

    @contextlib.contextmanager
    def open(
        self, path: "str | os.PathLike[str] | None", content: bytes = b"", name: str = "", limits: Limits = LIMITS
    ) -> "Iterator[Remote]":
        """Open the file at `path`, or, where path is None, the bytes `content`, which errors call `name`."""
        if self._child is None:
            self._start()
        remote = Remote(self, path, content, name, limits)
        try:
            yield remote
        finally:
            if self._child is not None:
                send(self._child.stdin, {"operation": "close"})  # type: ignore[arg-type]


def _obituary(code: int, seconds: float) -> str:
    """Why the child ended, in words."""
    if code == -getattr(signal, "SIGXCPU", 0) or code == -getattr(signal, "SIGKILL", 0):
        return f"it could not be read within the limits of time ({seconds:.0f} s); it is damaged or hostile"
    if code < 0:
        return f"reading it ended the HDF5 library by signal {-code}; it is damaged or hostile"
    return (
        f"reading it ended the child process with code {code}; it is damaged, or numpy and h5py "
        "cannot be imported there"
    )


class Remote(Reader):
    """A file that the child of a sandbox holds open; `Sandbox.open` yields it."""

    def __init__(
        self, sandbox: Sandbox, path: "str | os.PathLike[str] | None", content: bytes, name: str, limits: Limits
    ) -> None:
        self.name = name or show(os.fspath(path or ""))
        self._sandbox = sandbox
        size = len(content) if path is None else os.path.getsize(path)
        self._seconds = 4 * limits.time(size)
        self._largest = limits.budget(size) + limits.attribute_bytes + (1 << 20)
        request = {"path": None if path is None else os.path.abspath(path), "name": self.name, "limits": asdict(limits)}
        self._ask(request, content)

    def _ask(self, request: dict[str, Any], content: bytes = b"") -> "tuple[dict[str, Any], bytearray]":
        try:
            header, payload = self._sandbox._exchange(self._seconds, self._largest, request, content)
        except LoadError as error:
            raise LoadError(f"{self.name}: {error}") from None
        if "error" in header:
            raise LoadError(str(header["error"]))
        return header, payload

    def _value(self, operation: str, *arguments: object) -> Any:
        header, payload = self._ask({"operation": operation, "arguments": arguments})
        if "dtype" not in header:
            value = header["value"]
            return tuple(value) if isinstance(value, list) else value
        dtype, shape = np.dtype(header["dtype"]), tuple(header["shape"])
        if dtype.kind not in "fiu" or prod(shape) * dtype.itemsize != len(payload):
            raise LoadError(f"{self.name}: the child process gave an array that does not fit its description")
        return np.frombuffer(payload, dtype).reshape(shape)

    def kind(self, path: str) -> str:
        return str(self._value("kind", path))

    def children(self, path: str) -> tuple[str, ...]:
        return tuple(self._value("children", path))

    def attribute(self, path: str, name: str) -> "Attribute | None":
        return self._value("attribute", path, name)

    def shape(self, path: str) -> tuple[int, ...]:
        return tuple(self._value("shape", path))

    def array(self, path: str, shape: tuple[int, ...] | None = None, finite: bool = True) -> Array:
        return np.asarray(self._value("array", path, shape, finite))

    def references(self, path: str) -> tuple[str, ...]:
        return tuple(self._value("references", path))


@contextlib.contextmanager
def open_file(path: "str | os.PathLike[str]", trusted: bool = False, limits: Limits = LIMITS) -> Iterator[Reader]:
    """Open an HDF5 file for reading: in a fresh child process, or in this one where the file is `trusted`.

    LoadError where it is missing, not an ordinary file, not HDF5, damaged, or larger than the limits allow.
    """
    with open_binary(path) as stream:
        require_signature(stream, show(os.fspath(path)))
        if trusted:
            with File(stream, show(os.fspath(path)), limits) as file:
                yield file
            return
    with Sandbox() as sandbox, sandbox.open(path, limits=limits) as remote:
        yield remote


@contextlib.contextmanager
def open_bytes(content: bytes, name: str, trusted: bool = False, limits: Limits = LIMITS) -> Iterator[Reader]:
    """The same for the bytes of a file inside an archive; errors call it `name`."""
    with contextlib.ExitStack() as stack:
        if trusted:
            yield stack.enter_context(File(io.BytesIO(content), name, limits))
        else:
            require_signature(io.BytesIO(content), name)
            sandbox = stack.enter_context(Sandbox())
            yield stack.enter_context(sandbox.open(None, content, name, limits))
