"""The table behind `lrp/layers/convolution/float32.py` and `conv_columns.py`: each method on many shapes, in ms, best of several.

    python benchmarks/time_conv.py              the table; then the thresholds of shifts that lose least on it

One thread, apply / adjoint for each method; the thresholds in use choose what stands in bold.
"""

from __future__ import annotations

import itertools
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np  # noqa: E402

from lrp.layers import Conv
from lrp.layers.convolution import columns as conv_columns
from lrp.layers.convolution import float32 as conv_fast

SHAPES = [  # samples, picture, in, out, kernel
    (1, 224, 3, 64, 3),
    (1, 224, 64, 64, 3),
    (1, 112, 64, 128, 3),
    (1, 56, 128, 256, 3),
    (1, 28, 256, 512, 3),
    (1, 14, 512, 512, 3),
    (1, 7, 512, 512, 3),
    (8, 14, 512, 512, 3),
    (8, 7, 512, 512, 3),
    (1, 28, 16, 32, 5),
    (1, 14, 32, 64, 5),
    (1, 7, 48, 128, 5),
    (64, 28, 1, 6, 5),
    (64, 14, 6, 16, 5),
    (1, 56, 8, 64, 3),
    (1, 56, 16, 64, 3),
    (1, 56, 32, 64, 3),
    (1, 27, 48, 128, 5),
    (1, 13, 192, 192, 3),
]
SHIFTED = {"SHIFTED_CHANNELS": 0, "SHIFTED_ROWS": 0, "SHIFTED_WASTE": 1e9}
COLUMNS = {"SHIFTED_CHANNELS": 1e9}
METHODS = {  # thresholds that leave one method
    "shifted": (SHIFTED, {}),
    "columns": (COLUMNS, {"FEW_CHANNELS": 0, "SHORT": 1e9}),
    "columns, scattered": (COLUMNS, {"FEW_CHANNELS": 0, "SHORT": 0}),
    "columns first": (COLUMNS, {"FEW_CHANNELS": 1e9}),
}


@contextmanager
def forced(thresholds: tuple[dict[str, float], dict[str, float]]) -> Iterator[None]:
    """These thresholds of the two files, for a while."""
    pairs = list(zip((conv_fast, conv_columns), thresholds, strict=True))
    before = [(module, name, getattr(module, name)) for module, values in pairs for name in values]
    for module, values in pairs:
        vars(module).update(values)
    try:
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)


def taken(layer: Conv, x: np.ndarray) -> tuple[str, str]:
    """The methods of apply and of adjoint that the thresholds in use choose."""
    spatial, channels = x.shape[1:-1], x.shape[-1]
    if conv_fast.by_shifts(layer.windows, spatial, channels):
        return "shifted", "shifted"
    if channels < conv_columns.FEW_CHANNELS:
        return "columns first", "columns first"
    return "columns", "columns" if channels < conv_columns.SHORT else "columns, scattered"


def measured() -> list[dict[str, float]]:
    random, rows = np.random.default_rng(0), []
    heads = ("samples", "picture", "in", "out", "kernel", *METHODS)
    print("| " + " | ".join(heads) + " |\n|" + " --- |" * len(heads))
    for n, length, channels, features, size in SHAPES:
        weight = random.standard_normal((size, size, channels, features), dtype=np.float32)
        layer = Conv(weight, padding=size // 2)
        x = random.standard_normal((n, length, length, channels), dtype=np.float32)
        s = random.standard_normal((n, length, length, features), dtype=np.float32)
        best = {method: [float("inf")] * 2 for method in METHODS}
        for _ in range(10):
            for method, times in best.items():
                with forced(METHODS[method]):
                    start = time.process_time()
                    layer.apply(weight, x)
                    between = time.process_time()
                    layer.adjoint(weight, s, x.shape)
                    end = time.process_time()
                best[method] = [min(times[0], between - start), min(times[1], end - between)]
        chosen = taken(layer, x)
        cells = []
        for method, times in best.items():
            texts = [f"{1e3 * t:.2f}" for t in times]
            cells.append(" / ".join(f"**{t}**" if method == own else t for t, own in zip(texts, chosen)))
        print("| " + " | ".join([*map(str, (n, length, channels, features, size)), *cells]) + " |", flush=True)
        with forced((COLUMNS, {})):
            there, back = taken(layer, x)
        sums = {"shifted": sum(best["shifted"]), "columns": best[there][0] + best[back][1]}
        row_count, padded = length * (length + size - 1), length + size - 1
        rows.append({"channels": channels, "rows": row_count, "waste": padded / length, **sums})
    return rows


def cost(rows: list[dict[str, float]], channels: float, least: float, waste: float) -> float:
    """The time lost by the thresholds, relative to the faster method, summed over the shapes."""
    lost = 0.0
    for row in rows:
        shifted = row["channels"] >= channels and row["rows"] >= least and row["waste"] <= waste
        lost += row["shifted" if shifted else "columns"] / min(row["shifted"], row["columns"]) - 1
    return lost


def main() -> None:
    rows = measured()
    grid = itertools.product((8, 16, 32, 64, 128), (32, 64, 128, 256, 512), (1.1, 1.2, 1.3, 1.5, 2.0))
    best = min(grid, key=lambda thresholds: cost(rows, *thresholds))
    now = (conv_fast.SHIFTED_CHANNELS, conv_fast.SHIFTED_ROWS, conv_fast.SHIFTED_WASTE)
    print(f"\nin use: {now}, which loses {cost(rows, *now):.2f}; best on this table: {best}, {cost(rows, *best):.2f}")


if __name__ == "__main__":
    main()
