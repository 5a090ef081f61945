"""What reading an untrusted file in a child process costs: python benchmarks/time_load.py [MEGABYTES]"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import lrp


def seconds(path: Path, trusted: bool) -> float:
    """The shortest of five loads."""
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        lrp.load(path, dtype="float32", trusted=trusted)
        best = min(best, time.perf_counter() - start)
    return best


def main() -> None:
    """Save networks of two sizes and load them both ways."""
    largest = float(sys.argv[1]) if len(sys.argv) > 1 else 192.0
    with tempfile.TemporaryDirectory() as folder:
        for megabytes in (0.001, largest):
            size = max(int((megabytes * 1e6 / 4) ** 0.5), 1)
            weight = np.random.default_rng(0).normal(size=(size, size)).astype(np.float32)
            path = Path(folder) / "model.h5"
            lrp.save(lrp.Network.sequential([lrp.layers.Dense(weight)], (size,), dtype="float32"), path)
            print(f"{megabytes:8g} MB   child {seconds(path, False):.3f} s   trusted {seconds(path, True):.3f} s")


if __name__ == "__main__":
    main()
