"""2,000 damaged copies of good files: each ends in a network that works or in a LoadError, and no process dies of it.

python -m tests.formats.mutations 2000      prints what became of them
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np

from lrp.errors import LoadError
from lrp.formats import keras
from lrp.formats.container.reader import Limits
from lrp.formats.container.sandbox import Sandbox
from tests.formats.keras_files import baseline, expected

LIMITS = Limits(seconds=0.5)
X = np.linspace(-2, 2, 12).reshape(3, 4)


def mutations(good: Path, count: int, rng: np.random.Generator) -> Iterator[tuple[str, bytes]]:
    """Damaged copies, a third of each kind: flipped bits, a cut, attributes exchanged or overwritten."""
    content = good.read_bytes()
    for k in range(count):
        kind = ("flips", "cut", "attributes")[k % 3]
        data = bytearray(content)
        if kind == "flips":
            for at in rng.integers(0, len(data), size=rng.integers(1, 9)):
                data[at] ^= 1 << rng.integers(8)
        elif kind == "cut":
            data = data[: rng.integers(0, len(data))] + (bytes(rng.integers(0, 2048)) if rng.random() < 0.5 else b"")
        else:
            data = bytearray(_exchanged(good, rng))
        yield kind, bytes(data)


def _exchanged(good: Path, rng: np.random.Generator) -> bytes:
    """The file with two attributes exchanged, or one of them with another value."""
    path = good.with_name("exchanged.h5")
    path.write_bytes(good.read_bytes())
    with h5py.File(path, "r+") as f:
        owners = [f, f["model_weights"], f["model_weights/hidden"], f["model_weights/out"]]
        places = [(owner, name) for owner in owners for name in owner.attrs]
        (a, first), (b, second) = (places[i] for i in rng.choice(len(places), size=2, replace=False))
        if rng.random() < 0.6:
            one, other = a.attrs[first], b.attrs[second]
            a.attrs[first], b.attrs[second] = other, one
        else:
            values = (7, "", "x" * 300, [b"hidden"], np.zeros((2, 3)), [b"out", b"hidden"], "{}", "[]", b"\xff\xfe")
            a.attrs[first] = values[rng.integers(len(values))]
    return path.read_bytes()


def outcome(sandbox: Sandbox, path: Path) -> str:
    """What becomes of one file, read by a child that serves many."""
    try:
        with sandbox.open(path, limits=LIMITS) as file:
            if not keras.is_complete(file):
                return "refused"
            network = keras.read(keras.complete(file, None), "float64")
    except LoadError:
        return "refused"
    if network.shapes[network.inputs[0]] != (4,):
        return "another network"
    y = network.forward(X).output
    if y.shape == (3, 2) and np.allclose(y, expected(X), atol=1e-5):
        return "the right network"
    return "other weights"  # bits of the weights themselves: the file has no checksum of them


def run(count: int, folder: Path, seed: int = 20150710) -> Counter[str]:
    """The outcomes of `count` damaged files."""
    good = baseline(folder / "good.h5")
    path = folder / "m.h5"
    result: Counter[str] = Counter()
    with Sandbox() as sandbox:
        for kind, data in mutations(good, count, np.random.default_rng(seed)):
            path.write_bytes(data)
            result[f"{kind}: {outcome(sandbox, path)}"] += 1
    return result


if __name__ == "__main__":
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        for what, number in sorted(run(int(sys.argv[1]), Path(name)).items()):
            print(f"{number:6} {what}")
    print(f"{time.monotonic() - start:.1f} s")
