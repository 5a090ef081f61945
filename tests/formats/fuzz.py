"""Damaged copies of good files of every format: each ends in a value or in an LrpError; no signal, hang or traceback.

python -m tests.formats.fuzz 3000 [FORMAT ...]    prints for each format what became of so many copies, and the memory

HDF5 files are read by one child process after another, which is started again where a file ends it; all other formats
by their parsers in a process of their own, so that its memory and time can be measured.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import sys
import tempfile
import time
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import h5py
import numpy as np

import lrp
from lrp.errors import LrpError
from lrp.evaluation.campaign.journal import Journal
from lrp.evaluation.campaign.plan import Unit
from lrp.formats import load_mixture
from lrp.formats.container import Limits, open_file, read_numpy, read_picture, sandbox
from lrp.formats.results import load_arrays, save_arrays, save_explanations
from lrp.layers import Dense, ReLU
from tests.formats import bombs
from tests.formats.keras_files import archive, baseline

LIMITS = Limits(seconds=0.5)
SECONDS, MEMORY = 10.0, 500 << 20
NET = 'name: "n" input: "x" input_shape { dim: 1 dim: 4 }\n' + "".join(
    f'layer {{ name: "{b}" type: "{kind}" bottom: "{a}" top: "{b}" {more} }}\n'
    for a, b, kind, more in (
        ("x", "f", "InnerProduct", "inner_product_param { num_output: 3 }"),
        ("f", "r", "ReLU", "relu_param { negative_slope: 0.1 }"),
        ("r", "s", "Softmax", ""),
    )
)
GRAPH = {"inputs": {"x": [4]}, "layers": [{"name": "f", "type": "Linear"}, {"type": "ReLU"}]}
RNG = np.random.default_rng(5)
W, B = RNG.normal(size=(3, 4)).astype("f4"), RNG.normal(size=3).astype("f4")


def hdf5(path: Path, arrays: dict[str, Any], attributes: dict[str, Any] | None = None) -> Path:
    with h5py.File(path, "w") as file:
        for name, values in arrays.items():
            file[name] = values
            for key, value in (attributes or {}).items():
                file[name].attrs[key] = value
    return path


def network() -> lrp.Network:
    return lrp.Network.sequential([Dense(W.T.astype(float), B.astype(float)), ReLU(), Dense(W.astype(float))], (4,))


def native(folder: Path) -> Path:
    lrp.save(network(), folder / "good.h5")
    return folder / "good.h5"


def explained(folder: Path) -> Path:
    save_explanations([network().explain(np.ones((2, 4)))], folder / "good.h5")
    return folder / "good.h5"


def read_explanation(path: Path) -> Any:
    with open_file(path, limits=LIMITS) as file:
        names = [f"/ledger/{name}" for name in file.children("/ledger")]
        return [file.array(name) for name in ("/relevance", "/target", *names)], file.attribute("/ledger", "rules")


def arrays_file(folder: Path) -> Path:
    save_arrays(folder / "good.h5", {"a/b": W, "c": B}, {"note": "text"})
    return folder / "good.h5"


def prototxt(folder: Path) -> Path:
    hdf5(folder / "net.caffemodel.h5", {"data/f/0": W, "data/f/1": B, "data/none/0": B})
    return bombs.file_of("good.prototxt", NET.encode())(folder)


def caffemodel(folder: Path) -> Path:
    (folder / "net.prototxt").write_text(NET)
    layer = bombs.field(1, "f") + b"".join(bombs.field(7, blob(values)) for values in (W, B))
    return bombs.file_of("good.caffemodel", bombs.field(100, layer))(folder)


def blob(values: np.ndarray) -> bytes:
    """A BlobProto."""
    dims = b"".join(bombs.varint(n) for n in values.shape)
    return bombs.field(7, bombs.field(1, dims)) + bombs.field(5, values.tobytes())


def onnx(folder: Path) -> Path:
    nodes = [
        bombs.node(
            "Constant",
            [],
            "s",
            bombs.field(1, "value") + bombs.field(5, bombs.tensor("", np.array([-1, 4]))) + bombs.field(20, 4),
        ),
        bombs.node("Reshape", ["x", "s"], "x1"),
        bombs.node("Gemm", ["x1", "w", "b"], "h", bombs.integer("transB", 1)),
        bombs.node("Shape", ["w"], "sh"),
        bombs.node("Gather", ["sh", "i"], "g"),
        bombs.node("Range", ["zero", "three", "one"], "r"),
        bombs.node("Cast", ["r"], "rf", bombs.integer("to", 1)),
        bombs.node("Concat", ["g", "g"], "gg", bombs.integer("axis", 0)),
        bombs.node("Mul", ["h", "rf"], "m"),
        bombs.node("Relu", ["m"], "y"),
    ]
    constants = {"w": W, "b": B, "i": np.array([0]), "zero": np.array(0), "three": np.array(3), "one": np.array(1)}
    return bombs.file_of("good.onnx", bombs.model(*nodes, constants=constants))(folder)


def numpy_file(folder: Path) -> Path:
    np.save(folder / "good.npy", W)
    return folder / "good.npy"


def numpy_archive(folder: Path) -> Path:
    np.savez_compressed(folder / "good.npz", x=W, target=np.arange(3))
    return folder / "good.npz"


def picture(format: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        from PIL import Image

        pixels = RNG.integers(0, 255, (12, 10, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"good.{format}", format)
        return folder / f"good.{format}"

    return make


def journal(folder: Path) -> Path:
    path = folder / "good.journal"
    with Journal(path, "key") as book:
        for k in range(3):
            book.add(Unit("method", k, k + 1), {"scores": W})
    return path


def read_journal(path: Path) -> Any:
    with Journal(path, "key") as book:
        return book.results


def forward(loaded: lrp.Network) -> Any:
    return loaded.forward(np.ones((2, 4)))


def loaded(**arguments: Any) -> Callable[[Path], Any]:
    def read(path: Path) -> Any:
        found = {key: path.with_name(value) for key, value in arguments.items()}
        network = lrp.load(path, trusted=path.suffix not in (".h5", ".keras", ".mat"), limits=LIMITS, **found)
        return forward(network) if network.shapes[network.inputs[0]] == (4,) else network

    return read


def torch_file(folder: Path) -> Path:
    (folder / "graph.json").write_text(json.dumps(GRAPH | {"framework": "torch"}))
    return hdf5(folder / "good.h5", {"f.weight": W, "f.bias": B})


def chainer_file(folder: Path) -> Path:
    (folder / "graph.json").write_text(json.dumps(GRAPH | {"layers": [{"name": "f", "type": "Linear"}]}))
    return hdf5(folder / "good.h5", {"f/W": W, "f/b": B})


def matlab_file(folder: Path) -> Path:
    (folder / "graph.json").write_text(
        json.dumps(GRAPH | {"layers": [{"name": "f", "type": "Linear", "weight": "W1", "bias": "b1"}]})
    )
    arrays = {"W1": W.astype(float), "b1": B.astype(float)[:, None]}
    return hdf5(folder / "good.mat", arrays, {"MATLAB_class": np.bytes_("double")})


def mixture(folder: Path) -> Path:
    return hdf5(folder / "good.h5", {"priors": np.full(3, 1 / 3), "means": W, "variances": np.abs(W) + 1})


FORMATS: dict[str, tuple[Callable[[Path], Path], Callable[[Path], Any]]] = {
    "native": (native, loaded()),
    "keras_h5": (lambda folder: baseline(folder / "good.h5"), loaded()),
    "keras_zip": (lambda folder: archive(folder / "good.keras", method=zipfile.ZIP_DEFLATED), loaded()),
    "matlab": (matlab_file, loaded(architecture="graph.json")),
    "chainer": (chainer_file, loaded(architecture="graph.json")),
    "torch": (torch_file, loaded(architecture="graph.json")),
    "mixture": (mixture, lambda path: load_mixture(path)),
    "relevance": (explained, read_explanation),
    "arrays": (arrays_file, lambda path: load_arrays(path)),
    "onnx": (onnx, loaded()),
    "caffemodel": (caffemodel, loaded(architecture="net.prototxt")),
    "prototxt": (
        prototxt,
        lambda path: lrp.load(path.with_name("net.caffemodel.h5"), trusted=True, architecture=path),
    ),
    "journal": (journal, read_journal),
    "npy": (numpy_file, lambda path: read_numpy(path, trusted=True)),
    "npz": (numpy_archive, lambda path: read_numpy(path, trusted=True)),
    "png": (picture("png"), lambda path: read_picture(path, trusted=True)),
    "jpeg": (picture("jpeg"), lambda path: read_picture(path, trusted=True)),
}
INTERESTING = [
    b"\0",
    b"\xff" * 4,
    b"\x7f\xff\xff\xff",
    b"(",
    b"[" * 50,
    b"{",
    b'"',
    b"'",
    b"\n  ",
    b"9" * 30,
    b"-1",
    b"1e999",
]


def damaged(content: bytes, count: int, rng: np.random.Generator) -> Iterator[bytes]:
    """Copies with flipped bits, cut, with bytes replaced, removed, repeated or exchanged."""
    for k in range(count):
        data = bytearray(content)
        a, b = sorted(rng.integers(0, len(data), 2).tolist())
        if k % 5 == 0:
            for at in rng.integers(0, len(data), rng.integers(1, 9)):
                data[at] ^= 1 << int(rng.integers(8))
        elif k % 5 == 1:
            data = data[:a] + (bytes(int(rng.integers(0, 500))) if rng.random() < 0.5 else b"")
        elif k % 5 == 2:
            for at in rng.integers(0, len(data), rng.integers(1, 4)):
                piece = INTERESTING[rng.integers(len(INTERESTING))]
                data[at : at + (len(piece) if rng.random() < 0.7 else 0)] = piece
        elif k % 5 == 3:
            length = min(int(rng.integers(1, 64)), len(data) - a)
            data = data[:a] + data[a : a + length] * int(rng.integers(0, 4)) + data[a + length :]
        else:
            length = min(int(rng.integers(1, 32)), len(data) - b)
            data[a : a + length], data[b : b + length] = data[b : b + length], data[a : a + length]
        yield bytes(data)


@contextmanager
def two_children() -> Iterator[None]:
    """All HDF5 files read by one child and all others by a second, instead of one each, to save their starts."""
    with sandbox.Sandbox() as first, sandbox.Sandbox() as second:

        class Shared(sandbox.Sandbox):
            def open(self, *arguments: Any, **named: Any) -> Any:
                return first.open(*arguments, **named)

            def parse(self, *arguments: Any) -> Any:
                return second.parse(*arguments)

        with mock.patch.object(sandbox, "Sandbox", Shared):
            yield


def run(name: str, count: int, folder: Path, seed: int = 20150710) -> dict[str, Any]:
    """The outcomes of `count` damaged files of one format, the longest time of one, and the memory they added."""
    make, read = FORMATS[name]
    good = make(folder)
    with two_children():
        read(good)
    content, path = good.read_bytes(), good.with_name(f"damaged{good.suffix}")
    outcomes: Counter[str] = Counter()
    longest, before = 0.0, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with two_children(), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for data in damaged(content, count, np.random.default_rng(seed)):
            path.write_bytes(data)
            start = time.process_time()
            try:
                read(path)
                outcomes["read"] += 1
            except LrpError as error:
                outcomes["refused"] += 1
                if len(str(error)) > 2000:
                    outcomes["FAULT: a long error"] += 1
            except Exception as error:
                outcomes[f"FAULT: {type(error).__name__}: {str(error)[:80]}"] += 1
                (Path(tempfile.gettempdir()) / f"fuzz_{name}_{type(error).__name__}{good.suffix}").write_bytes(data)
            longest = max(longest, time.process_time() - start)
    added = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) << 10
    return {"outcomes": dict(outcomes), "longest": longest, "memory": added}


def in_process(name: str, count: int) -> tuple[int, dict[str, Any]]:
    """(exit code, what `run` gives) of a process of its own; a signal shows in the code."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "result.json"
        process = multiprocessing.get_context("fork").Process(
            target=lambda: out.write_text(json.dumps(run(name, count, Path(folder)))) and None
        )
        process.start()
        process.join(60 + count)
        if process.is_alive():
            process.kill()
            process.join()
        found = json.loads(out.read_text()) if out.exists() else {}
        return int(process.exitcode or 0), found


if __name__ == "__main__":
    for chosen in sys.argv[2:] or FORMATS:
        begun = time.monotonic()
        code, result = in_process(chosen, int(sys.argv[1]))
        print(f"{chosen:10} code {code} {time.monotonic() - begun:6.1f} s", json.dumps(result), flush=True)
