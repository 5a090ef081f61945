"""Files that cost far more to read than they look: a function each, which writes one into a folder.

python -m tests.formats.bombs [NAME ...]     prints seconds and resident memory of `lrp info` on each
"""

from __future__ import annotations

import io
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

SECONDS, MEMORY = 10.0, 500 << 20
BOMBS: dict[str, Callable[[Path], Path]] = {}


def bomb(function: Callable[[Path], Path]) -> Callable[[Path], Path]:
    BOMBS[function.__name__] = function
    return function


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    octets = bytearray()
    while value > 127:
        octets.append(value & 127 | 128)
        value >>= 7
    return bytes(octets + bytes([value]))


def field(number: int, content: bytes | int | str) -> bytes:
    """One field of a message: bytes and text with their length, a number as a varint."""
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    data = content.encode() if isinstance(content, str) else content
    return varint(number << 3 | 2) + varint(len(data)) + data


def tensor(name: str, values: np.ndarray) -> bytes:
    """A TensorProto of float32, int64 or float64."""
    kind = {"f4": 1, "i8": 7, "f8": 11}[values.dtype.str[1:]]
    dims = b"".join(field(1, n) for n in values.shape)
    return dims + field(2, kind) + field(8, name) + field(9, values.tobytes())


def node(kind: str, inputs: list[str], output: str, *attributes: bytes) -> bytes:
    """A NodeProto in its field of the graph."""
    content = b"".join(field(1, name) for name in inputs) + field(2, output) + field(4, kind)
    return field(1, content + b"".join(field(5, one) for one in attributes))


def integer(name: str, value: int) -> bytes:
    """An AttributeProto that holds a whole number."""
    return field(1, name) + field(3, value) + field(20, 2)


def model(
    *nodes: bytes, constants: dict[str, np.ndarray] | None = None, output: str = "y", extra: bytes = b""
) -> bytes:
    """A ModelProto with one input x of shape (n, 4)."""
    shape = field(1, field(2, "n")) + field(1, field(1, 4))
    x = field(1, "x") + field(2, field(1, field(1, 1) + field(2, shape)))
    graph = b"".join(nodes) + field(2, "g") + b"".join(field(5, tensor(k, v)) for k, v in (constants or {}).items())
    graph += field(11, x) + field(12, field(1, output))
    return field(1, 8) + field(8, field(1, "") + field(2, 17)) + field(7, graph + extra)


def file_of(name: str, content: bytes) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return make


def repeated(name: str, make: Callable[[], bytes]) -> None:
    """A bomb whose content is made when it is written, not when this module is imported."""
    BOMBS[name] = lambda folder: file_of(f"{name}.onnx", make())(folder)


MIB = 1 << 20
repeated("onnx_empty_nodes", lambda: model(extra=field(1, b"") * (20 * MIB)))
repeated("onnx_empty_initializers", lambda: model(extra=field(5, b"") * (20 * MIB)))
repeated("onnx_empty_inputs", lambda: model(extra=field(11, b"") * (20 * MIB)))
repeated("onnx_empty_attributes", lambda: model(field(1, field(4, "Relu") + field(5, b"") * (20 * MIB))))
repeated("onnx_unknown_fields", lambda: model() + b"\x98\x06\x01" * (13 * MIB))
repeated("onnx_unpacked_integers", lambda: model(extra=field(5, b"\x38\x01" * (20 * MIB))))
repeated(
    "onnx_packed_integers",
    lambda: model(extra=field(5, field(1, 40 * MIB) + field(2, 7) + field(7, b"\1" * (40 * MIB)))),
)
repeated("onnx_long_name", lambda: model(node("Relu", ["x" * (40 * MIB)], "y")))
repeated("caffe_empty_layers", lambda: field(100, b"") * (14 * MIB))
repeated("caffe_empty_blobs", lambda: field(100, field(1, "a") + field(7, b"") * (20 * MIB)))

