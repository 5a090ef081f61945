"""Milliseconds a picture, alone and in a batch, taking turns.

    python benchmarks/time_batch.py vgg16:8 lenet:64 --threads 2
"""

from __future__ import annotations

import argparse
import os
import time

CASES = ("mlp:64", "lenet:64", "caffenet:8", "vgg16:8", "resnet18:8", "googlenet:8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", default=list(CASES), help="network:batch")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--composite", default="epsilon-plus-flat")
    arguments = parser.parse_args()
    os.environ |= {"LRP_THREADS": str(arguments.threads), "OPENBLAS_NUM_THREADS": "1"}  # before numpy is loaded
    print("| network | alone ms | in the batch ms a picture | ratio | quartiles |\n|" + " --- |" * 5)
    for case in arguments.cases:
        measure(case, arguments)


def measure(case: str, arguments: argparse.Namespace) -> None:
    import networks
    import numpy as np

    name, size = case.split(":")
    network = networks.NETWORKS[name]("float32")
    x = networks.sample(network, int(size))

    def seconds(pictures: object) -> float:
        start = time.perf_counter()
        network.explain(pictures, composite=arguments.composite)
        return time.perf_counter() - start

    seconds(x)
    rows = []
    for _ in range(arguments.repeat):
        alone = np.mean([seconds(x[i : i + 1]) for i in range(min(len(x), 8))])
        rows.append((alone, seconds(x) / len(x)))
    alone, together = 1e3 * np.median(rows, axis=0)
    low, middle, high = np.quantile([b / a for a, b in rows], (0.25, 0.5, 0.75))
    print(f"| {case} | {alone:.2f} | {together:.2f} | **{middle:.2f}** | {low:.2f}-{high:.2f} |", flush=True)


if __name__ == "__main__":
    main()
