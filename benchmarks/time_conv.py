"""The table behind `lrp/layers/conv_fast.py`: both methods on many shapes, in ms of processor time, best of several.

    python benchmarks/time_conv.py              the table; then the thresholds that lose least on it

Forward (apply) and transposed (adjoint), 3 x 3 unless said, one thread. Choose by the sum of both.
"""

from __future__ import annotations

import itertools
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np  # noqa: E402

from lrp.layers import Conv, conv_fast  # noqa: E402

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
METHODS = {"shifted": (0, 0, 1e9), "columns": (1e9, 0, 1e9)}


def force(channels: float, rows: float, waste: float) -> None:
    conv_fast.SHIFTED_CHANNELS = channels  # type: ignore[assignment]
    conv_fast.SHIFTED_ROWS, conv_fast.SHIFTED_WASTE = rows, waste  # type: ignore[assignment]


def measured() -> list[dict[str, float]]:
    chosen = (conv_fast.SHIFTED_CHANNELS, conv_fast.SHIFTED_ROWS, conv_fast.SHIFTED_WASTE)
    random, rows = np.random.default_rng(0), []
    print("| samples | picture | in | out | kernel | shifted | columns | faster | taken |\n|" + " --- |" * 9)
    for n, length, channels, features, size in SHAPES:
        weight = random.standard_normal((size, size, channels, features), dtype=np.float32)
        layer = Conv(weight, padding=size // 2)
        x = random.standard_normal((n, length, length, channels), dtype=np.float32)
        s = random.standard_normal((n, length, length, features), dtype=np.float32)
        best = dict.fromkeys(METHODS, float("inf"))
        for _ in range(6):
            for method, thresholds in METHODS.items():
                force(*thresholds)
                start = time.process_time()
                layer.apply(weight, x)
                layer.adjoint(weight, s, x.shape)
                best[method] = min(best[method], time.process_time() - start)
        force(*chosen)
        taken = "shifted" if conv_fast.by_shifts(layer.windows, (length, length), channels) else "columns"
        faster = min(best, key=best.__getitem__)
        times = " | ".join(f"{1e3 * best[method]:.2f}" for method in METHODS)
        print(f"| {n} | {length} | {channels} | {features} | {size} | {times} | {faster} | {taken} |", flush=True)
        row_count, padded = length * (length + size - 1), length + size - 1
        rows.append({"channels": channels, "rows": row_count, "waste": padded / length, **best})
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
    grid = itertools.product((4, 8, 16, 32, 64), (32, 64, 128, 256, 512), (1.1, 1.2, 1.3, 1.5, 2.0))
    best = min(grid, key=lambda thresholds: cost(rows, *thresholds))
    now = (conv_fast.SHIFTED_CHANNELS, conv_fast.SHIFTED_ROWS, conv_fast.SHIFTED_WASTE)
    print(f"\nin use: {now}, which loses {cost(rows, *now):.2f}; best on this table: {best}, {cost(rows, *best):.2f}")


if __name__ == "__main__":
    main()