big = np.array([1 << 27], np.int64)
repeated("fold_range", lambda: model(node("Range", ["a", "b", "c"], "r"), node("Add", ["x", "r"], "y"), constants={
    "a": np.array(0.0), "b": np.array(float(1 << 37)), "c": np.array(1.0)}))  # fmt: skip
repeated("fold_shape", lambda: model(node("ConstantOfShape", ["s"], "r"), node("Exp", ["r"], "e"), node("Concat", ["e", "e"], "z", integer("axis", 0)), constants={"s": big}))  # fmt: skip
repeated("fold_shape_tb", lambda: model(node("ConstantOfShape", ["s"], "r"), node("Transpose", ["r"], "t"), node("Add", ["x", "t"], "y"), constants={"s": np.array([1 << 39], np.int64)}))  # fmt: skip
repeated("fold_expand", lambda: model(node("Expand", ["a", "s"], "r"), node("Reshape", ["r", "m"], "q"), node("Gather", ["q", "q"], "y"), constants={"a": np.arange(4, dtype=np.int64), "s": np.array([1 << 30, 4], np.int64), "m": np.array([-1], np.int64)}))  # fmt: skip
repeated("fold_concat", lambda: model(*(node("Concat", [f"c{i}", f"c{i}"], f"c{i + 1}", integer("axis", 0)) for i in range(30)), constants={"c0": np.zeros(64)}))  # fmt: skip
repeated("fold_casts", lambda: model(*(node("Cast", [f"c{i}"], f"c{i + 1}", integer("to", 1)) for i in range(2000)), constants={"c0": np.zeros(1 << 17)}))  # fmt: skip
repeated("fold_reductions", lambda: model(*(node("ReduceProd", ["c"], f"p{i}") for i in range(40000)), constants={"c": np.zeros(1 << 20)}))  # fmt: skip
repeated("unsqueeze_40_axes", lambda: model(node("Unsqueeze", ["c", "a"], "y"), constants={"c": np.zeros(3), "a": np.arange(40)}))  # fmt: skip
repeated("unsqueeze_computed", lambda: model(node("Unsqueeze", ["x", "a"], "y"), constants={"a": np.arange(2, 42)}))
repeated("reshape_10m_lengths", lambda: model(node("Reshape", ["x", "s"], "y"), constants={"s": np.ones(5_000_000, np.int64)}))  # fmt: skip


@bomb
def zeros_600_mb(folder: Path) -> Path:
    with open(folder / "zeros.onnx", "wb") as file:
        file.truncate(600 * MIB)
    return folder / "zeros.onnx"


@bomb
def text_of_1500_mb(folder: Path) -> Path:
    with open(folder / "text.onnx", "wb") as file:
        for _ in range(1500):
            file.write(b"x = 1\n" * (MIB // 6))
    return folder / "text.onnx"


def keras(config: bytes) -> Callable[[Path], Path]:
    """A Keras file whose model_config is the text; variable length, which no limit of HDF5 bounds."""

    def make(folder: Path) -> Path:
        with h5py.File(folder / "m.h5", "w") as file:
            file.attrs["keras_version"] = "2.2.4"
            file.attrs.create("model_config", config.decode(), dtype=h5py.string_dtype())
            file.create_group("model_weights")
        return folder / "m.h5"

    return make


def zipped(config: bytes) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        weights = io.BytesIO()
        with h5py.File(weights, "w") as file:
            file.create_group("layers")
        with zipfile.ZipFile(folder / "m.keras", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("config.json", config)
            archive.writestr("model.weights.h5", weights.getvalue())
        return folder / "m.keras"

    return make


def texts(size: int) -> dict[str, Callable[[], bytes]]:
    """JSON of about `size` bytes that costs much to parse."""
    return {
        "objects": lambda: b'{"a": [' + b"{}," * (size // 3) + b"{}]}",
        "lists": lambda: b'{"a": [' + b"[]," * (size // 3) + b"[]]}",
        "one_key": lambda: b"{" + b'"a":1,' * (size // 6) + b'"a":1}',
        "keys": lambda: b"{" + b",".join(b'"%d":1' % i for i in range(size // 10)) + b',"0":1}',
        "numbers": lambda: b'{"a": [' + b"1234567890123456789," * (size // 20) + b"1]}",
        "long_number": lambda: b'{"a": ' + b"1" * size + b".5}",
        "unterminated": lambda: b'{"a": "' + b"x" * size,
        "escapes": lambda: b'{"a": "' + b'\\"' * (size // 2),
        "deep": lambda: b'{"a": ' + b"[" * (size // 2) + b"]" * (size // 2) + b"}",
        "one_text": lambda: b'{"class_name": "' + b"x" * size + b'", "config": {}}',
    }


for size in (15 * MIB, 31 * MIB):
    for name, text in texts(size).items():
        BOMBS[f"json_{name}_{size >> 20}"] = lambda folder, text=text: keras(text())(folder)  # type: ignore[misc]
        BOMBS[f"keras_{name}_{size >> 20}"] = lambda folder, text=text: zipped(text())(folder)  # type: ignore[misc]


@bomb
def attribute_of_200_mb(folder: Path) -> Path:
    return keras(b"x" * (200 * MIB))(folder)


@bomb
def zip_directory(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "m.keras", "w") as archive:
        for i in range(100_000):
            archive.writestr(f"{i:040}", b"")
    return folder / "m.keras"


@dataclass(frozen=True)
class Cost:
    """What a command did: exit code, processor seconds, clock seconds, resident bytes, and what it printed."""

    code: int
    processor: float
    clock: float
    peak: int
    text: str

    def faults(self) -> list[str]:
        """What is wrong with it, as the refusal of a file; [] if all is well."""
        refused = self.code == 2 and self.text.startswith("lrp ") or self.code == 1 and "not read" in self.text
        found = {
            f"code {self.code}": not refused,
            "a traceback": "Traceback" in self.text,
            f"{self.processor:.1f} s": self.processor > SECONDS,
            f"{self.peak >> 20} MiB": self.peak > MEMORY,
            f"{len(self.text)} characters": len(self.text) > 3000,
        }
        return [fault for fault, there in found.items() if there]


def measure(arguments: list[str]) -> Cost:
    """Run a command of `lrp` and measure it together with its child process."""
    start, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen([sys.executable, "-m", "lrp", *arguments], stdout=out, stderr=subprocess.STDOUT)
        peak = 0
        while child.poll() is None:
            peak = max(peak, resident(child.pid))
            if time.monotonic() - start > 12 * SECONDS:
                child.kill()
            time.sleep(0.01)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        out.seek(0)
        text = out.read(100_000).decode("utf-8", "replace")
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(child.returncode, processor, time.monotonic() - start, peak, text)


def resident(pid: int) -> int:
    """Resident bytes of a process and its children, without the pages of mapped files."""
    total = 0
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for one in (str(pid), *children):
            pages = Path(f"/proc/{one}/statm").read_text().split()
            total += (int(pages[1]) - int(pages[2])) * resource.getpagesize()
    except (OSError, IndexError):
        return total
    return total


if __name__ == "__main__":
    for name in sys.argv[1:] or BOMBS:
        with tempfile.TemporaryDirectory() as folder:
            path = BOMBS[name](Path(folder))
            cost = measure(["info", str(path)])
            shown = f"{cost.code} {cost.processor:6.2f} s (clock {cost.clock:6.2f} s) {cost.peak / MIB:6.0f} MiB"
            print(f"{name:28} {shown} {', '.join(cost.faults())}", flush=True)
            print("      ", cost.text.strip().splitlines()[-1][-230:] if cost.text.strip() else "", flush=True)
